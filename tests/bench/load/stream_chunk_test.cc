#include "bench/load/stream_chunk.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

struct Case {
  const char* name;
  const char* json;
  bool has_text;
  int listed;
  bool finished, by_length;
};

constexpr Case kCases[] = {
    {"completion", R"({"choices":[{"text":"a","finish_reason":null}]})", true,
     0, false, false},
    {"chat", R"({"choices":[{"delta":{"content":"a"}}]})", true, 0, false,
     false},
    {"a role alone",
     R"({"choices":[{"delta":{"role":"assistant","content":""}}]})", false, 0,
     false, false},
    {"reasoning", R"({"choices":[{"delta":{"reasoning_content":"a"}}]})", true,
     0, false, false},
    {"a tool call", R"({"choices":[{"delta":{"tool_calls":[{"index":0}]}}]})",
     true, 0, false, false},
    {"null content", R"({"choices":[{"delta":{"content":null}}]})", false, 0,
     false, false},
    {"the end by length",
     R"({"choices":[{"text":"","finish_reason":"length"}]})", false, 0, true,
     true},
    {"the end by a stop",
     R"({"choices":[{"delta":{},"finish_reason":"stop"}]})", false, 0, true,
     false},
    {"listed tokens",
     R"({"choices":[{"text":"ab","logprobs":{"tokens":["a","b"]}}]})", true, 2,
     false, false},
    {"listed tokens of a chat",
     R"({"choices":[{"delta":{"content":"a"},"logprobs":{"content":[{}]}}]})",
     true, 1, false, false},
    {"an end that is none", R"({"choices":[{"text":"a","finish_reason":""}]})",
     true, 0, false, false},
    {"no choices", R"({"choices":[]})", false, 0, false, false},
    {"choices that are no list", R"({"choices":{"text":"a"}})", false, 0, false,
     false},
};

TEST(StreamChunkTest, TellsTextTokensAndEnds) {
  for (const Case& c : kCases) {
    const auto chunk = ParseChunk(c.json);
    ASSERT_TRUE(chunk.ok()) << c.name << ": " << chunk.status();
    EXPECT_EQ(chunk->has_text, c.has_text) << c.name;
    EXPECT_EQ(chunk->listed_tokens, c.listed) << c.name;
    EXPECT_EQ(chunk->finished, c.finished) << c.name;
    EXPECT_EQ(chunk->cut_by_length, c.by_length) << c.name;
    EXPECT_FALSE(chunk->usage.has_value()) << c.name;
    EXPECT_FALSE(chunk->is_error) << c.name;
  }
}

TEST(StreamChunkTest, ReadsUsageAndJoules) {
  const auto chunk = ParseChunk(
      R"({"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":5,)"
      R"("prompt_tokens_details":{"cached_tokens":2},)"
      R"("energy":{"joules":1.5,"method":"modelled"}}})");
  ASSERT_TRUE(chunk.ok() && chunk->usage);
  EXPECT_EQ(chunk->usage->prompt_tokens, 3);
  EXPECT_EQ(chunk->usage->output_tokens, 5);
  EXPECT_EQ(chunk->usage->cached_tokens, 2);
  EXPECT_EQ(chunk->usage->joules, 1.5);
  EXPECT_EQ(chunk->usage->energy_method, "modelled");
}

TEST(StreamChunkTest, UnknownJoulesAreNotZero) {
  const auto chunk = ParseChunk(
      R"({"usage":{"prompt_tokens":3,"completion_tokens":5,"energy":{"joules":null}}})");
  ASSERT_TRUE(chunk.ok() && chunk->usage);
  EXPECT_FALSE(chunk->usage->joules.has_value());
}

TEST(StreamChunkTest, CountsAreWholeNumbersFromZeroOn) {
  const auto whole = ParseChunk(R"({"usage":{"completion_tokens":4.0}})");
  ASSERT_TRUE(whole.ok() && whole->usage);
  EXPECT_EQ(whole->usage->output_tokens, 4);
  EXPECT_FALSE(ParseChunk(R"({"usage":{}})")->usage.has_value());
  for (const char* usage :
       {R"({"completion_tokens":-1})", R"({"completion_tokens":4294967300})",
        R"({"completion_tokens":1.5})", R"({"completion_tokens":"4"})",
        R"({"completion_tokens":4,"prompt_tokens":-3})",
        R"({"completion_tokens":4,"energy":{"joules":-3}})"}) {
    const auto chunk = ParseChunk(R"({"usage":)" + std::string(usage) + "}");
    ASSERT_TRUE(chunk.ok()) << usage;
    EXPECT_TRUE(chunk->usage_is_wrong) << usage;
    EXPECT_FALSE(chunk->usage.has_value()) << usage;
  }
}

TEST(StreamChunkTest, SeesErrors) {
  EXPECT_TRUE(ParseChunk(R"({"error":{"message":"busy"}})")->is_error);
  EXPECT_FALSE(ParseChunk(R"({"error":null,"choices":[]})")->is_error);
}

TEST(StreamChunkTest, RefusesWhatIsNoObject) {
  for (const char* text : {"", "{", "[]", "7", "[DONE]"}) {
    EXPECT_FALSE(ParseChunk(text).ok()) << text;
  }
  EXPECT_EQ(ParseChunk("[1]").status().message(),
            "an event is no JSON object: [1]");
}

}  // namespace
}  // namespace mj
