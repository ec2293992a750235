#include "bench/load/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace mj {
namespace {

TEST(StatisticsTest, QuantilesAreNearestRanks) {
  const std::vector<double> hundred = [] {
    std::vector<double> x;
    for (int i = 0; i < 100; ++i) x.push_back((i * 37) % 100 + 1);  // 1 to 100
    return x;
  }();
  const auto d = Describe(hundred);
  ASSERT_TRUE(d);
  EXPECT_EQ(d->count, 100);
  EXPECT_DOUBLE_EQ(d->mean, 50.5);
  EXPECT_EQ(d->min, 1);
  EXPECT_EQ(d->max, 100);
  EXPECT_EQ(d->p50.value, 50);
  EXPECT_EQ(d->p90.value, 90);
  EXPECT_EQ(d->p99.value, 99);
}

TEST(StatisticsTest, NothingIsKnownOfNothing) {
  EXPECT_FALSE(Describe({}).has_value());
  const auto one = Describe(std::vector<double>{3});
  ASSERT_TRUE(one);
  EXPECT_EQ(one->p99.value, 3);
  EXPECT_FALSE(one->p50.low.has_value());
  EXPECT_FALSE(one->p50.high.has_value());
}

// For the median: Conover, "Practical Nonparametric Statistics", table A3.
TEST(StatisticsTest, RanksOfTheMedianAreThoseOfTheTables) {
  struct {
    int64_t count, low, high;
  } constexpr kCases[] = {{10, 2, 9}, {20, 6, 15}, {100, 40, 61}};
  for (const auto& c : kCases) {
    const Ranks ranks = ConfidenceRanks(c.count, 0.5);
    EXPECT_EQ(ranks.low, c.low) << c.count;
    EXPECT_EQ(ranks.high, c.high) << c.count;
  }
}

TEST(StatisticsTest, AHighPercentileOfFewHasNoUpperBound) {
  const Ranks ranks = ConfidenceRanks(100, 0.99);
  EXPECT_GE(ranks.low, 96);
  EXPECT_EQ(ranks.high, 101);
}

// A process whose neighbours are alike: x' = rho x + noise.
std::vector<double> Correlated(double rho, int count, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> noise;
  std::vector<double> x;
  double last = noise(random) / std::sqrt(1 - rho * rho);
  for (int i = 0; i < count; ++i) {
    x.push_back(last);
    last = rho * last + noise(random);
  }
  return x;
}

// How often the interval of the median holds the true one, 0.
// An interval that has no bound holds it.
double Coverage(double rho, int count) {
  int held = 0;
  constexpr int kRuns = 400;
  for (int run = 0; run < kRuns; ++run) {
    const auto d = Describe(Correlated(rho, count, run + 1));
    held += d->p50.low.value_or(-1) <= 0 && d->p50.high.value_or(1) >= 0;
  }
  return static_cast<double>(held) / kRuns;
}

TEST(StatisticsTest, IntervalsHoldTheTruthAlsoWhereNeighboursAreAlike) {
  for (int count : {40, 100, 300, 3000}) {
    EXPECT_GE(Coverage(0, count), 0.93) << count;
    EXPECT_GE(Coverage(0.9, count), 0.90) << count;
  }
}

TEST(StatisticsTest, NeighboursOfAShortRunTellToo) {
  EXPECT_EQ(SerialInflation(std::vector<double>(40, 5.0)), 1);
  EXPECT_EQ(SerialInflation(std::vector<double>{1, 2, 3}), 1);
  double alike = 0, apart = 0;
  for (uint32_t seed = 1; seed <= 100; ++seed) {
    alike += SerialInflation(Correlated(0.9, 40, seed)) / 100;
    apart += SerialInflation(Correlated(0, 40, seed)) / 100;
  }
  EXPECT_GT(alike, 10);
  EXPECT_LT(apart, 1.3);
}

TEST(StatisticsTest, InflationIsOneForIndependentSamplesAndMoreInAQueue) {
  EXPECT_LT(VarianceInflation(Correlated(0, 30000, 1), 0), 2);
  EXPECT_GT(VarianceInflation(Correlated(0.95, 30000, 1), 0), 8);
  EXPECT_EQ(VarianceInflation(std::vector<double>(1000, 5.0), 5), 1);
}

}  // namespace
}  // namespace mj
