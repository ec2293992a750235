#include "server/http_target.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

struct TargetCase {
  const char* target;
  const char* path;  // nullptr: malformed
};

TEST(PathOfTargetTest, TakesOriginAndAbsoluteForm) {
  const TargetCase kCases[] = {
      {"/v1/models", "/v1/models"},
      {"/v1/models?a=b%zz", "/v1/models"},
      {"/v1/%6dodels/a%2Fb%20c", "/v1/models/a/b c"},
      {"http://127.0.0.1:8080/v1/models", "/v1/models"},
      {"http://host", "/"},
      {"/redirect?to=http://host/", "/redirect"},
      {"*", "*"},
      {"", ""},
      {"/%", nullptr},
      {"/%4", nullptr},
      {"/%zz", nullptr},
  };
  for (const TargetCase& c : kCases) {
    SCOPED_TRACE(c.target);
    const std::optional<std::string> path = PathOfTarget(c.target);
    ASSERT_EQ(path.has_value(), c.path != nullptr);
    if (path) {
      EXPECT_EQ(*path, c.path);
    }
  }
}

}  // namespace
}  // namespace mj
