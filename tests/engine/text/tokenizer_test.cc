#include "engine/text/tokenizer.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/text/small_vocabulary.h"

namespace mj {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::unique_ptr<Tokenizer> MakeOrDie(Vocabulary vocabulary) {
  auto tokenizer = Tokenizer::Make(std::move(vocabulary));
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status();
  return *std::move(tokenizer);
}

constexpr EncodeOptions kPlain{.add_special = false, .parse_special = false};
constexpr EncodeOptions kParse{.add_special = false, .parse_special = true};

TEST(BpeTokenizer, MergesByRankInsidePieces) {
  const auto t = MakeOrDie(SmallBpe());
  EXPECT_THAT(t->Encode("hello", kPlain), ElementsAre(259));
  EXPECT_THAT(t->Encode(" hello", kPlain), ElementsAre(260));
  EXPECT_THAT(t->Encode("aaa", kPlain), ElementsAre(261, 'a'));
  EXPECT_THAT(t->Encode("é", kPlain), ElementsAre(262));
  EXPECT_THAT(t->Encode("", kPlain), IsEmpty());
}

TEST(BpeTokenizer, SpecialTokens) {
  const auto t = MakeOrDie(SmallBpe());
  EXPECT_THAT(t->Encode("<|im_end|>hello", kParse), ElementsAre(267, 259));
  EXPECT_EQ(t->Encode("<|im_end|>", kPlain).size(), 10u);
  EXPECT_THAT(t->Encode("<tool>a", kPlain), ElementsAre(268, 'a'));
  EXPECT_THAT(t->Encode("<tool><tool><tool>", kPlain), ElementsAre(269, 268));
  EXPECT_TRUE(t->IsEndOfGeneration(267));
  EXPECT_FALSE(t->IsEndOfGeneration(266));
  EXPECT_EQ(t->Decode(std::vector<TokenId>{266, 259, 268}, false),
            "hello<tool>");
  EXPECT_EQ(t->TokenBytes(266, true), "<|start|>");
}

TEST(BpeTokenizer, BosOnlyWhereAskedFor) {
  EXPECT_THAT(MakeOrDie(SmallBpe())->Encode("a"), ElementsAre('a'));
  EXPECT_THAT(MakeOrDie(SmallBpe("llama-bpe"))->Encode("a"),
              ElementsAre(266, 'a'));
  Vocabulary both = SmallBpe();
  both.add_bos = both.add_eos = true;
  EXPECT_THAT(MakeOrDie(both)->Encode("a"), ElementsAre(266, 'a', 267));
}

TEST(BpeTokenizer, WholePiecesFirstWhereTheRuleSaysSo) {
  Vocabulary v = SmallBpe("llama-bpe");
  const TokenId whole = AddToken(v, "hex", TokenKind::kNormal);
  EXPECT_THAT(MakeOrDie(v)->Encode("hex", kPlain), ElementsAre(whole));
  v.pre = "qwen2";
  EXPECT_THAT(MakeOrDie(v)->Encode("hex", kPlain), ElementsAre(256, 'x'));
}

TEST(BpeTokenizer, InvalidBytesAreReplacementCharacters) {
  const auto t = MakeOrDie(SmallBpe());
  EXPECT_EQ(t->Decode(t->Encode("a\xFF\xE2\x82z", kPlain), false),
            "a\uFFFD\uFFFD\uFFFDz");
}

TEST(SpmTokenizer, MergesByScore) {
  const auto t = MakeOrDie(SmallSpm());
  // "▁" 259, "a" 260, "b" 261, "c" 262, "ab" 263, "bc" 264, "▁a" 265, ...
  EXPECT_THAT(t->Encode("abc", kPlain), ElementsAre(266, 262));
  EXPECT_THAT(t->Encode("bc", kPlain), ElementsAre(259, 264));
  EXPECT_THAT(t->Encode("ac", kPlain), ElementsAre(265, 262));
}

TEST(SpmTokenizer, DefaultsOfSilentFiles) {
  const auto t = MakeOrDie(SmallSpm());
  EXPECT_THAT(t->Encode("a"), ElementsAre(1, 265));
  EXPECT_THAT(t->Encode(""), ElementsAre(1));
  EXPECT_THAT(t->Encode("a</s>a", kParse), ElementsAre(265, 2, 265));
  EXPECT_TRUE(t->IsEndOfGeneration(2));
}

TEST(SpmTokenizer, BytesWhereNoPieceFits) {
  Vocabulary v = SmallSpm();
  v.add_space_prefix = false;
  const auto t = MakeOrDie(v);
  EXPECT_THAT(t->Encode("\u20AC", kPlain),
              ElementsAre(3 + 0xE2, 3 + 0x82, 3 + 0xAC));
  EXPECT_THAT(t->Encode("\xFF", kPlain),
              ElementsAre(3 + 0xEF, 3 + 0xBF, 3 + 0xBD));
}

TEST(SpmTokenizer, AddedTokensComeFirst) {
  Vocabulary v = SmallSpm();
  v.add_space_prefix = false;
  const auto t = MakeOrDie(v);
  EXPECT_THAT(t->Encode("a\n\nb", kPlain), ElementsAre(260, 268, 261));
  EXPECT_THAT(t->Encode("   a", kPlain), ElementsAre(269, 265));
  EXPECT_THAT(t->Encode("\u2581 a", kPlain), ElementsAre(269, 260));
  EXPECT_EQ(t->Decode(t->Encode("   a\n\nb", kPlain), false), "   a\n\nb");
}

TEST(SpmTokenizer, Phi3MarkersSwallowSpace) {
  Vocabulary v = SmallSpm();
  const TokenId user = AddToken(v, "<|assistant|>", TokenKind::kControl);
  AddToken(v, "<|placeholder1|>", TokenKind::kControl);
  AddToken(v, "<|end|>", TokenKind::kControl);
  EXPECT_THAT(MakeOrDie(v)->Encode("<|assistant|> \n a", kParse),
              ElementsAre(user, 265));
}

TEST(Tokenizer, LongRunsOfOneCharacter) {
  for (const Vocabulary& v : {SmallBpe(), SmallSpm()}) {
    const auto t = MakeOrDie(v);
    for (const char c : {'a', ' ', '\n'}) {
      const std::string text(100000, c);
      EXPECT_TRUE(t->Decode(t->Encode(text, kPlain), false) == text) << c;
    }
  }
}

struct BadCase {
  const char* name;
  void (*spoil)(Vocabulary&);
  const char* message;
};

const BadCase kBadCases[] = {
    {"model", [](Vocabulary& v) { v.model = "t5"; }, "'t5'; known: gpt2"},
    {"tokens", [](Vocabulary& v) { v.tokens.clear(); }, "no tokens"},
    {"kinds", [](Vocabulary& v) { v.kinds.pop_back(); }, "entries for"},
    {"bos", [](Vocabulary& v) { v.bos = 999999; }, "bos_token_id 999999"},
    {"merges", [](Vocabulary& v) { v.merges.clear(); }, "merges: missing"},
    {"merge", [](Vocabulary& v) { v.merges[3] = "abc"; }, "entry 3 is 'abc'"},
    {"pre", [](Vocabulary& v) { v.pre = "nope"; }, "'nope'"},
    {"eos", [](Vocabulary& v) { v.add_eos = true, v.eos.reset(); },
     "eos_token_id is missing"},
};

TEST(Tokenizer, RefusesBadVocabularies) {
  for (const BadCase& c : kBadCases) {
    Vocabulary v = SmallBpe();
    c.spoil(v);
    const absl::Status status = Tokenizer::Make(v).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.name;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.message)) << c.name;
  }
}

}  // namespace
}  // namespace mj
