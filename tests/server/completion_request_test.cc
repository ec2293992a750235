#include "server/openai/completion_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "engine/request/request_error.h"

namespace mj {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using Ids = std::vector<TokenId>;

absl::StatusOr<CompletionRequest> Parse(const std::string& text) {
  const absl::StatusOr<Json> json = ParseJson(text);
  if (!json.ok()) return json.status();
  return ParseCompletionRequest(*json);
}

struct BadCompletionCase {
  const char* name;
  const char* body;
  const char* field;
  const char* error;
};

class BadCompletion : public testing::TestWithParam<BadCompletionCase> {};

TEST_P(BadCompletion, NamesFieldAndNeed) {
  const auto call = Parse(GetParam().body);
  ASSERT_FALSE(call.ok());
  EXPECT_EQ(FieldOf(call.status()), GetParam().field);
  EXPECT_THAT(std::string(call.status().message()),
              HasSubstr(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadCompletion,
    testing::Values(
        BadCompletionCase{"not_an_object", "[1]", "", "not a JSON object"},
        BadCompletionCase{"no_prompt", "{}", "prompt", "missing"},
        BadCompletionCase{"null_prompt", R"({"prompt":null})", "prompt",
                          "missing"},
        BadCompletionCase{"prompt_number", R"({"prompt":7})", "prompt", "7"},
        BadCompletionCase{"prompt_empty_list", R"({"prompt":[]})", "prompt",
                          "1 to"},
        BadCompletionCase{"prompt_mixed", R"({"prompt":[1,"a"]})", "prompt",
                          "\"a\""},
        BadCompletionCase{"negative_id", R"({"prompt":[-1]})", "prompt", "-1"},
        BadCompletionCase{"huge_id", R"({"prompt":[99999999999]})", "prompt",
                          "99999999999"},
        BadCompletionCase{"temperature", R"({"prompt":"a","temperature":2.1})",
                          "temperature", "from 0 to 2"},
        BadCompletionCase{"temperature_text",
                          R"({"prompt":"a","temperature":"x"})", "temperature",
                          "\"x\""},
        BadCompletionCase{"top_p", R"({"prompt":"a","top_p":-0.1})", "top_p",
                          "0 to 1"},
        BadCompletionCase{"n", R"({"prompt":"a","n":0})", "n", "from 1 to 128"},
        BadCompletionCase{"best_of", R"({"prompt":"a","n":2,"best_of":3})",
                          "best_of", "n = 2"},
        BadCompletionCase{"suffix", R"({"prompt":"a","suffix":"b"})", "suffix",
                          "not offered"},
        BadCompletionCase{"logprobs", R"({"prompt":"a","logprobs":21})",
                          "logprobs", "0 to 20"},
        BadCompletionCase{"max_tokens", R"({"prompt":"a","max_tokens":-1})",
                          "max_tokens", "-1"},
        BadCompletionCase{"stop_empty", R"({"prompt":"a","stop":""})", "stop",
                          "\"\""},
        BadCompletionCase{
            "stop_17",
            R"({"prompt":"a","stop":["1","2","3","4","5","6","7","8","9",
                "10","11","12","13","14","15","16","17"]})",
            "stop", "at most 16"},
        BadCompletionCase{"bias_key", R"({"prompt":"a","logit_bias":{"x":1}})",
                          "logit_bias", "'x'"},
        BadCompletionCase{"bias_value",
                          R"({"prompt":"a","logit_bias":{"5":101}})",
                          "logit_bias.5", "101"},
        BadCompletionCase{"stream_options",
                          R"({"prompt":"a","stream_options":{}})",
                          "stream_options", "stream = true"},
        BadCompletionCase{
            "response_format",
            R"({"prompt":"a","response_format":{"type":"json_object"}})",
            "response_format", "only {\"type\":\"text\"}"},
        BadCompletionCase{"stream", R"({"prompt":"a","stream":1})", "stream",
                          "true or false"}),
    [](const auto& info) { return info.param.name; });

TEST(CompletionRequestTest, ReadsEveryKindOfPrompt) {
  EXPECT_EQ(
      std::get<std::string>(Parse(R"({"prompt":"a b"})")->requests[0].prompt),
      "a b");
  EXPECT_EQ(Parse(R"({"prompt":["a","b"]})")->requests.size(), 2u);
  const auto ids = Parse(R"({"prompt":[1,2]})");
  ASSERT_EQ(ids->requests.size(), 1u);
  EXPECT_EQ(std::get<Ids>(ids->requests[0].prompt), (Ids{1, 2}));
  const auto lists = Parse(R"({"prompt":[[1,2],[3]]})");
  ASSERT_EQ(lists->requests.size(), 2u);
  EXPECT_EQ(std::get<Ids>(lists->requests[1].prompt), (Ids{3}));
}

TEST(CompletionRequestTest, ReadsEveryField) {
  const auto call = Parse(R"({"prompt":"a","model":"m","max_tokens":5,
      "temperature":0.5,"top_k":-1,"top_p":0.9,"min_p":0.1,
      "repetition_penalty":1.1,"presence_penalty":0.25,
      "frequency_penalty":-0.25,"logit_bias":{"7":-100},"seed":-1,"n":3,
      "best_of":3,"stop":["x","y"],"stop_token_ids":[9],"ignore_eos":true,
      "logprobs":4,"echo":true,"return_tokens_as_token_ids":true,
      "stream":true,"stream_options":{"include_usage":true},"user":"u",
      "unknown_field":[1,2,3]})");
  ASSERT_TRUE(call.ok()) << call.status();
  const Request& request = call->requests[0];
  EXPECT_EQ(call->model, "m");
  EXPECT_TRUE(call->echo && call->tokens_as_ids);
  EXPECT_TRUE(call->stream.stream && call->stream.include_usage);
  EXPECT_EQ(request.stop.max_tokens, 5);
  EXPECT_EQ(request.num_choices, 3);
  EXPECT_FLOAT_EQ(request.sampling.temperature, 0.5f);
  EXPECT_EQ(request.sampling.top_k, -1);
  EXPECT_FLOAT_EQ(request.sampling.top_p, 0.9f);
  EXPECT_FLOAT_EQ(request.sampling.min_p, 0.1f);
  EXPECT_FLOAT_EQ(request.sampling.repetition_penalty, 1.1f);
  EXPECT_FLOAT_EQ(request.sampling.presence_penalty, 0.25f);
  EXPECT_FLOAT_EQ(request.sampling.frequency_penalty, -0.25f);
  EXPECT_THAT(request.sampling.logit_bias, ElementsAre(Pair(7, -100.0f)));
  EXPECT_EQ(request.sampling.seed, ~uint64_t{0});
  EXPECT_THAT(request.stop.strings, ElementsAre("x", "y"));
  EXPECT_THAT(request.stop.token_ids, ElementsAre(9));
  EXPECT_TRUE(request.stop.ignore_eos);
  EXPECT_EQ(request.logprobs.generated, 4);
  EXPECT_EQ(request.logprobs.prompt, 4);
}

TEST(CompletionRequestTest, DefaultsAreOpenAis) {
  const auto call = Parse(R"({"prompt":"a","stop":null,"n":null})");
  ASSERT_TRUE(call.ok()) << call.status();
  EXPECT_EQ(call->requests[0].stop.max_tokens, 16);
  EXPECT_EQ(call->requests[0].sampling.temperature, 1);
  EXPECT_FALSE(call->requests[0].sampling.seed.has_value());
  EXPECT_FALSE(call->requests[0].logprobs.generated.has_value());
  EXPECT_FALSE(call->stream.stream);
}

}  // namespace
}  // namespace mj
