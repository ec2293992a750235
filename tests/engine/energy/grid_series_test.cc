#include "engine/energy/grid_series.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

namespace mj {
namespace {

using testing::HasSubstr;

const absl::Time kNoon = absl::FromUnixSeconds(1767268800);

absl::Time Minutes(double minutes) { return kNoon + absl::Minutes(minutes); }

GridSeries FiveMinutes(std::vector<double> grams) {
  std::vector<GridReading> points;
  for (double g : grams) {
    points.push_back({Minutes(5.0 * static_cast<double>(points.size())), g});
  }
  return GridSeries(points);
}

TEST(GridSeriesTest, ReadsCsv) {
  const char* texts[] = {
      "timestamp,g_per_kwh\n2026-01-01T12:00:00Z,300\n"
      "2026-01-01T12:05:00Z,200.5\n",
      "timestamp,g_per_kwh\r\n1767268800,300\r\n1767269100,200.5",
      "\xEF\xBB\xBFTimestamp,g_per_kWh\n2026-01-01 12:00 , 300\n"
      "2026-01-01 12:05,200.5\n\n",
  };
  for (const char* text : texts) {
    const auto series = GridSeries::ParseCsv("grid.csv", text);
    ASSERT_TRUE(series.ok()) << series.status();
    EXPECT_EQ(series->size(), 2u);
    EXPECT_EQ(series->At(Minutes(4)), 300);
    EXPECT_EQ(series->At(Minutes(5)), 200.5);
  }
}

TEST(GridSeriesTest, BadFilesAreRefusedWithTheLine) {
  const std::string head = "timestamp,g_per_kwh\n";
  const struct {
    std::string text, want;
  } cases[] = {
      {"", "line 0: no row"},
      {head, "line 1: no row"},
      {"1767268800,300\n", "line 1: must be the header"},
      {"g_per_kwh,timestamp\n", "line 1: must be the header"},
      {head + "1767268800\n", "line 2: has 1 columns"},
      {head + "1767268800,1,2\n", "line 2: has 3 columns"},
      {head + "1767268800,1\n\n1767268900,1\n", "line 3: has 1 columns"},
      {head + "noon,1\n", "line 2: 'noon' is neither"},
      {head + "1767268800,much\n", "line 2: 'much' g/kWh"},
      {head + "1767268800,\n", "line 2: '' g/kWh"},
      {head + "1767268800,-1\n", "line 2: '-1' g/kWh"},
      {head + "1767268800,nan\n", "line 2: 'nan' g/kWh"},
      {head + "1767268800,5001\n", "line 2: '5001' g/kWh"},
      {head + "1767268800,1\n1767268800,1\n",
       "line 3: 2026-01-01T12:00:00Z is"},
      {head + "1767268800,1\n1767268799,1\n", "is not after the row before"},
  };
  for (const auto& c : cases) {
    const auto series = GridSeries::ParseCsv("grid.csv", c.text);
    ASSERT_FALSE(series.ok()) << c.want;
    EXPECT_EQ(series.status().code(), absl::StatusCode::kInvalidArgument);
    const std::string message(series.status().message());
    EXPECT_THAT(message, HasSubstr(c.want));
    EXPECT_THAT(message, HasSubstr("grid.csv"));
  }
}

TEST(GridSeriesTest, KnowsNothingOutsideItsRows) {
  // A hole of an hour: rows hold for 10 minutes at the most.
  const GridSeries series({{Minutes(0), 100},
                           {Minutes(5), 200},
                           {Minutes(10), 300},
                           {Minutes(70), 400},
                           {Minutes(75), 500}});
  const struct {
    double minute;
    std::optional<double> want;
  } cases[] = {
      {-0.1, std::nullopt},
      {0, 100},
      {4.9, 100},
      {5, 200},
      {10, 300},
      {19, 300},
      {20, std::nullopt},
      {69, std::nullopt},
      {70, 400},
      {84.9, 500},
      {85, std::nullopt},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(series.At(Minutes(c.minute)), c.want) << c.minute;
  }
  EXPECT_EQ(series.end(), Minutes(85));
  EXPECT_EQ(GridSeries({{Minutes(0), 7}}).end(), Minutes(60));
}

TEST(GridSeriesTest, MeansAreWeightedByTime) {
  const GridSeries series({{Minutes(0), 100},
                           {Minutes(5), 200},
                           {Minutes(10), 300},
                           {Minutes(70), 400}});
  EXPECT_EQ(series.MeanOver(Minutes(1), Minutes(1)), 100);
  EXPECT_EQ(series.MeanOver(Minutes(1), Minutes(5)), 100);
  EXPECT_DOUBLE_EQ(*series.MeanOver(Minutes(4), Minutes(7)),
                   (100 + 2 * 200) / 3.0);
  EXPECT_DOUBLE_EQ(*series.MeanOver(Minutes(0), Minutes(20)),
                   (5 * 100 + 5 * 200 + 10 * 300) / 20.0);
  EXPECT_EQ(series.MeanOver(Minutes(0), Minutes(21)), std::nullopt);
  EXPECT_EQ(series.MeanOver(Minutes(10), Minutes(71)), std::nullopt);
  EXPECT_EQ(series.MeanOver(Minutes(-1), Minutes(1)), std::nullopt);
}

TEST(GridSeriesTest, LowestWindow) {
  const GridSeries series = FiveMinutes({300, 100, 200, 100, 50, 400});
  const struct {
    const char* name;
    double earliest, deadline, length;  // minutes
    std::optional<double> start, grams;
  } cases[] = {
      {"whole", 0, 30, 5, 20, 50},
      {"deadline", 0, 20, 5, 5, 100},
      {"fraction ends at the edge", 0, 30, 7.5, 17.5, (2.5 * 100 + 250) / 7.5},
      {"now", 24, 30, 1, 24, 50},
      {"only one fits", 3, 8, 5, 3, (2 * 300 + 3 * 100) / 5.0},
      {"instant", 0, 30, 0, 20, 50},
      {"too long", 0, 4, 5, std::nullopt, std::nullopt},
      {"past the data", 100, 200, 5, std::nullopt, std::nullopt},
      {"deadline past the data", 0, 500, 5, 20, 50},
      {"before the data", -100, 10, 5, 5, 100},
  };
  for (const auto& c : cases) {
    const auto got = series.LowestWindow(
        Minutes(c.earliest), Minutes(c.deadline), absl::Minutes(c.length));
    ASSERT_EQ(got.has_value(), c.start.has_value()) << c.name;
    if (!got) continue;
    EXPECT_EQ(got->start, Minutes(*c.start)) << c.name;
    EXPECT_DOUBLE_EQ(got->grams_per_kwh, *c.grams) << c.name;
  }
}

// Against every second of random series.
TEST(GridSeriesTest, NoStartIsLowerThanTheOneFound) {
  std::mt19937 random(7);
  const auto below = [&](int n) {
    return std::uniform_int_distribution<int>(0, n - 1)(random);
  };
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<GridReading> points;
    int second = 0;
    for (int i = 0, n = 1 + below(12); i < n; ++i) {
      points.push_back({kNoon + absl::Seconds(second), 1.0 * below(600)});
      second += below(8) == 0 ? 100 : 5 + below(10);
    }
    const GridSeries series(points);
    const int earliest = below(60) - 20;
    const int deadline = earliest + below(150);
    const int length = 1 + below(40);
    const auto at = [](int s) { return kNoon + absl::Seconds(s); };
    std::optional<double> lowest;
    for (int s = earliest; s + length <= deadline; ++s) {
      const auto mean = series.MeanOver(at(s), at(s + length));
      if (mean && (!lowest || *mean < *lowest)) lowest = mean;
    }
    const auto got =
        series.LowestWindow(at(earliest), at(deadline), absl::Seconds(length));
    ASSERT_EQ(got.has_value(), lowest.has_value()) << trial;
    if (!got) continue;
    // All edges are whole seconds, so the best start is one.
    EXPECT_NEAR(got->grams_per_kwh, *lowest, 1e-9) << trial;
    EXPECT_GE(got->start, at(earliest));
    EXPECT_LE(got->start + absl::Seconds(length), at(deadline));
    EXPECT_NEAR(
        *series.MeanOver(got->start, got->start + absl::Seconds(length)),
        got->grams_per_kwh, 1e-9);
  }
}

}  // namespace
}  // namespace mj
