#include "hw_backends/models/published_result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace mj {
namespace {

using testing::HasSubstr;

TEST(PublishedResultTest, RowsTakeWhatTheFileSays) {
  const auto file = ParsePublished("p.toml", R"(
source = "a paper"
group = "g"
device = "d"
quantity = "cycles"
class = "a"
tolerance = 0.1
rows = [
  { name = "one", published = 2.0, set = ["rows=4"] },
  { name = "two", published = 3.0, tolerance = 0.0, identity = true },
]
[[not_reproduced]]
name = "three"
why = "not published"
)");
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_EQ(file->results.size(), 2u);
  EXPECT_EQ(file->results[0].tolerance, 0.1);
  EXPECT_EQ(file->results[0].set, std::vector<std::string>{"rows=4"});
  EXPECT_FALSE(file->results[0].identity);
  EXPECT_EQ(file->results[1].tolerance, 0);
  EXPECT_TRUE(file->results[1].identity);
  EXPECT_EQ(file->not_reproduced[0].why, "not published");
}

TEST(PublishedResultTest, BadRowsAreNamed) {
  const std::string top =
      "source = \"s\"\ngroup = \"g\"\nquantity = \"q\"\nclass = \"a\"\n"
      "tolerance = 0.1\n";
  const auto message = [](const std::string& text) {
    return std::string(ParsePublished("p.toml", text).status().message());
  };
  EXPECT_THAT(message("rows = [ { published = 1.0 } ]"),
              HasSubstr("p.toml: a row: has no `name`"));
  EXPECT_THAT(message("rows = [ { name = \"x\", published = 1.0 } ]"),
              HasSubstr("p.toml: x: has no `source`"));
  EXPECT_THAT(message(top + "rows = [ { name = \"x\" } ]"),
              HasSubstr("needs numbers `published`"));
  EXPECT_THAT(
      message(top + "rows = [ { name = \"x\", published = 1.0, z = 1 } ]"),
      HasSubstr("p.toml: x: z is not a known key"));
  EXPECT_THAT(message("rows = ["), HasSubstr("not valid TOML"));
}

}  // namespace
}  // namespace mj
