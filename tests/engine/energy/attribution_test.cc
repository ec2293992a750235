#include "engine/energy/attribution.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "tests/kernels/smollm2_shape.h"

namespace mj {
namespace {

StepCostModel Zen3Model() {
  const auto cpus = CompiledCpuDescriptors();
  EXPECT_TRUE(cpus.ok()) << cpus.status();
  return StepCostModel(Smollm2Shape(), {},
                       ChooseDescriptor(*cpus, {"AuthenticAMD", 25, 1}),
                       {.threads = 2, .cores = 2}, "f32");
}

// phi_i = mean over all orders of what i adds when it arrives (Shapley 1953).
std::vector<double> BruteForceShapley(const StepCostModel& model,
                                      const StepShape& step) {
  std::vector<int> order(step.sequences.size());
  std::iota(order.begin(), order.end(), 0);
  std::vector<double> shapley(order.size(), 0);
  int num_orders = 0;
  do {
    StepShape coalition;
    double before = 0;
    for (const int i : order) {
      coalition.sequences.push_back(step.sequences[i]);
      const double after = model.Step(coalition).energy.value();
      shapley[i] += after - before;
      before = after;
    }
    ++num_orders;
  } while (std::next_permutation(order.begin(), order.end()));
  for (double& value : shapley) value /= num_orders;
  return shapley;
}

const SequenceShape kDecode{1, 300, 1}, kPrefill{64, 32, 0},
    kLastChunk{40, 64, 1}, kScored{30, 0, 30}, kEmbedded{20, 8, 0, 20},
    kNothing{0, 50, 0};

TEST(AttributionTest, IsTheShapleyValue) {
  const struct {
    const char* name;
    StepShape step;
  } cases[] = {
      {"one", {{kDecode}}},
      {"decode", {{kDecode, {1, 5, 1}, {1, 900, 1}}}},
      {"no head", {{kPrefill, kPrefill}}},
      {"mixed", {{kDecode, kPrefill, kLastChunk, kScored}}},
      {"an embedding", {{kEmbedded, kPrefill}}},
      {"an embedding beside replies", {{kEmbedded, kDecode, kPrefill}}},
      {"with a dummy", {{kDecode, kNothing, kPrefill, {1, 2, 1}, kNothing}}},
  };
  const StepCostModel model = Zen3Model();
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const std::vector<double> want = BruteForceShapley(model, c.step);
    const StepEnergy got = AttributeStep(model, c.step);
    ASSERT_EQ(got.sequences.size(), want.size());
    for (size_t i = 0; i < want.size(); ++i) {
      EXPECT_NEAR(got.sequences[i].total().value(), want[i],
                  1e-12 * got.total.value());
    }
  }
}

TEST(AttributionTest, SharesSumToTheStep) {
  const StepCostModel model = Zen3Model();
  const StepShape step{
      {kDecode, kPrefill, kNothing, kLastChunk, kScored, kEmbedded}};
  const StepEnergy got = AttributeStep(model, step);
  const Price want = model.Step(step);
  EXPECT_NEAR(got.total.value(), want.energy.value(),
              1e-12 * want.energy.value());
  EXPECT_NEAR(got.time.count(), want.time.count(), 1e-12);
}

TEST(AttributionTest, EqualSequencesPayEqually) {
  const StepEnergy got =
      AttributeStep(Zen3Model(), {{kDecode, kPrefill, kDecode}});
  EXPECT_EQ(got.sequences[0].total(), got.sequences[2].total());
}

TEST(AttributionTest, WhoDoesNothingPaysNothing) {
  const StepEnergy got = AttributeStep(Zen3Model(), {{kNothing, kDecode}});
  EXPECT_EQ(got.sequences[0].total(), Joules(0));
  const StepEnergy alone = AttributeStep(Zen3Model(), {{kDecode}});
  EXPECT_EQ(got.sequences[1].total(), alone.sequences[0].total());
}

TEST(AttributionTest, OrderDoesNotMatter) {
  const StepCostModel model = Zen3Model();
  const StepEnergy a = AttributeStep(model, {{kDecode, kPrefill, kScored}});
  const StepEnergy b = AttributeStep(model, {{kScored, kDecode, kPrefill}});
  EXPECT_EQ(a.sequences[0].total(), b.sequences[1].total());
  EXPECT_EQ(a.sequences[1].total(), b.sequences[2].total());
  EXPECT_EQ(a.sequences[2].total(), b.sequences[0].total());
}

// A side channel otherwise: only the number of neighbours may show.
TEST(AttributionTest, NeighboursContentDoesNotShow) {
  const StepCostModel model = Zen3Model();
  const StepEnergy small = AttributeStep(model, {{kDecode, {1, 1, 1}}});
  const StepEnergy large = AttributeStep(model, {{kDecode, {512, 3000, 1}}});
  EXPECT_EQ(small.sequences[0].total(), large.sequences[0].total());
}

TEST(AttributionTest, APassIsPaidByThoseWhoWantItsOutput) {
  const StepCostModel model = Zen3Model();
  const StepEnergy got = AttributeStep(model, {{kPrefill, kDecode, kEmbedded}});
  const Joules layers = model.layer_pass().energy / 3;
  const Joules whole = layers + model.last_layer_pass().energy / 2;
  EXPECT_EQ(got.sequences[0].shared, layers);
  EXPECT_EQ(got.sequences[1].shared, whole + model.head_pass().energy);
  EXPECT_EQ(got.sequences[2].shared, whole);
}

TEST(AttributionTest, PhaseOfShapes) {
  EXPECT_EQ(PhaseOf(kDecode), Phase::kDecode);
  for (const SequenceShape& s :
       {kPrefill, kLastChunk, kScored, SequenceShape{1, 0, 1},
        SequenceShape{1, 7, 0}}) {
    EXPECT_EQ(PhaseOf(s), Phase::kPrefill);
  }
}

}  // namespace
}  // namespace mj
