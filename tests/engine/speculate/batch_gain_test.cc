#include "engine/speculate/batch_gain.h"

#include <gtest/gtest.h>

#include "tests/engine/speculate/made_steps.h"

namespace mj {
namespace {

struct GainCase {
  const char* name;
  CostOfRows cost;
  int load, prompt_rows, rows;
  double accepted;
  double drafting;  // in steps of one row
  double want;
};

TEST(BatchGainTest, AtTheWholeBatch) {
  const GainCase kCases[] = {
      {"nothing drafted", Free, 1, 0, 0, 0, 0, 1},
      {"free rows", Free, 1, 0, 2, 1.5, 0, 2.5},
      {"of a whole batch", Free, 4, 0, 2, 1, 0, 1.25},
      {"a row costs a token", Linear, 1, 0, 1, 1, 0, 1},
      {"half are rejected", Linear, 4, 0, 4, 2, 0, 0.75},
      {"within the tile", Tiles, 4, 0, 4, 2, 0, 1.5},
      {"beyond the tile", Tiles, 4, 0, 5, 2, 0, 0.75},
      {"drafting costs, too", Free, 1, 0, 2, 1, 0.25, 1.6},
      // A prompt makes the step dear, but no draft cheaper.
      {"beside a prompt", Linear, 4, 40, 4, 2, 0, 0.75},
  };
  for (const GainCase& c : kCases) {
    SCOPED_TRACE(c.name);
    const MadeStep step(c.cost, c.load, 16, c.prompt_rows);
    const SpeculationMemory memory = Measured(c.cost);
    const BatchGain gain(step.inputs(), memory);
    EXPECT_NEAR(gain.Of(c.accepted, c.rows, Times(c.drafting)) / c.want, 1,
                0.04);
    EXPECT_TRUE(gain.knows_plain_step());
  }
}

TEST(BatchGainTest, TheLesserOfSecondsAndJoules) {
  MadeStep step(Free, 1, 1);
  const std::vector<Price> dear = {Times(1), {Joules(0.16), Seconds(0.01)}};
  SpeculationInputs inputs = step.inputs();
  inputs.step = dear;
  const SpeculationMemory memory = Measured(Free);
  EXPECT_NEAR(BatchGain(inputs, memory).Of(1, 1, {}), 2 / 1.6, 0.03);
}

TEST(BatchGainTest, WhatWasNeverMeasuredIsTakenToBeDear) {
  const MadeStep step(Free, 4, 16);
  const SpeculationMemory fresh;
  const BatchGain gain(step.inputs(), fresh);
  EXPECT_FALSE(gain.knows_plain_step());
  EXPECT_LT(gain.Of(1, 1, {}), 1.1);
  EXPECT_NEAR(gain.AtBest(4, {}), 2, 1e-9);  // or to be free, at best
  EXPECT_EQ(gain.most_rows(), 2);            // and is tried little by little
}

TEST(BatchGainTest, CostsInTokens) {
  const MadeStep step(Free, 4, 4);
  const SpeculationMemory memory = Measured(Free);
  const BatchGain gain(step.inputs(), memory);
  EXPECT_NEAR(gain.TokensFor(Times(0.5)), 2, 0.01);
}

}  // namespace
}  // namespace mj
