#include "engine/carbon_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

using testing::HasSubstr;

constexpr const char* kOwn = R"(
grid.DEU = { value = 300, unit = "g/kWh", kind = "measured", source = "ours", year = 2025 }
power_usage_effectiveness = { value = 1.2, unit = "ratio", kind = "measured", source = "ours" }
)";

absl::Status Set(std::vector<Flag>& table, const std::string& name,
                 const std::string& value) {
  for (Flag& flag : table) {
    if (flag.name == name) return flag.set(value);
  }
  return absl::NotFoundError(name);
}

TEST(CarbonFlagsTest, TheWorldByDefault) {
  const auto carbon = LoadCarbon({});
  ASSERT_TRUE(carbon.ok()) << carbon.status();
  EXPECT_EQ(carbon->grid.place, "world");
  EXPECT_EQ(carbon->power_usage_effectiveness.value, 1);
  EXPECT_THAT(DescribeCarbon(*carbon), HasSubstr("475 g/kWh (world, "));
  EXPECT_THAT(DescribeCarbon(*carbon), HasSubstr("2023"));
}

TEST(CarbonFlagsTest, FlagsOverrideTheFileAndTheFileTheBuiltIn) {
  const TempFolder folder;
  CarbonFlags flags;
  std::vector<Flag> table = CarbonFlagTable(flags);
  ASSERT_TRUE(Set(table, "carbon-file", folder.Write("c.toml", kOwn)).ok());
  ASSERT_TRUE(Set(table, "grid", "DEU").ok());
  ASSERT_TRUE(Set(table, "grid-series",
                  folder.Write("g.csv",
                               "timestamp,g_per_kwh\n"
                               "2026-01-01T12:00:00Z,90\n"))
                  .ok());
  absl::StatusOr<Carbon> carbon = LoadCarbon(flags);
  ASSERT_TRUE(carbon.ok()) << carbon.status();
  EXPECT_EQ(carbon->grid.carbon.value, 300);
  EXPECT_EQ(carbon->power_usage_effectiveness.value, 1.2);
  ASSERT_NE(carbon->series, nullptr);
  EXPECT_EQ(carbon->series->At(absl::FromUnixSeconds(1767268800)), 90);
  EXPECT_THAT(DescribeCarbon(*carbon), HasSubstr("g.csv from 2026-01-01T12"));
  ASSERT_TRUE(Set(table, "pue", "1.5").ok());
  carbon = LoadCarbon(flags);
  EXPECT_EQ(carbon->power_usage_effectiveness.value, 1.5);
  EXPECT_EQ(carbon->power_usage_effectiveness.source, "--pue");
}

TEST(CarbonFlagsTest, AnEmptySeriesIsReadAndHasNoRows) {
  const TempFolder folder;
  CarbonFlags flags;
  std::vector<Flag> table = CarbonFlagTable(flags);
  ASSERT_TRUE(Set(table, "grid-series", folder.Write("g.csv", "")).ok());
  const absl::Status status = LoadCarbon(flags).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("g.csv"));
  ASSERT_TRUE(Set(table, "grid-series", folder.path()).ok());
  EXPECT_THAT(std::string(LoadCarbon(flags).status().message()),
              HasSubstr("cannot read"));
}

TEST(CarbonFlagsTest, ErrorsNameTheFlagAndTheFile) {
  const TempFolder folder;
  const std::string bad_toml = folder.Write("c.toml", "grid = 3");
  const std::string bad_csv = folder.Write("g.csv", "timestamp,g_per_kwh\nx,1");
  const struct {
    CarbonFlags flags;
    std::vector<std::string> want;
  } cases[] = {
      {{.grid = "XYZ"}, {"--grid: ", "XYZ", "world"}},
      {{.file = "/no/such"}, {"--carbon-file: ", "/no/such"}},
      {{.file = bad_toml}, {"--carbon-file: ", bad_toml}},
      {{.series = "/no/such"}, {"--grid-series: ", "/no/such"}},
      {{.series = bad_csv}, {"--grid-series: ", bad_csv, "line 2"}},
  };
  for (const auto& c : cases) {
    const absl::Status status = LoadCarbon(c.flags).status();
    for (const std::string& want : c.want) {
      EXPECT_THAT(std::string(status.message()), HasSubstr(want));
    }
  }
  CarbonFlags flags;
  std::vector<Flag> table = CarbonFlagTable(flags);
  for (const char* value : {"0.9", "11", "nan", "much", ""}) {
    EXPECT_FALSE(Set(table, "pue", value).ok()) << value;
  }
}

}  // namespace
}  // namespace mj
