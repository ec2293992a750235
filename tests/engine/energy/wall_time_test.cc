#include "engine/energy/wall_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mj {
namespace {

TEST(WallTimeTest, ReadsWhatFilesAndPeopleWrite) {
  const struct {
    const char* text;
    double unix_seconds;
  } cases[] = {
      {"1767225600", 1767225600},
      {"1767225600.25", 1767225600.25},
      {"2026-01-01", 1767225600},
      {"2026-01-01T00:00:00Z", 1767225600},
      {"2026-01-01t00:00:00z", 1767225600},
      {"2026-01-01T01:00:00+01:00", 1767225600},
      {"2026-01-01T00:00:00.5Z", 1767225600.5},
      {"2026-01-01 00:05", 1767225900},
      {"2026-01-01 00:05:00", 1767225900},
      {"2026-01-01 01:05:00+01:00", 1767225900},
      {"2026-01-01T00:05", 1767225900},
      {"2026-01-01T02:05+02:00", 1767225900},
  };
  for (const auto& c : cases) {
    const auto time = ParseWallTime(c.text);
    ASSERT_TRUE(time.ok()) << c.text << ": " << time.status();
    EXPECT_NEAR(absl::ToDoubleSeconds(*time - absl::UnixEpoch()),
                c.unix_seconds, 1e-6)
        << c.text;
  }
}

TEST(WallTimeTest, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2026", "yesterday", "1767225600000", "-1", "nan", "inf", "0",
        "infinite-future", "2026-13-01", "2026-02-30", "2026-01-01T25:00Z",
        "2026-01-01T00:00:00Zx", "01/02/2026"}) {
    const auto time = ParseWallTime(text);
    ASSERT_FALSE(time.ok()) << text;
    EXPECT_EQ(time.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(time.status().message()), testing::HasSubstr(text));
  }
}

TEST(WallTimeTest, WritesUtc) {
  EXPECT_EQ(FormatWallTime(absl::FromUnixSeconds(1767225605)),
            "2026-01-01T00:00:05Z");
}

}  // namespace
}  // namespace mj
