// Replies from deltas: OpenAI's shapes, and the same text however the engine
// splits it.
#include "server/openai/reply_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "server/openai/chat_format.h"
#include "server/openai/completion_format.h"
#include "tests/fakes/fake_model.h"

namespace mj {
namespace {

const ReplyHead kHead = {"id-1", 1700000000, "m", "f00"};

PositionLogprobs Position(TokenId id) {
  return {{id, -0.5f}, {{id, -0.5f}, {id == 65 ? 66 : 65, -1.5f}}};
}

// One token a character of `text`, split at `cuts` into deltas.
std::vector<Delta> Split(const std::string& text,
                         const std::vector<bool>& cuts) {
  std::vector<Delta> deltas(1);
  for (size_t i = 0; i < text.size(); ++i) {
    if (i > 0 && cuts[i]) deltas.emplace_back();
    const auto id = static_cast<TokenId>(text[i]);
    deltas.back().text += text[i];
    deltas.back().tokens.push_back(id);
    deltas.back().logprobs.push_back(Position(id));
  }
  deltas.back().finish_reason = FinishReason::kLength;
  return deltas;
}

std::vector<Json> Events(const std::string& events) {
  std::vector<Json> out;
  size_t at = 0;
  while (at < events.size()) {
    const size_t end = events.find("\n\n", at);
    EXPECT_EQ(events.substr(at, 6), "data: ");
    out.push_back(Json::parse(events.substr(at + 6, end - at - 6)));
    at = end + 2;
  }
  return out;
}

ChatFormat Chat(bool logprobs = false) {
  static const FakeTokenizer tokenizer;
  ChatFormatOptions options;
  options.logprobs = logprobs;
  return ChatFormat(kHead, options, tokenizer);
}

CompletionFormat Completion(CompletionFormatOptions options) {
  static const FakeTokenizer tokenizer;
  return CompletionFormat(kHead, std::move(options), tokenizer);
}

TEST(ReplyFormatTest, AnySplitGivesTheSameTextAndLogprobs) {
  const std::string text = "Hello, streams!";
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    std::vector<bool> cuts;
    for (size_t i = 0; i < text.size(); ++i) cuts.push_back(random() % 2);
    const std::vector<Delta> deltas = Split(text, cuts);
    ChatFormat whole = Chat(true), streamed = Chat(true);
    std::string events;
    for (const Delta& delta : deltas) {
      whole.Collect(0, delta);
      streamed.Stream(0, delta, events);
    }
    std::string joined;
    Json content = Json::array();
    for (const Json& chunk : Events(events)) {
      const Json& choice = chunk["choices"][0];
      joined += choice["delta"].value("content", "");
      if (choice["logprobs"].is_null()) continue;
      for (const Json& token : choice["logprobs"]["content"]) {
        content.push_back(token);
      }
    }
    const Json reply = whole.Whole(Usage());
    EXPECT_EQ(joined, text);
    EXPECT_EQ(reply["choices"][0]["message"]["content"], text);
    EXPECT_EQ(reply["choices"][0]["logprobs"]["content"], content);
  }
}

TEST(ChatFormatTest, StreamIsRoleThenTextThenFinish) {
  ChatFormat format = Chat();
  std::string events;
  format.Stream(0, Split("Hi", {false, false})[0], events);
  const std::vector<Json> chunks = Events(events);
  ASSERT_EQ(chunks.size(), 3u);
  EXPECT_EQ(chunks[0].dump(),
            R"({"id":"id-1","object":"chat.completion.chunk",)"
            R"("created":1700000000,"model":"m","system_fingerprint":"f00",)"
            R"("choices":[{"index":0,"delta":{"role":"assistant",)"
            R"("content":""},"logprobs":null,"finish_reason":null}]})");
  EXPECT_EQ(chunks[1]["choices"][0]["delta"].dump(), R"({"content":"Hi"})");
  EXPECT_EQ(chunks[2]["choices"][0]["delta"].dump(), "{}");
  EXPECT_EQ(chunks[2]["choices"][0]["finish_reason"], "length");
}

TEST(ChatFormatTest, LogprobsHaveBytesAndAlternatives) {
  ChatFormat format = Chat(true);
  format.Collect(0, Split("A", {false})[0]);
  const Json reply = format.Whole(Usage());
  EXPECT_EQ(reply["choices"][0]["logprobs"]["content"][0].dump(),
            R"({"token":"A","logprob":-0.5,"bytes":[65],"top_logprobs":[)"
            R"({"token":"A","logprob":-0.5,"bytes":[65]},)"
            R"({"token":"B","logprob":-1.5,"bytes":[66]}]})");
}

TEST(CompletionFormatTest, ChoicesFollowThePromptsInOrder) {
  CompletionFormatOptions options;
  options.prompts = 2;
  options.choices = 2;
  CompletionFormat format = Completion(options);
  for (int prompt : {1, 0}) {
    for (int choice : {0, 1}) {
      Delta delta;
      delta.choice = choice;
      delta.text = std::to_string(prompt) + std::to_string(choice);
      delta.finish_reason = FinishReason::kStop;
      format.Collect(prompt, delta);
    }
  }
  const Json choices = format.Whole(Usage())["choices"];
  ASSERT_EQ(choices.size(), 4u);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(choices[i]["index"], i);
    EXPECT_EQ(choices[i]["text"],
              std::to_string(i / 2) + std::to_string(i % 2));
    EXPECT_EQ(choices[i]["finish_reason"], "stop");
    EXPECT_TRUE(choices[i]["logprobs"].is_null());
  }
}

TEST(CompletionFormatTest, EchoRepeatsThePromptWithItsLogprobs) {
  CompletionFormatOptions options;
  options.echo = options.logprobs = options.tokens_as_ids = true;
  options.echoed = {"ab"};
  CompletionFormat format = Completion(options);
  Delta delta = Split("A", {false})[0];
  delta.prompt_logprobs = {{{97, NAN}, {}}, Position(98)};
  format.Collect(0, delta);
  const Json choice = format.Whole(Usage())["choices"][0];
  EXPECT_EQ(choice["text"], "abA");
  EXPECT_EQ(choice["logprobs"].dump(),
            R"({"text_offset":[0,1,2],"token_logprobs":[null,-0.5,-0.5],)"
            R"("tokens":["token_id:97","token_id:98","token_id:65"],)"
            R"("top_logprobs":[null,{"token_id:98":-0.5,"token_id:65":-1.5},)"
            R"({"token_id:65":-0.5,"token_id:66":-1.5}]})");
}

TEST(CompletionFormatTest, ATokenThatIsHalfACharacterIsWrittenInBytes) {
  CompletionFormatOptions options;
  options.logprobs = true;
  CompletionFormat format = Completion(options);
  Delta delta;
  delta.tokens = {0xC3};
  delta.logprobs = {{{0xC3, -INFINITY}, {}}};
  format.Collect(0, delta);
  const Json logprobs = format.Whole(Usage())["choices"][0]["logprobs"];
  EXPECT_EQ(logprobs["tokens"].dump(), R"(["bytes:\\xc3"])");
  EXPECT_EQ(logprobs["token_logprobs"].dump(), "[-9999.0]");
}

TEST(CompletionFormatTest, UsageChunkHasNoChoices) {
  CompletionFormatOptions options;
  options.include_usage = true;
  CompletionFormat format = Completion(options);
  std::string events;
  format.Stream(0, Split("A", {false})[0], events);
  Usage usage;
  usage.prompt_tokens = 3;
  usage.completion_tokens = 1;
  usage.energy.method = "modelled";
  format.StreamUsage(usage, events);
  const std::vector<Json> chunks = Events(events);
  ASSERT_EQ(chunks.size(), 2u);
  EXPECT_TRUE(chunks[0]["usage"].is_null());
  EXPECT_TRUE(chunks[1]["choices"].empty());
  EXPECT_EQ(chunks[1]["usage"]["total_tokens"], 4);
  EXPECT_EQ(chunks[1]["usage"]["prompt_tokens_details"]["cached_tokens"], 0);
  for (const char* key : {"joules", "prefill_joules", "decode_joules",
                          "wasted_joules", "joules_per_output_token", "method",
                          "domain", "calibration", "gco2e"}) {
    EXPECT_TRUE(chunks[1]["usage"]["energy"].contains(key)) << key;
  }
}

}  // namespace
}  // namespace mj
