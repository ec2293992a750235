#include "engine/energy/footprint.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

constexpr Joules kOneKwh(3.6e6);

TEST(FootprintTest, PueCountsOnceInCarbonAndInSourceWaterOnly) {
  // Azure's row of Jegham et al. 2025, Table 1.
  const SiteFactors azure{.power_usage_effectiveness = 1.12,
                          .site_water = 0.30,
                          .grams_per_kwh = 350,
                          .source_water = 4.35};
  const Footprint f = FootprintOf(kOneKwh, azure);
  EXPECT_DOUBLE_EQ(f.facility.value(), 1.12 * 3.6e6);
  EXPECT_DOUBLE_EQ(f.grams_co2e, 1.12 * 350);
  ASSERT_TRUE(f.litres.has_value());
  EXPECT_DOUBLE_EQ(*f.litres, 0.30 + 1.12 * 4.35);
  // Site water times facility energy would count PUE twice.
  EXPECT_LT(*f.litres, 1.12 * (0.30 + 4.35));
}

TEST(FootprintTest, SiteWaterDoesNotGrowWithPue) {
  SiteFactors site{.site_water = 1, .grams_per_kwh = 100, .source_water = 0};
  const double litres = *FootprintOf(kOneKwh, site).litres;
  site.power_usage_effectiveness = 2;
  EXPECT_DOUBLE_EQ(*FootprintOf(kOneKwh, site).litres, litres);
  EXPECT_DOUBLE_EQ(FootprintOf(kOneKwh, site).grams_co2e, 200);
}

TEST(FootprintTest, UnknownWaterIsNotZeroAndSpreads) {
  const SiteFactors dry{.site_water = 1, .grams_per_kwh = 100};
  Footprint sum = FootprintOf(
      kOneKwh, {.site_water = 1, .grams_per_kwh = 100, .source_water = 2});
  EXPECT_EQ(sum.litres, 3);
  EXPECT_FALSE(FootprintOf(kOneKwh, dry).litres.has_value());
  sum += FootprintOf(kOneKwh, dry);
  EXPECT_FALSE(sum.litres.has_value());
  EXPECT_DOUBLE_EQ(sum.grams_co2e, 200);
  EXPECT_DOUBLE_EQ(sum.facility.value(), 7.2e6);
}

TEST(FootprintTest, PartsAddUpToTheWhole) {
  const SiteFactors site{.power_usage_effectiveness = 1.3,
                         .site_water = 0.2,
                         .grams_per_kwh = 475,
                         .source_water = 3.91};
  Footprint parts;
  for (int i = 1; i <= 10; ++i)
    parts += FootprintOf(kOneKwh * (i / 55.0), site);
  const Footprint whole = FootprintOf(kOneKwh, site);
  EXPECT_NEAR(parts.grams_co2e, whole.grams_co2e, 1e-9);
  EXPECT_NEAR(*parts.litres, *whole.litres, 1e-9);
}

TEST(FootprintTest, EmbodiedIsAmortisedByTimeAndShare) {
  const Embodied embodied{{1461}, {4}, {0.5}};
  EXPECT_DOUBLE_EQ(EmbodiedGrams(embodied, Seconds(86400)), 500);
  EXPECT_EQ(EmbodiedGrams(embodied, Seconds(0)), 0);
}

}  // namespace
}  // namespace mj
