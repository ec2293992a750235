// Attribution beside the Shapley value of a machine that it does not know: one
// whose cost is not affine in the sequences. Its products run in whole tiles,
// computing and reading overlap, and the clock changes between steps.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "engine/energy/attribution.h"
#include "hw_backends/models/cpu_platform.h"
#include "hw_backends/models/platform_cost_model.h"
#include "tests/kernels/smollm2_shape.h"

namespace mj {
namespace {

constexpr int kBatch = 32;
constexpr CpuShare kShare{.threads = 2, .cores = 2};

struct ClockedStep {
  StepShape shape;  // the same sequences in all steps of a window
  int clock = 0;
};

class AttributionAuditTest : public testing::Test {
 protected:
  AttributionAuditTest()
      : cpu_(ChooseDescriptor(*CompiledCpuDescriptors(), {})),
        attribution_(Smollm2Shape(), {}, cpu_, kShare, "int8"),
        machine_(Smollm2Shape(), {}, TiledMachine(), /*num_devices=*/1) {}

  PlatformDescriptor TiledMachine() const {
    PlatformDescriptor platform =
        CpuPlatform(*KinOf(cpu_, ""), cpu_, kShare, "int8");
    platform.tile_rows = 16;
    return platform;
  }

  double Energy(const StepShape& shape, int clock) const {
    const StepDemand demand = machine_.DemandOf(shape);
    return machine_.PriceAt(demand, clock).energy.value();
  }

  // phi_i by sampled orders (Castro, Gomez and Tejada 2009), each with its
  // reverse.
  std::vector<double> SampledShapley(const ClockedStep& step) const {
    constexpr int kPairs = 2500;
    std::mt19937 random(7);
    std::vector<int> order(step.shape.sequences.size());
    std::iota(order.begin(), order.end(), 0);
    std::vector<double> shapley(order.size(), 0);
    for (int sample = 0; sample < 2 * kPairs; ++sample) {
      if (sample % 2 == 0) {
        std::shuffle(order.begin(), order.end(), random);
      } else {
        std::reverse(order.begin(), order.end());
      }
      StepShape coalition;
      double before = 0;
      for (const int i : order) {
        coalition.sequences.push_back(step.shape.sequences[i]);
        const double after = Energy(coalition, step.clock);
        shapley[i] += (after - before) / (2 * kPairs);
        before = after;
      }
    }
    return shapley;
  }

  // As the engine does: each step's shares times what its clock makes of full
  // speed's joules, then all of the window scaled to the counter.
  std::vector<double> Attributed(const std::vector<ClockedStep>& window,
                                 double counter) const {
    std::vector<double> shares(window[0].shape.sequences.size(), 0);
    for (const ClockedStep& step : window) {
      const StepEnergy energy = AttributeStep(attribution_, step.shape);
      const double by_clock = Energy(step.shape, step.clock) /
                              Energy(step.shape, machine_.full_clock());
      for (size_t i = 0; i < shares.size(); ++i) {
        shares[i] += energy.sequences[i].total().value() * by_clock;
      }
    }
    const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
    for (double& share : shares) share *= counter / sum;
    return shares;
  }

  // The part of the window's joules that goes to the wrong sequence.
  double Misattributed(const std::vector<ClockedStep>& window) const {
    std::vector<double> want(window[0].shape.sequences.size(), 0);
    for (const ClockedStep& step : window) {
      const std::vector<double> one = SampledShapley(step);
      for (size_t i = 0; i < want.size(); ++i) want[i] += one[i];
    }
    const double counter = std::accumulate(want.begin(), want.end(), 0.0);
    const std::vector<double> got = Attributed(window, counter);
    double wrong = 0;
    for (size_t i = 0; i < want.size(); ++i) {
      wrong += std::abs(got[i] - want[i]) / 2;
    }
    return wrong / counter;
  }

  // `extra` rows of prompt go to the last sequence, which else decodes.
  static StepShape Batch(int extra, int longest) {
    StepShape shape;
    for (int i = 0; i < kBatch; ++i) {
      shape.sequences.push_back({1, 20 + i * longest / kBatch, 1});
    }
    if (extra > 0) shape.sequences.back() = {extra, 64, 0};
    return shape;
  }

  const CpuDescriptor cpu_;
  const StepCostModel attribution_;
  const PlatformCostModel machine_;
};

// Overlap is what the affine shares cannot know: it makes a sequence's cost
// depend on its neighbours' work, which no reply may tell.
TEST_F(AttributionAuditTest, IsNearShapley) {
  const int full = machine_.full_clock(), low = full / 3;
  const auto steps = [](std::vector<int> chunks, int longest, int clock) {
    std::vector<ClockedStep> window;
    for (int rows : chunks) window.push_back({Batch(rows, longest), clock});
    return window;
  };
  std::vector<ClockedStep> change = steps({200, 0, 0}, 512, full);
  change[1].clock = change[2].clock = low;
  const struct {
    const char* name;
    std::vector<ClockedStep> window;
    double most;
  } cases[] = {
      {"decode, whole tiles", steps({0}, 512, full), 0.02},
      {"decode, long contexts", steps({0}, 4000, full), 0.03},
      {"chunks beside decode", steps({200, 97, 210, 256, 33}, 512, full), 0.02},
      {"the same at a lower clock", steps({200, 97, 210, 256, 33}, 512, low),
       0.02},
      {"a clock change", change, 0.02},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_LE(Misattributed(c.window), c.most);
  }
}

}  // namespace
}  // namespace mj
