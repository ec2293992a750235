#include "server/tenant_limits_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

using testing::HasSubstr;

constexpr const char* kGood = R"(
[tenants.ann]
joules_per_second = 2.5
burst_joules = 600

[tenants."bob the 2nd"]
joules_per_second = 0
burst_joules = 1e3
)";

TEST(TenantLimitsFileTest, ReadsEachTenant) {
  const auto limits = ParseTenantLimits("limits.toml", kGood);
  ASSERT_TRUE(limits.ok()) << limits.status();
  ASSERT_EQ(limits->size(), 2u);
  EXPECT_EQ((*limits)[0].tenant, "ann");
  EXPECT_EQ((*limits)[0].rate.refill, Watts(2.5));
  EXPECT_EQ((*limits)[0].rate.burst, Joules(600));
  EXPECT_EQ((*limits)[1].tenant, "bob the 2nd");
  EXPECT_EQ((*limits)[1].rate.refill, Watts(0));
  const auto none = ParseTenantLimits("limits.toml", "");
  EXPECT_TRUE(none.ok() && none->empty());
}

struct BadCase {
  const char* name;
  const char* text;
  const char* word;
};

constexpr BadCase kBadCases[] = {
    {"no TOML", "[tenants.ann\n", "line 1"},
    {"another table", "[limits]\n", "'limits'"},
    {"no table", "tenants = 3\n", "'tenants'"},
    {"a tenant that is a number", "[tenants]\nann = 3\n", "tenants.ann"},
    {"no burst", "[tenants.ann]\njoules_per_second = 1\n", "burst_joules"},
    {"no rate", "[tenants.ann]\nburst_joules = 1\n", "joules_per_second"},
    {"an unknown key", "[tenants.ann]\nwatts = 1\n", "'watts'"},
    {"text", "[tenants.ann]\nburst_joules = \"1\"\n", "burst_joules"},
    {"a rate under 0",
     "[tenants.ann]\njoules_per_second = -1\nburst_joules = 1\n",
     "joules_per_second is -1"},
    {"no burst to speak of",
     "[tenants.ann]\njoules_per_second = 1\nburst_joules = 0\n",
     "burst_joules is 0"},
    {"not a number",
     "[tenants.ann]\njoules_per_second = nan\nburst_joules = 1\n",
     "joules_per_second is nan"},
    {"endless", "[tenants.ann]\njoules_per_second = 1\nburst_joules = inf\n",
     "burst_joules is inf"},
};

TEST(TenantLimitsFileTest, WhatIsWrongIsNamed) {
  for (const BadCase& c : kBadCases) {
    const absl::Status status =
        ParseTenantLimits("limits.toml", c.text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.name;
    EXPECT_THAT(std::string(status.message()), HasSubstr("limits.toml"));
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.word)) << c.name;
  }
}

TEST(TenantLimitsFileTest, FilesAreReadOrMissed) {
  const TempFolder folder;
  const auto limits = LoadTenantLimits(folder.Write("limits.toml", kGood));
  ASSERT_TRUE(limits.ok()) << limits.status();
  EXPECT_EQ(limits->size(), 2u);
  const absl::Status status = LoadTenantLimits("/no/such/file").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/no/such/file"));
}

TEST(TenantLimitsFileTest, EachTenantNeedsAKey) {
  const auto limits = *ParseTenantLimits("limits.toml", kGood);
  const absl::Status open = CheckTenantsHaveKeys(limits, ApiKeys());
  EXPECT_THAT(std::string(open.message()), HasSubstr("--api-keys"));
  EXPECT_TRUE(
      CheckTenantsHaveKeys({{"default", limits[0].rate}}, ApiKeys()).ok());
  const std::string key(64, '0');
  const auto keys = *ApiKeys::Parse("ann:" + key);
  const absl::Status status = CheckTenantsHaveKeys(limits, keys);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("'bob the 2nd'"));
  EXPECT_TRUE(CheckTenantsHaveKeys({limits[0]}, keys).ok());
}

}  // namespace
}  // namespace mj
