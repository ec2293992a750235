#include "hw_backends/models/carbon_factors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mj {
namespace {

using ::testing::HasSubstr;

TEST(CarbonFactorsTest, CompiledDefaults) {
  const auto factors = CompiledCarbonFactors();
  ASSERT_TRUE(factors.ok()) << factors.status();
  EXPECT_EQ(factors->power_usage_effectiveness, 1);
  const auto world = FindGrid(*factors, "world");
  ASSERT_TRUE(world.ok());
  EXPECT_EQ(world->grams_per_kwh, 475);
  EXPECT_THAT(world->source, HasSubstr("2023"));
  EXPECT_EQ(FindGrid(*factors, "SWE")->grams_per_kwh, 40.7);
}

TEST(CarbonFactorsTest, AnUnknownPlaceListsTheKnown) {
  const auto grid = FindGrid(*CompiledCarbonFactors(), "XYZ");
  EXPECT_EQ(grid.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(grid.status().message()), HasSubstr("DEU"));
}

TEST(CarbonFactorsTest, Grams) {
  EXPECT_DOUBLE_EQ(GramsCo2e(Joules(3.6e6), 1.0, 475), 475);
  EXPECT_DOUBLE_EQ(GramsCo2e(Joules(3.6e6), 1.5, 100), 150);
}

TEST(CarbonFactorsTest, RefusesBadFiles) {
  const std::string pue =
      R"(power_usage_effectiveness = { value = 1.0, unit = "ratio", )"
      R"(kind = "assumed", source = "s" })";
  const std::string world =
      R"(
[grid]
world = { value = 475, unit = "g/kWh", kind = "model", source = "s" })";
  std::string low = pue;
  low.replace(low.find("1.0"), 3, "0.9");
  const struct {
    std::string text, want;
  } cases[] = {
      {world, "power_usage_effectiveness is missing"},
      {pue, "grid.world is missing"},
      {low + world, "must be at least 1"},
      {pue + world + "\nDEU = 3", "grid.DEU is not a known key"},
  };
  EXPECT_TRUE(ParseCarbonFactors("c.toml", pue + world).ok());
  for (const auto& c : cases) {
    const auto factors = ParseCarbonFactors("c.toml", c.text);
    ASSERT_FALSE(factors.ok()) << c.want;
    EXPECT_THAT(std::string(factors.status().message()), HasSubstr(c.want));
  }
}

}  // namespace
}  // namespace mj
