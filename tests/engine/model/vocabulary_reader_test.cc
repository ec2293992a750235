#include "engine/model/vocabulary_reader.h"

#include <functional>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/model/gguf_builder.h"

namespace mj {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using B = GgufBuilder;

B Tokens() {
  B builder;
  builder.String("tokenizer.ggml.model", "gpt2")
      .Strings("tokenizer.ggml.tokens", {"a", "b", "ab", "<end>"});
  return builder;
}

absl::StatusOr<Vocabulary> Read(const B& builder) {
  const std::string bytes = builder.Build();
  const auto file =
      Gguf::Parse(std::as_bytes(std::span(bytes)), bytes.size(), "f.gguf");
  if (!file.ok()) return file.status();
  return ReadVocabulary(*file);
}

TEST(ReadVocabulary, EveryField) {
  const auto vocabulary =
      Read(Tokens()
               .String("tokenizer.ggml.pre", "smollm")
               .Array<float>("tokenizer.ggml.scores", GgufType::kFloat32,
                             {0, -1, -2, 0})
               .Array<int32_t>("tokenizer.ggml.token_type", GgufType::kInt32,
                               {1, 1, 4, 3})
               .Strings("tokenizer.ggml.merges", {"a b"})
               .Integer("tokenizer.ggml.bos_token_id", 0)
               .Integer("tokenizer.ggml.eos_token_id", 3)
               .Integer("tokenizer.ggml.eot_token_id", 2)
               .Integer("tokenizer.ggml.unknown_token_id", 1)
               .Bool("tokenizer.ggml.add_bos_token", true)
               .Bool("tokenizer.ggml.add_space_prefix", false)
               .Bool("tokenizer.ggml.remove_extra_whitespaces", true));
  ASSERT_TRUE(vocabulary.ok()) << vocabulary.status();
  EXPECT_EQ(vocabulary->model, "gpt2");
  EXPECT_EQ(vocabulary->pre, "smollm");
  EXPECT_THAT(vocabulary->tokens, ElementsAre("a", "b", "ab", "<end>"));
  EXPECT_THAT(vocabulary->scores, ElementsAre(0, -1, -2, 0));
  EXPECT_THAT(vocabulary->kinds,
              ElementsAre(TokenKind::kNormal, TokenKind::kNormal,
                          TokenKind::kUserDefined, TokenKind::kControl));
  EXPECT_THAT(vocabulary->merges, ElementsAre("a b"));
  EXPECT_EQ(vocabulary->bos, 0);
  EXPECT_EQ(vocabulary->eos, 3);
  EXPECT_EQ(vocabulary->eot, 2);
  EXPECT_EQ(vocabulary->unknown, 1);
  EXPECT_EQ(vocabulary->padding, std::nullopt);
  EXPECT_EQ(vocabulary->add_bos, true);
  EXPECT_EQ(vocabulary->add_eos, std::nullopt);
  EXPECT_EQ(vocabulary->add_space_prefix, false);
  EXPECT_TRUE(vocabulary->remove_extra_whitespaces);
}

TEST(ReadVocabulary, TheLeast) {
  const auto vocabulary = Read(Tokens());
  ASSERT_TRUE(vocabulary.ok()) << vocabulary.status();
  EXPECT_EQ(vocabulary->pre, "");
  EXPECT_TRUE(vocabulary->scores.empty());
  EXPECT_TRUE(vocabulary->kinds.empty());
  EXPECT_EQ(vocabulary->bos, std::nullopt);
}

struct ErrorCase {
  const char* name;
  std::function<B()> build;
  const char* message;
};

const ErrorCase kErrorCases[] = {
    {"no vocabulary", [] { return B(); }, "tokenizer.ggml.model is missing"},
    {"no tokens", [] { return B().String("tokenizer.ggml.model", "gpt2"); },
     "tokenizer.ggml.tokens is missing"},
    {"empty",
     [] {
       return B()
           .String("tokenizer.ggml.model", "gpt2")
           .Strings("tokenizer.ggml.tokens", {});
     },
     "tokenizer.ggml.tokens has 0 elements"},
    {"tokens of other type",
     [] {
       return B()
           .String("tokenizer.ggml.model", "gpt2")
           .String("tokenizer.ggml.tokens", "a");
     },
     "tokenizer.ggml.tokens is of type string, needs an array of strings"},
    {"too few scores",
     [] {
       return Tokens().Array<float>("tokenizer.ggml.scores", GgufType::kFloat32,
                                    {1, 2});
     },
     "tokenizer.ggml.scores has 2 elements, tokenizer.ggml.tokens has 4"},
    {"too many kinds",
     [] {
       return Tokens().Array<int32_t>("tokenizer.ggml.token_type",
                                      GgufType::kInt32, {1, 1, 1, 1, 1});
     },
     "tokenizer.ggml.token_type has 5 elements"},
    {"unknown kind",
     [] {
       return Tokens().Array<int32_t>("tokenizer.ggml.token_type",
                                      GgufType::kInt32, {1, 1, 9, 1});
     },
     "tokenizer.ggml.token_type of token 2 is 9, needs 1 to 6"},
    {"EOS beyond the tokens",
     [] { return Tokens().Integer("tokenizer.ggml.eos_token_id", 4); },
     "tokenizer.ggml.eos_token_id is 4, needs an id below the 4 tokens"},
    {"negative BOS",
     [] {
       return Tokens().Entry("tokenizer.ggml.bos_token_id", GgufType::kInt32,
                             B::Raw<int32_t>(-1));
     },
     "tokenizer.ggml.bos_token_id is -1"},
    {"flag of other type",
     [] { return Tokens().Integer("tokenizer.ggml.add_bos_token", 1); },
     "tokenizer.ggml.add_bos_token is of type uint32, needs bool"},
};

TEST(ReadVocabulary, Errors) {
  for (const ErrorCase& c : kErrorCases) {
    const auto vocabulary = Read(c.build());
    ASSERT_FALSE(vocabulary.ok()) << c.name;
    EXPECT_THAT(std::string(vocabulary.status().message()),
                HasSubstr(c.message))
        << c.name;
  }
}

TEST(ReadChatTemplates, DefaultFirstThenByName) {
  const std::string bytes =
      B().String("tokenizer.chat_template.tool_use", "tools")
          .String("tokenizer.chat_template", "plain")
          .Strings("tokenizer.chat_templates", {"tool_use"})
          .Build();
  const auto file =
      Gguf::Parse(std::as_bytes(std::span(bytes)), bytes.size(), "f.gguf");
  ASSERT_TRUE(file.ok());
  const auto templates = ReadChatTemplates(*file);
  ASSERT_TRUE(templates.ok()) << templates.status();
  ASSERT_EQ(templates->size(), 2u);
  EXPECT_EQ((*templates)[0].name, "");
  EXPECT_EQ((*templates)[0].source, "plain");
  EXPECT_EQ((*templates)[1].name, "tool_use");
  EXPECT_EQ(*ReadChatTemplate(*file), "plain");
  EXPECT_EQ(*ReadChatTemplate(*file, "tool_use"), "tools");
  EXPECT_EQ(*ReadChatTemplate(*file, "rag"), std::nullopt);
}

}  // namespace
}  // namespace mj
