#include "engine/text/pre_tokenizer.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mj {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

struct SplitCase {
  const char* pre;
  const char* text;
  std::vector<std::string_view> pieces;
};

// What Hugging Face tokenizers' pre_tokenize_str gives.
const SplitCase kSplitCases[] = {
    {"gpt-2", "Hello  I'm 123 ok", {"Hello", " ", " I", "'m", " 123", " ok"}},
    {"gpt-2", "a\u180Eb\u3000c", {"a", "\u180E", "b", "\u3000", "c"}},
    {"gpt-2", "x \n\n y", {"x", " \n\n", " y"}},
    {"smollm", "a 12 b", {"a", " ", "1", "2", " b"}},
    {"smollm", "  5", {"  ", "5"}},
    {"llama-bpe",
     "I'LL 12345\n\n x",
     {"I", "'LL", " ", "123", "45", "\n\n", " x"}},
    {"llama-bpe", "x'\u017Fy", {"x", "'\u017F", "y"}},
    {"qwen2", "12 ab.\n", {"1", "2", " ab", ".\n"}},
    {"deepseek-coder", "a\n b. 12", {"a", "\n", " b", ".", " ", "1", "2"}},
    {"deepseek-llm", "wenn 中文 1  ", {"wenn", " ", "中文", " ", "1", "  "}},
    {"falcon", "a->b 1234", {"a", "->", "b", " ", "123", "4"}},
    {"falcon", "м", {"\xD0", "\xBC"}},
    {"gpt-4o", "camelCase's 1234", {"camel", "Case's", " ", "123", "4"}},
    {"", "ab!", {"ab", "!"}},
};

TEST(PreTokenizer, SplitsAsTheOriginals) {
  for (const SplitCase& c : kSplitCases) {
    absl::StatusOr<PreTokenizer> pre = PreTokenizer::Make(c.pre);
    ASSERT_TRUE(pre.ok()) << pre.status();
    EXPECT_THAT(pre->Split(c.text), ElementsAreArray(c.pieces))
        << c.pre << ": " << c.text;
  }
}

TEST(PreTokenizer, UnknownNameListsTheKnown) {
  const absl::Status status = PreTokenizer::Make("no-such").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("'no-such'"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("smollm"));
}

TEST(PreTokenizer, LosesNothingOfLongRuns) {
  for (const char* name : {"gpt-2", "smollm", "llama-bpe", "deepseek-llm",
                           "deepseek-v3", "gpt-4o", "tekken", "falcon"}) {
    absl::StatusOr<PreTokenizer> pre = PreTokenizer::Make(name);
    ASSERT_TRUE(pre.ok()) << pre.status();
    for (const char* unit : {"a", " ", "\n", "1", "中", "\u0301", "!"}) {
      std::string text;
      for (int i = 0; i < 50000; ++i) text += unit;
      text += "x";
      std::string joined;
      for (const std::string_view piece : pre->Split(text)) joined += piece;
      EXPECT_EQ(joined, text) << name << " " << unit;
    }
  }
}

TEST(Regex, ReportsABadPattern) {
  const absl::Status status = Regex::Compile("a(b").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace mj
