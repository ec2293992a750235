#include "engine/text/detokenizer.h"

#include "gtest/gtest.h"
#include "tests/engine/text/small_vocabulary.h"

namespace mj {
namespace {

struct StreamCase {
  const char* name;
  Vocabulary (*vocabulary)();
  int first_byte;  // id of byte 0
  std::string_view bytes;
  std::vector<std::string> pushes;  // after each byte's token
  std::string flush;
};

Vocabulary Bpe() { return SmallBpe(); }

const StreamCase kStreamCases[] = {
    {"whole characters", Bpe, 0, "a\xC3\xA9", {"a", "", "é"}, ""},
    {"BPE: one for a subpart", Bpe, 0, "\xE2\x82z", {"", "", "\uFFFDz"}, ""},
    {"BPE: held back at the end", Bpe, 0, "\xF0\x9F", {"", ""}, "\uFFFD"},
    {"SPM: one for a byte",
     SmallSpm,
     3,
     "\xE2\x82z",
     {"", "", "\uFFFD\uFFFDz"},
     ""},
    {"SPM: held back at the end",
     SmallSpm,
     3,
     "\xF0\x9F",
     {"", ""},
     "\uFFFD\uFFFD"},
    {"invalid at once", Bpe, 0, "\xFF", {"\uFFFD"}, ""},
};

TEST(StreamingDetokenizer, EmitsWholeCharactersOnly) {
  for (const StreamCase& c : kStreamCases) {
    const auto tokenizer = Tokenizer::Make(c.vocabulary());
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
    StreamingDetokenizer stream(**tokenizer);
    for (size_t i = 0; i < c.bytes.size(); ++i) {
      const TokenId id = c.first_byte + static_cast<uint8_t>(c.bytes[i]);
      EXPECT_EQ(stream.Push(id), c.pushes[i]) << c.name << ", byte " << i;
    }
    EXPECT_EQ(stream.Flush(), c.flush) << c.name;
    EXPECT_EQ(stream.Flush(), "") << c.name;
  }
}

TEST(StreamingDetokenizer, AByteTokenNeverJoinsAnOrdinaryOne) {
  const auto tokenizer = Tokenizer::Make(SmallSpm());
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  StreamingDetokenizer stream(**tokenizer);
  EXPECT_EQ(stream.Push(3 + 0xC3), "");
  EXPECT_EQ(stream.Push(260), "\uFFFDa");
}

TEST(StreamingDetokenizer, SpacePrefixGoesOnlyAtTheStartOfAText) {
  const auto tokenizer = Tokenizer::Make(SmallSpm());
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  StreamingDetokenizer begins(**tokenizer, {.begins_text = true});
  EXPECT_EQ(begins.Push(1), "");  // BOS
  EXPECT_EQ(begins.Push(265), "a");
  EXPECT_EQ(begins.Push(265), " a");
  StreamingDetokenizer continues(**tokenizer);
  EXPECT_EQ(continues.Push(265), " a");
}

}  // namespace
}  // namespace mj
