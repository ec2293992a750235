#include "engine/schedule/flex_hold.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace mj {
namespace {

using Grid = std::vector<GridPoint>;

// Five-minute points from time 0.
Grid EveryFiveMinutes(std::initializer_list<double> grams) {
  Grid grid;
  for (double g : grams) grid.push_back({Seconds(300.0 * grid.size()), g});
  return grid;
}

struct MeanCase {
  const char* name;
  double start, length;
  double want;  // negative: unknown
};

constexpr MeanCase kMeanCases[] = {
    {"inside one point", 10, 100, 400},
    {"over two points", 250, 100, 250},
    {"over all three", 0, 900, 800.0 / 3},
    {"the last point lasts as long as the one before", 600, 300, 300},
    {"before the series", -1, 10, -1},
    {"beyond its end", 800, 101, -1},
};

TEST(FlexHoldTest, MeansAreOfTheStepFunction) {
  const Grid grid = EveryFiveMinutes({400, 100, 300});
  for (const MeanCase& c : kMeanCases) {
    const auto mean = MeanIntensity(grid, Seconds(c.start), Seconds(c.length));
    ASSERT_EQ(mean.has_value(), c.want >= 0) << c.name;
    if (mean) {
      EXPECT_DOUBLE_EQ(*mean, c.want) << c.name;
    }
  }
}

struct HoldCase {
  const char* name;
  Grid grid;
  double deadline;  // negative: none
  double predicted;
  double start;  // wanted; now is 100
  const char* reason;
};

TEST(FlexHoldTest, WaitsForLessCarbonWithinTheDeadline) {
  const Grid falls = EveryFiveMinutes({400, 100, 300});
  const HoldCase kCases[] = {
      {"waits for the low", falls, 3600, 10, 300, "less carbon"},
      {"no deadline", falls, -1, 10, 100, "no deadline"},
      {"the low comes too late", falls, 310, 10, 100, "nothing better in time"},
      {"just in time", falls, 321, 10, 300, "less carbon"},
      {"no slack", falls, 115, 10, 100, "no slack"},
      {"past its deadline", falls, 50, 10, 100, "no slack"},
      {"no series", {}, 3600, 10, 100, "no grid series"},
      {"one point is no series", EveryFiveMinutes({400}), 3600, 10, 100,
       "no grid series"},
      {"a series that is over",
       {{Seconds(0), 4}, {Seconds(40), 1}},
       3600,
       10,
       100,
       "no grid series"},
      {"a series yet to come",
       {{Seconds(200), 4}, {Seconds(300), 1}},
       3600,
       10,
       100,
       "no grid series"},
      {"it only rises", EveryFiveMinutes({100, 200, 300}), 3600, 10, 100,
       "nothing better in time"},
      {"too little to wait for", EveryFiveMinutes({400, 390, 385}), 3600, 10,
       100, "nothing better in time"},
      {"the earliest of equals", EveryFiveMinutes({400, 100, 400, 100}), 3600,
       10, 300, "less carbon"},
      {"ends before the rise", EveryFiveMinutes({400, 100, 900}), 3600, 400,
       200, "less carbon"},
  };
  for (const HoldCase& c : kCases) {
    FlexInput in{
        .now = Seconds(100), .predicted = Seconds(c.predicted), .grid = c.grid};
    if (c.deadline >= 0) in.deadline = Seconds(c.deadline);
    const FlexDecision got = DecideFlexHold(in);
    EXPECT_DOUBLE_EQ(got.start.count(), c.start) << c.name;
    EXPECT_EQ(got.reason, c.reason) << c.name;
  }
}

// For random series: never late, never before now, never dirtier than now,
// and no better start on a fine raster of those allowed.
TEST(FlexHoldTest, IsTheBestStartThatKeepsTheDeadline) {
  std::mt19937 random(11);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (int round = 0; round < 300; ++round) {
    Grid grid;
    Seconds time{-50};
    for (int i = 0; i < 12; ++i) {
      grid.push_back({time, 50 + 500 * uniform(random)});
      time += Seconds(1 + 100 * uniform(random));
    }
    const FlexInput in{.now = Seconds(0),
                       .deadline = Seconds(600 * uniform(random)),
                       .predicted = Seconds(0.1 + 60 * uniform(random)),
                       .grid = grid};
    const FlexDecision got = DecideFlexHold(in);
    ASSERT_GE(got.start, in.now);
    const Seconds latest = LatestStart(*in.deadline, in.predicted);
    if (got.start > in.now) {
      ASSERT_LE(got.start, latest);
    }
    const auto now = MeanIntensity(grid, in.now, in.predicted);
    if (!now) continue;
    const double mean = *MeanIntensity(grid, got.start, in.predicted);
    ASSERT_LE(mean, *now);
    for (Seconds start = in.now; start <= latest; start += Seconds(0.5)) {
      const auto other = MeanIntensity(grid, start, in.predicted);
      if (!other || *other >= *now * (1 - kLeastSaving)) continue;
      ASSERT_LE(mean, *other + 1e-9) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace mj
