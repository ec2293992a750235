#include "server/openai/chat_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "engine/request/request_error.h"

namespace mj {
namespace {

using testing::HasSubstr;

absl::StatusOr<ChatRequest> Parse(const std::string& text) {
  const absl::StatusOr<Json> json = ParseJson(text);
  if (!json.ok()) return json.status();
  return ParseChatRequest(*json);
}

// A body with one message and `more`.
std::string Body(const std::string& more) {
  return R"({"messages":[{"role":"user","content":"hi"}])" + more + "}";
}

struct BadChatCase {
  const char* name;
  std::string body;
  const char* field;
  const char* error;
};

class BadChat : public testing::TestWithParam<BadChatCase> {};

TEST_P(BadChat, NamesFieldAndNeed) {
  const auto call = Parse(GetParam().body);
  ASSERT_FALSE(call.ok());
  EXPECT_EQ(FieldOf(call.status()), GetParam().field);
  EXPECT_THAT(std::string(call.status().message()),
              HasSubstr(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadChat,
    testing::Values(
        BadChatCase{"not_an_object", "7", "", "not a JSON object"},
        BadChatCase{"no_messages", "{}", "messages", "needs a list"},
        BadChatCase{"empty_messages", R"({"messages":[]})", "messages",
                    "needs"},
        BadChatCase{"message_text", R"({"messages":["a"]})", "messages[0]",
                    "not an object"},
        BadChatCase{"no_role", R"({"messages":[{"content":"a"}]})",
                    "messages[0].role", "not a string"},
        BadChatCase{"content_number",
                    R"({"messages":[{"role":"user","content":1}]})",
                    "messages[0].content", "neither text nor a list"},
        BadChatCase{"image",
                    R"({"messages":[{"role":"user","content":[
                {"type":"image_url","image_url":{"url":"u"}}]}]})",
                    "messages[0].content", "type text"},
        BadChatCase{"tools", Body(R"(,"tools":{})"), "tools", "not a list"},
        BadChatCase{"tool_choice", Body(R"(,"tool_choice":"required")"),
                    "tool_choice", "not offered"},
        BadChatCase{"response_format",
                    Body(R"(,"response_format":{"type":"json_schema"})"),
                    "response_format", "not offered"},
        BadChatCase{"logprobs_number", Body(R"(,"logprobs":3)"), "logprobs",
                    "true or false"},
        BadChatCase{"top_logprobs_alone", Body(R"(,"top_logprobs":3)"),
                    "top_logprobs", "logprobs = true"},
        BadChatCase{"top_logprobs",
                    Body(R"(,"logprobs":true,"top_logprobs":21)"),
                    "top_logprobs", "0 to 20"},
        BadChatCase{"kwargs", Body(R"(,"chat_template_kwargs":[])"),
                    "chat_template_kwargs", "not an object"},
        BadChatCase{"max_completion_tokens",
                    Body(R"(,"max_completion_tokens":"x")"),
                    "max_completion_tokens", "\"x\""}),
    [](const auto& info) { return info.param.name; });

TEST(ChatRequestTest, ContextIsWhatTemplatesExpect) {
  const auto call = Parse(R"({"messages":[
      {"role":"system","content":[{"type":"text","text":"a"},
                                  {"type":"text","text":"b"}]},
      {"role":"assistant","content":null,"tool_calls":[{"type":"function",
        "function":{"name":"f","arguments":"{\"z\":1,\"a\":2}"}}]}],
      "tools":[{"type":"function","function":{"name":"f"}}],
      "chat_template_kwargs":{"enable_thinking":false}})");
  ASSERT_TRUE(call.ok()) << call.status();
  EXPECT_EQ(DumpJson(call->context),
            R"({"messages":[{"role":"system","content":"a\nb"},)"
            R"({"role":"assistant","content":"","tool_calls":[)"
            R"({"type":"function","function":{"name":"f",)"
            R"("arguments":{"z":1,"a":2}}}]}],)"
            R"("tools":[{"type":"function","function":{"name":"f"}}],)"
            R"("add_generation_prompt":true,"enable_thinking":false})");
  EXPECT_FALSE(call->request.add_special);
}

TEST(ChatRequestTest, ToolChoiceNoneHidesTheTools) {
  const auto call =
      Parse(Body(R"(,"tools":[{"type":"function"}],"tool_choice":"none")"));
  ASSERT_TRUE(call.ok()) << call.status();
  EXPECT_FALSE(call->context.contains("tools"));
}

TEST(ChatRequestTest, MaxCompletionTokensIsTheNewerName) {
  EXPECT_EQ(Parse(Body(""))->request.stop.max_tokens, std::nullopt);
  EXPECT_EQ(Parse(Body(R"(,"max_tokens":3)"))->request.stop.max_tokens, 3);
  EXPECT_EQ(Parse(Body(R"(,"max_tokens":3,"max_completion_tokens":4)"))
                ->request.stop.max_tokens,
            4);
}

TEST(ChatRequestTest, LogprobsCountAlternatives) {
  EXPECT_EQ(Parse(Body(""))->request.logprobs.generated, std::nullopt);
  EXPECT_EQ(Parse(Body(R"(,"logprobs":true)"))->request.logprobs.generated, 0);
  EXPECT_EQ(Parse(Body(R"(,"logprobs":true,"top_logprobs":5)"))
                ->request.logprobs.generated,
            5);
}

}  // namespace
}  // namespace mj
