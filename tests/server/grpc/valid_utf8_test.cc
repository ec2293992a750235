#include "server/grpc/valid_utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace mj {
namespace {

struct Utf8Case {
  const char* name;
  std::string bytes, want;
};

const Utf8Case kCases[] = {
    {"Empty", "", ""},
    {"Ascii", "plain\n", "plain\n"},
    {"WholeCharacters", "wörld 你好 🙂", "wörld 你好 🙂"},
    {"Nul", std::string("a\0b", 3), std::string("a\0b", 3)},
    {"LoneContinuation",
     "a\x80"
     "b",
     "a\uFFFDb"},
    {"CutAtTheEnd", "a\xE4\xBD", "a\uFFFD\uFFFD"},
    {"CutInTheMiddle", "\xE4\xBD!", "\uFFFD\uFFFD!"},
    {"Surrogate", "\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},
    {"Overlong", "\xC0\xAF", "\uFFFD\uFFFD"},
    {"BeyondUnicode", "\xF5\x80\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
};

class ValidUtf8Test : public testing::TestWithParam<Utf8Case> {};

TEST_P(ValidUtf8Test, ReplacesWhatIsNoCharacter) {
  EXPECT_EQ(ValidUtf8(GetParam().bytes), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(Cases, ValidUtf8Test, testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace mj
