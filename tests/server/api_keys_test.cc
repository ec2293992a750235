#include "server/api_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace mj {
namespace {

using testing::HasSubstr;

// Of the right form.
const std::string kHash1 =
    "1b3b7d2b53c1ee1a4f0ef3dd5f1f8a4d6ba1f1f3e6d0b1a6a5f3b8a5e1c9d0ab";

struct BadFile {
  const char* name;
  std::string text;
  const char* error;
};

class BadKeys : public testing::TestWithParam<BadFile> {};

TEST_P(BadKeys, AreNamedByLine) {
  const absl::StatusOr<ApiKeys> keys = ApiKeys::Parse(GetParam().text);
  ASSERT_FALSE(keys.ok());
  EXPECT_THAT(std::string(keys.status().message()),
              HasSubstr(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadKeys,
    testing::Values(
        BadFile{"empty", "", "no key"},
        BadFile{"only_comments", "# nobody\n\n", "no key"},
        BadFile{"no_colon", "# c\nann\n", "line 2: expected name:sha256"},
        BadFile{"no_name", ":" + kHash1, "line 1: expected name:sha256"},
        BadFile{"short_hash", "ann:" + kHash1 + "\nbob:12ab", "line 2"},
        BadFile{"not_hex", "ann:" + std::string(64, 'g'), "line 1"}),
    [](const auto& info) { return info.param.name; });

TEST(ApiKeysTest, WithoutKeysEverybodyIsTheDefaultTenant) {
  const ApiKeys keys;
  EXPECT_FALSE(keys.required());
  EXPECT_EQ(keys.TenantOf(""), "default");
  EXPECT_EQ(keys.TenantOf("Bearer whatever"), "default");
}

TEST(ApiKeysTest, SkipsCommentsBlankLinesAndCarriageReturns) {
  const absl::StatusOr<ApiKeys> keys =
      ApiKeys::Parse("# people\n\nann:" + kHash1 + "\r\n");
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_TRUE(keys->required());
}

// The digest of "abc" is FIPS 180-2's own example.
constexpr const char* kAbc =
    "ann:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n"
    "operator:"
    "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855\n";

struct HeaderCase {
  const char* name;
  const char* header;
  std::optional<std::string> tenant;
};

class Header : public testing::TestWithParam<HeaderCase> {};

TEST_P(Header, NamesATenant) {
  const absl::StatusOr<ApiKeys> keys = ApiKeys::Parse(kAbc);
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(keys->TenantOf(GetParam().header), GetParam().tenant);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Header,
    testing::Values(HeaderCase{"known", "Bearer abc", "ann"},
                    HeaderCase{"scheme_in_lower_case", "bearer abc", "ann"},
                    HeaderCase{"spaces", "Bearer   abc ", "ann"},
                    HeaderCase{"empty_key_has_a_hash_too", "Bearer ",
                               "operator"},
                    HeaderCase{"unknown", "Bearer abd", std::nullopt},
                    HeaderCase{"longer", "Bearer abcabc", std::nullopt},
                    HeaderCase{"no_scheme", "abc", std::nullopt},
                    HeaderCase{"basic", "Basic abc", std::nullopt},
                    HeaderCase{"none", "", std::nullopt}),
    [](const auto& info) { return info.param.name; });

TEST(ApiKeysTest, NamesAFileThatIsNotThere) {
  const auto keys = ApiKeys::Load("/no/such/keys");
  ASSERT_FALSE(keys.ok());
  EXPECT_THAT(std::string(keys.status().message()), HasSubstr("/no/such/keys"));
}

}  // namespace
}  // namespace mj
