#include "server/openai/prompt_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/request/request_error.h"

namespace mj {
namespace {

using testing::HasSubstr;
using Ids = std::vector<TokenId>;

TEST(PromptFieldsTest, ReadsOneOrSeveral) {
  const auto read = [](const char* body) {
    return *ReadPrompts(Json::parse(body), "input");
  };
  using Prompts = std::vector<Prompt>;
  EXPECT_EQ(read(R"({"input": "a"})"), Prompts({"a"}));
  EXPECT_EQ(read(R"({"input": ["a", "b"]})"), Prompts({"a", "b"}));
  EXPECT_EQ(read(R"({"input": [1, 2]})"), Prompts({Ids{1, 2}}));
  EXPECT_EQ(read(R"({"input": [[1], [2, 3]]})"), Prompts({Ids{1}, Ids{2, 3}}));
}

TEST(PromptFieldsTest, NamesTheFieldThatIsWrong) {
  Json many = {{"input", Json::array()}};
  for (int i = 0; i <= kMaxPrompts; ++i) many["input"].push_back("x");
  const std::pair<Json, const char*> kCases[] = {
      {{{"prompt", "a"}}, "'input': is missing"},
      {{{"input", nullptr}}, "is missing"},
      {{{"input", 5}}, "5 is neither text nor token ids"},
      {{{"input", Json::array()}}, "0 prompts, needs 1 to 256"},
      {many, "257 prompts, needs 1 to 256"},
      {{{"input", {"a", 5}}}, "5 is not a list of token ids"},
      {{{"input", {1, "a"}}}, "\"a\" is not a token id"},
  };
  for (const auto& [body, message] : kCases) {
    const absl::Status status = ReadPrompts(body, "input").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(FieldOf(status), "input");
    EXPECT_THAT(std::string(status.message()), HasSubstr(message));
  }
}

}  // namespace
}  // namespace mj
