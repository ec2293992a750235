#include "engine/model/rope_frequencies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mj {
namespace {

using testing::FloatNear;
using testing::Pointwise;

std::vector<float> Frequencies(const RopeConfig& config,
                               std::vector<float> factors = {}) {
  return MakeRopeSpec(config, factors, false).inverse_frequency;
}

TEST(RopeFrequencies, PlainFrequenciesFallGeometrically) {
  EXPECT_THAT(
      Frequencies({.base = 10000, .dimensions = 8}),
      Pointwise(FloatNear(1e-7), std::vector<float>{1, 0.1, 0.01, 0.001}));
}

TEST(RopeFrequencies, LinearScalingDividesAll) {
  EXPECT_THAT(Frequencies({.base = 10000,
                           .dimensions = 4,
                           .scaling = RopeScaling::kLinear,
                           .factor = 8}),
              Pointwise(FloatNear(1e-8), std::vector<float>{0.125, 0.00125}));
}

TEST(RopeFrequencies, FactorsDivideEach) {
  EXPECT_THAT(Frequencies({.base = 10000, .dimensions = 4}, {1, 8}),
              Pointwise(FloatNear(1e-8), std::vector<float>{1, 0.00125}));
}

// The ends of YaRN's ramp by hand: with base 10000, 64 dimensions and an
// original context of 4096, beta 32 falls on pair 10.47 (floor 10) and beta 1
// on pair 22.52 (ceiling 23).
TEST(RopeFrequencies, YarnKeepsFastPairsAndDividesSlowOnes) {
  const RopeConfig plain{.base = 10000, .dimensions = 64};
  RopeConfig yarn = plain;
  yarn.scaling = RopeScaling::kYarn;
  yarn.factor = 4;
  yarn.original_context = 4096;
  const std::vector<float> want = Frequencies(plain), got = Frequencies(yarn);
  EXPECT_FLOAT_EQ(got[10], want[10]);
  EXPECT_FLOAT_EQ(got[23], want[23] / 4);
  const float ramp = 1 / 13.f;
  EXPECT_NEAR(got[11], want[11] * (ramp / 4 + 1 - ramp), 1e-6);
}

}  // namespace
}  // namespace mj
