#include "engine/text/utf8.h"

#include "engine/text/normalize.h"
#include "gtest/gtest.h"

namespace mj {
namespace {

struct StepCase {
  const char* name;
  std::string_view bytes;
  Utf8State state;
  int length;
};

constexpr StepCase kStepCases[] = {
    {"ascii", "a", Utf8State::kValid, 1},
    {"nul", std::string_view("\0", 1), Utf8State::kValid, 1},
    {"two bytes", "\xC3\xA9", Utf8State::kValid, 2},
    {"last code point", "\xF4\x8F\xBF\xBF", Utf8State::kValid, 4},
    {"above the last", "\xF4\x90\x80\x80", Utf8State::kInvalid, 1},
    {"overlong", "\xC0\xAF", Utf8State::kInvalid, 1},
    {"overlong three", "\xE0\x80\xAF", Utf8State::kInvalid, 1},
    {"surrogate", "\xED\xA0\x80", Utf8State::kInvalid, 1},
    {"continuation", "\x80", Utf8State::kInvalid, 1},
    {"cut short", "\xF0\x9F\x98", Utf8State::kTruncated, 3},
    {"broken off", "\xE2\x82!", Utf8State::kInvalid, 2},
};

TEST(Utf8, DecodesStrictly) {
  for (const StepCase& c : kStepCases) {
    const Utf8Step step = DecodeUtf8(c.bytes);
    EXPECT_EQ(step.state, c.state) << c.name;
    EXPECT_EQ(step.length, c.length) << c.name;
  }
}

TEST(Utf8, EveryCodePointSurvives) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string text;
    AppendUtf8(c, text);
    const Utf8Step step = DecodeUtf8(text);
    ASSERT_EQ(step.state, Utf8State::kValid) << static_cast<uint32_t>(c);
    ASSERT_EQ(step.code_point, c);
    ASSERT_EQ(step.length, static_cast<int>(text.size()));
  }
}

TEST(Utf8, ReplacesEveryByteOutsideACharacter) {
  EXPECT_EQ(ReplaceInvalidUtf8("a\xE2\x82z"), "a\uFFFD\uFFFDz");
  EXPECT_EQ(ReplaceInvalidUtf8("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(ReplaceInvalidUtf8("né"), "né");
}

TEST(Normalize, Nfc) {
  EXPECT_EQ(NormalizeNfc("plain ü"), "plain ü");
  EXPECT_EQ(NormalizeNfc("e\u0301"), "é");
  EXPECT_EQ(NormalizeNfc("a\u0301\u0323"), "ạ\u0301");
  EXPECT_EQ(NormalizeNfc("\u1100\u1161\u11A8"), "각");
  EXPECT_EQ(NormalizeNfc("\u212B"), "Å");
}

TEST(Normalize, MarksNewerThanTheReferenceStay) {
  EXPECT_EQ(NormalizeNfc("a\u1ACD\u0334"), "a\u1ACD\u0334");
}

TEST(Normalize, LongRunOfMarks) {
  std::string marks = "a";
  for (int i = 0; i < 100000; ++i) marks += "\u0301\u0323";
  EXPECT_EQ(NormalizeNfc(marks).size(), marks.size() - 1 + 3 - 2);
}

}  // namespace
}  // namespace mj
