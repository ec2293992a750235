#include "server/prefix_regions_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

using testing::HasSubstr;

constexpr const char* kGood =
    "[regions]\nhandbook = [\"ann\", \"bob the 2nd\"]\nother = [\"eve\"]\n";

TEST(PrefixRegionsFileTest, ReadsEachRegion) {
  const auto regions = ParsePrefixRegions("r.toml", kGood);
  ASSERT_TRUE(regions.ok()) << regions.status();
  EXPECT_EQ(*regions, (PrefixRegions{{"ann", "handbook"},
                                     {"bob the 2nd", "handbook"},
                                     {"eve", "other"}}));
  EXPECT_TRUE(ParsePrefixRegions("r.toml", "")->empty());
}

struct BadCase {
  const char* name;
  const char* text;
  const char* word;
};

constexpr BadCase kBadCases[] = {
    {"no TOML", "[regions\n", "line 1"},
    {"another table", "[tenants]\n", "'tenants'"},
    {"no table", "regions = 3\n", "'regions'"},
    {"no list", "[regions]\nx = \"ann\"\n", "'x' is no list"},
    {"a number", "[regions]\nx = [3]\n", "no tenant's name"},
    {"an empty name", "[regions]\nx = [\"\"]\n", "no tenant's name"},
    {"two regions", "[regions]\nx = [\"ann\"]\ny = [\"ann\"]\n",
     "'ann' is in 'x' and in 'y'"},
};

TEST(PrefixRegionsFileTest, WhatIsWrongIsNamed) {
  for (const BadCase& c : kBadCases) {
    const absl::Status status = ParsePrefixRegions("r.toml", c.text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.name;
    EXPECT_THAT(std::string(status.message()), HasSubstr("r.toml"));
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.word)) << c.name;
  }
}

TEST(PrefixRegionsFileTest, FilesAreReadOrMissed) {
  const TempFolder folder;
  const auto regions = LoadPrefixRegions(folder.Write("r.toml", kGood));
  ASSERT_TRUE(regions.ok()) << regions.status();
  EXPECT_EQ(regions->size(), 3u);
  EXPECT_EQ(LoadPrefixRegions("/no/such/file").status().code(),
            absl::StatusCode::kNotFound);
}

TEST(PrefixRegionsFileTest, EachTenantNeedsAKey) {
  const PrefixRegions regions = {{"ann", "x"}};
  EXPECT_THAT(std::string(CheckTenantsHaveKeys(regions, ApiKeys()).message()),
              HasSubstr("--api-keys"));
  EXPECT_TRUE(CheckTenantsHaveKeys(
                  regions, *ApiKeys::Parse("ann:" + std::string(64, '0')))
                  .ok());
}

}  // namespace
}  // namespace mj
