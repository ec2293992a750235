#include "server/call_origin.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

struct TraceCase {
  const char* name;
  std::string header;
  bool valid;
};

constexpr char kTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr char kWhole[] =
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(CallOriginTest, ReadsTraceParentsStrictly) {
  const std::string whole = kWhole;
  const TraceCase kCases[] = {
      {"as in the specification", whole, true},
      {"a later version", "01" + whole.substr(2), true},
      {"a later version says more", "01" + whole.substr(2) + "-more", true},
      {"a later version goes on at once", "01" + whole.substr(2) + "more",
       false},
      {"this version says more", whole + "-00", false},
      {"no version", "ff" + whole.substr(2), false},
      {"cut", whole.substr(0, 54), false},
      {"upper case", "00-4BF92F3577B34DA6A3CE929D0E0E4736" + whole.substr(35),
       false},
      {"trace of zeros", "00-" + std::string(32, '0') + whole.substr(35),
       false},
      {"span of zeros", whole.substr(0, 36) + std::string(16, '0') + "-01",
       false},
      {"no dashes", std::string(55, '1'), false},
      {"a newline", whole.substr(0, 54) + "\n", false},
      {"nothing", "", false},
  };
  for (const TraceCase& c : kCases) {
    SCOPED_TRACE(c.name);
    const std::optional<std::string> id = TraceIdOf(c.header);
    EXPECT_EQ(id.has_value(), c.valid);
    EXPECT_EQ(id.value_or(kTrace), kTrace);
  }
}

TEST(CallOriginTest, RequestIdsAreVisibleAndShort) {
  EXPECT_TRUE(IsRequestId("a-1/b:c~!"));
  EXPECT_TRUE(IsRequestId(std::string(128, 'x')));
  for (const std::string& bad :
       {std::string(), std::string(129, 'x'), std::string("a b"),
        std::string("a\nb"), std::string("a\x7f"), std::string("\xc3\xa9")}) {
    EXPECT_FALSE(IsRequestId(bad)) << bad;
  }
}

}  // namespace
}  // namespace mj
