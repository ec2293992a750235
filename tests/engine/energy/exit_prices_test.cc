#include "engine/energy/exit_prices.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

// Four layers, of which two lie below the exit.
ModelShape MakeModel() {
  ModelShape model{.hidden = 64,
                   .num_heads = 2,
                   .num_kv_heads = 1,
                   .head_dim = 32,
                   .intermediate = 128,
                   .vocab = 500};
  model.layers.resize(4, {{128, 64, 128 * 64},
                          {64, 64, 64 * 64},
                          {256, 64, 256 * 64},
                          {64, 128, 64 * 128},
                          0});
  model.embedding = model.head = {500, 64, 500 * 64};
  return model;
}

ModelShape Drafting(const ModelShape& model, int layers) {
  ModelShape shape = model;
  shape.layers.resize(layers);
  shape.head = {100 + 64, 64, 100 * 64 + 2 * 64 * 64};
  return shape;
}

StepCostModel Price(const ModelShape& shape) {
  const auto cpus = CompiledCpuDescriptors();
  EXPECT_TRUE(cpus.ok()) << cpus.status();
  return {shape, {}, cpus->front(), {.threads = 2, .cores = 2}, "f32"};
}

double Sum(const StepEnergy& energy) {
  double sum = 0;
  for (const SequenceEnergy& s : energy.sequences) sum += s.total().value();
  return sum;
}

const StepShape kStep = {{{1, 100, 1}, {1, 40, 1}, {16, 0, 0}}};

TEST(ExitPricesTest, PartsOfAStepThatNobodyIsAskedInAreTheStep) {
  const ModelShape model = MakeModel();
  const StepCostModel whole = Price(model);
  const StepShape decode = {{{1, 100, 1}, {1, 40, 1}}};
  const StepEnergy want = AttributeStep(whole, decode);
  for (int layers : {1, 2, 4}) {
    const ExitPrices prices(model, Drafting(model, layers), Price);
    const StepEnergy got = prices.Attribute(decode, {}, {});
    // Activations that pass from part to part are counted in both.
    EXPECT_NEAR(got.total / want.total, 1, 0.02) << layers;
    EXPECT_NEAR(got.time / want.time, 1, 0.02) << layers;
  }
}

TEST(ExitPricesTest, SharesAddUpToTheStep) {
  const ModelShape model = MakeModel();
  const ExitPrices prices(model, Drafting(model, 2), Price);
  const int asked[] = {0, 1}, left[] = {1};
  const StepEnergy energy = prices.Attribute(kStep, asked, left);
  ASSERT_EQ(energy.sequences.size(), 3u);
  EXPECT_NEAR(Sum(energy), energy.total.value(), 1e-12 * Sum(energy));
}

TEST(ExitPricesTest, WhoLeavesPaysLessAndWhoIsOnlyAskedMore) {
  const ModelShape model = MakeModel();
  const ExitPrices prices(model, Drafting(model, 2), Price);
  const StepShape one = {{{1, 100, 1}}};
  const int first[] = {0};
  const Joules plain = prices.Attribute(one, {}, {}).total;
  const Joules asked = prices.Attribute(one, first, {}).total;
  const Joules left = prices.Attribute(one, first, first).total;
  EXPECT_GT(asked, plain);
  EXPECT_LT(left, plain);
  // What the decision reckons with is what is charged.
  const ExitStake stake = prices.Stake(100);
  EXPECT_NEAR((asked - plain) / (stake.ask_pass + stake.ask_row), 1, 1e-9);
  EXPECT_NEAR((asked - left) / (stake.upper_pass + stake.upper_row -
                                stake.skip_pass - stake.skip_row),
              1, 1e-9);
}

TEST(ExitPricesTest, AfterTheLastLayerNoKeysAreMadeTwice) {
  const ModelShape model = MakeModel();
  const ExitStake stake =
      ExitPrices(model, Drafting(model, 4), Price).Stake(10);
  EXPECT_EQ(stake.skip_pass, Joules(0));
  EXPECT_EQ(stake.skip_row, Joules(0));
  EXPECT_GT(stake.upper_pass, Joules(0));
}

}  // namespace
}  // namespace mj
