#include "hw_backends/models/carbon_factors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mj {
namespace {

using ::testing::HasSubstr;

TEST(CarbonFactorsTest, CompiledDefaults) {
  const auto factors = CompiledCarbonFactors();
  ASSERT_TRUE(factors.ok()) << factors.status();
  EXPECT_EQ(factors->power_usage_effectiveness.value, 1);
  EXPECT_EQ(factors->water_usage_effectiveness.value, 0);
  EXPECT_FALSE(factors->embodied.has_value());
  const auto world = FindGrid(*factors, "world");
  ASSERT_TRUE(world.ok());
  EXPECT_EQ(world->carbon.value, 475);
  EXPECT_EQ(world->carbon.year, 2023);
  EXPECT_THAT(world->carbon.source, HasSubstr("CodeCarbon"));
  ASSERT_TRUE(world->water.has_value());
  EXPECT_EQ(world->water->value, 3.91);
  EXPECT_EQ(FindGrid(*factors, "SWE")->carbon.value, 40.7);
  EXPECT_FALSE(FindGrid(*factors, "GBR")->water.has_value());
  for (const GridFactor& grid : factors->grids) {
    EXPECT_FALSE(grid.carbon.source.empty()) << grid.place;
    EXPECT_TRUE(grid.carbon.year.has_value()) << grid.place;
  }
}

TEST(CarbonFactorsTest, AnUnknownPlaceListsTheKnown) {
  const auto grid = FindGrid(*CompiledCarbonFactors(), "XYZ");
  EXPECT_EQ(grid.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(grid.status().message()), HasSubstr("DEU"));
}

TEST(CarbonFactorsTest, AFileOverridesKeyByKey) {
  const CarbonFactors base = *CompiledCarbonFactors();
  const auto factors = ParseCarbonFactors("own.toml", R"(
power_usage_effectiveness = { value = 1.3, unit = "ratio", kind = "measured", source = "our meter" }
[grid]
DEU = { value = 320, unit = "g/kWh", kind = "measured", source = "supplier", year = 2025 }
hall7 = { value = 12, unit = "g/kWh", kind = "measured", source = "own solar", year = 2025 }
[grid_water]
hall7 = { value = 0.1, unit = "L/kWh", kind = "assumed", source = "own solar" }
[embodied]
server = { value = 1200, unit = "kg", kind = "model", source = "maker" }
lifetime = { value = 4, unit = "years", kind = "assumed", source = "books" }
)",
                                          base);
  ASSERT_TRUE(factors.ok()) << factors.status();
  EXPECT_EQ(factors->power_usage_effectiveness.value, 1.3);
  EXPECT_EQ(factors->power_usage_effectiveness.source, "our meter");
  EXPECT_EQ(factors->water_usage_effectiveness.value, 0);
  EXPECT_EQ(FindGrid(*factors, "DEU")->carbon.value, 320);
  EXPECT_EQ(FindGrid(*factors, "DEU")->water->value, 1.95);
  EXPECT_EQ(FindGrid(*factors, "hall7")->carbon.value, 12);
  EXPECT_EQ(FindGrid(*factors, "hall7")->water->value, 0.1);
  EXPECT_EQ(FindGrid(*factors, "world")->carbon.value, 475);
  ASSERT_TRUE(factors->embodied.has_value());
  EXPECT_EQ(factors->embodied->server.value, 1200);
  EXPECT_EQ(factors->embodied->share.value, 1);
}

TEST(CarbonFactorsTest, RefusesBadFiles) {
  const std::string low_pue =
      R"(power_usage_effectiveness = { value = 0.9, unit = "ratio", )"
      R"(kind = "assumed", source = "s" })";
  const std::string grid = R"(grid.DEU = { value = 300, unit = "g/kWh", )"
                           R"(kind = "model", source = "s")";
  const std::string server = R"(embodied.server = { value = 9, unit = "kg", )"
                             R"(kind = "model", source = "s" }
)";
  const std::string lifetime =
      R"(embodied.lifetime = { value = 4, unit = "years", )"
      R"(kind = "model", source = "s" }
)";
  std::string no_life = lifetime;
  no_life.replace(no_life.find('4'), 1, "0");
  const struct {
    std::string text, want;
  } cases[] = {
      {low_pue, "must be at least 1"},
      {grid + " }", "grid.DEU has no `year`"},
      {grid + ", year = 3 }", "`year` that is none"},
      {"grid.DEU = 3", "grid.DEU is not a known key"},
      {R"(grid_water.ZZZ = { value = 3, unit = "L/kWh", kind = "model", )"
       R"(source = "s" })",
       "grid_water.ZZZ has no grid.ZZZ"},
      {server, "embodied.lifetime is missing"},
      {lifetime, "embodied.server is missing"},
      {server + no_life, "must be more"},
      {server + lifetime +
           R"(embodied.share = { value = 2, unit = "ratio", kind = "model", )"
           R"(source = "s" })",
       "must be 0 to 1"},
      {R"(water_usage_effectiveness = { value = 1, unit = "kg", )"
       R"(kind = "model", source = "s" })",
       "must be in \"L/kWh\""},
  };
  for (const auto& c : cases) {
    const auto factors = ParseCarbonFactors("c.toml", c.text);
    ASSERT_FALSE(factors.ok()) << c.want;
    EXPECT_THAT(std::string(factors.status().message()), HasSubstr(c.want));
    EXPECT_THAT(std::string(factors.status().message()), HasSubstr("c.toml"));
  }
}

}  // namespace
}  // namespace mj
