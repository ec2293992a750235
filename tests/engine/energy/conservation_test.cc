// Requests + idle + overhead = the counter, for a counter that the model
// cannot see: it draws power of its own, with noise, and fails at times.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "engine/energy/attribution.h"
#include "engine/energy/ledger.h"
#include "engine/energy/request_energy.h"
#include "tests/kernels/smollm2_shape.h"

namespace mj {
namespace {

// A host whose joules have nothing to do with any descriptor.
class ScriptedCounter final : public EnergyMeter {
 public:
  explicit ScriptedCounter(std::mt19937& random) : random_(random) {}

  void Pass(Seconds time, bool busy) {
    std::lognormal_distribution<double> noise(0, 0.7);
    now_ += time;
    total_ += Watts(busy ? 47 : 11) * time * noise(random_);
  }
  void FailReads(bool fail) { failing_ = fail; }
  Joules total() const { return total_; }
  Seconds now() const { return now_; }

  const MeterInfo& info() const override { return info_; }
  absl::StatusOr<EnergySample> Read() override {
    if (failing_) return absl::UnavailableError("energy_uj: vanished");
    return EnergySample{total_, now_};
  }

 private:
  std::mt19937& random_;
  MeterInfo info_{.domain = "package",
                  .method = EnergyMethod::kMeasured,
                  .resolution = Joules(1e-6),
                  .source = "scripted",
                  .calibration = "none"};
  Seconds now_{5};
  Joules total_{123456.789};
  bool failing_ = false;
};

// Random traffic of up to 40 requests: prefill, decode, aborts, recomputation.
class Traffic {
 public:
  Traffic(const StepCostModel& model, std::mt19937& random)
      : model_(model), random_(random) {}

  StepRecord Step() {
    StepShape shape;
    std::vector<uint64_t> ids;
    for (int i = 0, n = Below(40); i < n; ++i) {
      const bool prefill = Below(4) == 0;
      shape.sequences.push_back(
          prefill ? SequenceShape{1 + Below(128), Below(500), Below(2)}
                  : SequenceShape{1, 1 + Below(2000), 1});
      ids.push_back(first_ + i);
    }
    const StepEnergy energy = AttributeStep(model_, shape);
    StepRecord record;
    for (size_t i = 0; i < ids.size(); ++i) {
      Charge(ids[i], PhaseOf(shape.sequences[i]), energy.sequences[i].total(),
             record);
    }
    first_ += Below(3);
    record.overhead = Joules(1e-4 * Below(10));
    return record;
  }

 private:
  int Below(int n) {
    return std::uniform_int_distribution<int>(0, n - 1)(random_);
  }

  void Charge(uint64_t id, Phase phase, Joules energy, StepRecord& record) {
    record.shares.push_back({id, id % 2 ? "odd" : "even", phase, energy});
    RequestEnergy& request = requests_[id];
    if (Below(10) == 0) {
      request.Add(phase, energy, 0.5, WasteReason::kPreempted);
      record.wasted.push_back({WasteReason::kPreempted, energy * 0.5});
    } else {
      request.Add(phase, energy);
    }
    if (Below(50) == 0) {
      record.wasted.push_back({WasteReason::kAborted, request.Abort()});
    }
    EXPECT_LE(request.wasted(), request.total());
  }

  const StepCostModel& model_;
  std::mt19937& random_;
  uint64_t first_ = 1;
  std::map<uint64_t, RequestEnergy> requests_;
};

void ExpectClose(Joules got, Joules want, const char* what) {
  EXPECT_NEAR(got.value(), want.value(), 1e-6 * want.value()) << what;
}

void ExpectConserves(const EnergyWindow& window, Joules counter) {
  Joules requests;
  for (const RequestWindow& r : window.requests) {
    EXPECT_GE(r.prefill + r.decode, Joules(0));
    requests += r.prefill + r.decode;
  }
  ExpectClose(requests + window.energy.idle + window.energy.overhead, counter,
              "requests + idle + overhead");
  ExpectClose(window.energy.sum(), counter, "phases + idle + overhead");
}

class ConservationTest : public testing::TestWithParam<int> {};

TEST_P(ConservationTest, EveryJouleOfTheCounterHasAnOwner) {
  std::mt19937 random(GetParam());
  const auto chance = [&](double p) {
    return std::bernoulli_distribution(p)(random);
  };
  std::exponential_distribution<double> length(1);
  const StepCostModel model(Smollm2Shape(), {},
                            CompiledCpuDescriptors()->front(), {2, 2}, "f32");
  ScriptedCounter counter(random);
  Traffic traffic(model, random);
  const Joules start = counter.total();
  EnergyLedger ledger(counter.info(), {.idle_power = model.idle_power()},
                      counter.Read(), counter.now());

  Joules known, window_start = counter.total();
  for (int window = 0; window < 200; ++window) {
    for (int i = 0; i < 10 && !chance(0.2); ++i) {
      if (chance(0.3)) counter.Pass(Seconds(length(random)), false);
      StepRecord record = traffic.Step();
      record.start = counter.now();
      counter.Pass(Seconds(0.03 * length(random)), true);
      record.end = counter.now();
      ledger.Add(record);
    }
    counter.Pass(Seconds(1e-3 + 0.1 * length(random)), false);
    // The last window's reading is good, so that nothing is left over.
    counter.FailReads(chance(0.15) && window != 199);
    const EnergyWindow closed = ledger.Close(counter.Read(), counter.now());
    if (!closed.known()) {
      EXPECT_EQ(closed.energy.sum(), Joules(0));
      EXPECT_TRUE(closed.requests.empty());
      continue;
    }
    ExpectConserves(closed, counter.total() - window_start);
    known += closed.energy.sum();
    window_start = counter.total();
  }
  EXPECT_GT(ledger.unknown_windows(), 0);
  EXPECT_EQ(ledger.unknown_time(), Seconds(0));
  ExpectClose(ledger.totals().sum(), counter.total() - start, "all windows");
  ExpectClose(ledger.totals().sum(), known, "totals");
  const auto& tenants = ledger.tenant_totals();
  ExpectClose(tenants.at("odd") + tenants.at("even"),
              ledger.totals().prefill + ledger.totals().decode, "tenants");
}

INSTANTIATE_TEST_SUITE_P(Seeds, ConservationTest, testing::Range(0, 20));

}  // namespace
}  // namespace mj
