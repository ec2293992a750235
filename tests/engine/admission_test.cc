#include "engine/admission.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace mj {
namespace {

TEST(MaxPromptBytesTest, BoundsWhatTheContextCouldSpell) {
  const Vocabulary bpe{.model = "gpt2", .tokens = {"a", "abcde"}};
  EXPECT_EQ(MaxPromptBytes(bpe, 10), 4u * 5 * 10);
  Vocabulary spm{.model = "llama",
                 .tokens = {"a", "<0x0A>"},
                 .kinds = {TokenKind::kNormal, TokenKind::kByte}};
  EXPECT_EQ(MaxPromptBytes(spm, 2), 4u * 6 * 2);
}

// A run of unknown characters, however long, is one <unk>.
TEST(MaxPromptBytesTest, KnowsNoBoundWithoutByteTokens) {
  const Vocabulary spm{.model = "llama",
                       .tokens = {"<unk>", "a"},
                       .kinds = {TokenKind::kUnknown, TokenKind::kNormal}};
  EXPECT_EQ(MaxPromptBytes(spm, 10), SIZE_MAX);
}

}  // namespace
}  // namespace mj
