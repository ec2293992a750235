#include "engine/energy/carbon.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mj {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1767268800);

TEST(CarbonTest, APlacesYearlyAverage) {
  const auto carbon = MakeCarbon(*CompiledCarbonFactors(), "DEU");
  ASSERT_TRUE(carbon.ok()) << carbon.status();
  const SiteFactors site = FactorsOver(*carbon, kNoon, kNoon);
  EXPECT_EQ(site.grams_per_kwh, 381);
  EXPECT_EQ(site.power_usage_effectiveness, 1);
  EXPECT_EQ(site.source_water, 1.95);
  EXPECT_FALSE(SeriesKnows(*carbon, kNoon, kNoon));
}

TEST(CarbonTest, WaterThatNobodyKnowsIsAbsent) {
  const auto carbon = MakeCarbon(*CompiledCarbonFactors(), "GBR");
  EXPECT_FALSE(FactorsOver(*carbon, kNoon, kNoon).source_water.has_value());
}

TEST(CarbonTest, AnUnknownPlaceIsRefused) {
  EXPECT_EQ(MakeCarbon(*CompiledCarbonFactors(), "XYZ").status().code(),
            absl::StatusCode::kNotFound);
}

TEST(CarbonTest, TheSeriesWhereItKnowsElseTheAverage) {
  Carbon carbon = *MakeCarbon(*CompiledCarbonFactors(), "DEU");
  carbon.series = std::make_shared<GridSeries>(
      std::vector<GridReading>{{kNoon, 100}, {kNoon + absl::Minutes(5), 200}});
  const struct {
    const char* name;
    double from, to;  // minutes
    double grams;
    bool by_series;
  } cases[] = {
      {"before", -2, -1, 381, false},    {"first row", 0, 1, 100, true},
      {"instant", 5, 5, 200, true},      {"across", 4, 6, 150, true},
      {"half known", -1, 1, 381, false}, {"after", 15, 16, 381, false},
  };
  for (const auto& c : cases) {
    const absl::Time from = kNoon + absl::Minutes(c.from);
    const absl::Time to = kNoon + absl::Minutes(c.to);
    EXPECT_DOUBLE_EQ(FactorsOver(carbon, from, to).grams_per_kwh, c.grams)
        << c.name;
    EXPECT_EQ(SeriesKnows(carbon, from, to), c.by_series) << c.name;
  }
}

}  // namespace
}  // namespace mj
