#include "server/openai/embedding_format.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

Json Reply(bool base64) {
  EmbeddingFormat format("m", 2, base64);
  Delta delta;
  delta.embedding = {1, -0.5f};
  format.Collect(1, delta);
  delta.embedding = {0, 1};
  format.Collect(0, delta);
  Usage usage;
  usage.prompt_tokens = 5;
  return format.Whole(usage);
}

TEST(EmbeddingFormatTest, ListsEmbeddingsInTheOrderOfTheirInputs) {
  const Json reply = Reply(false);
  EXPECT_EQ(reply["object"], "list");
  EXPECT_EQ(reply["model"], "m");
  EXPECT_EQ(reply["usage"]["total_tokens"], 5);
  EXPECT_EQ(reply["data"], Json::parse(R"([{"object": "embedding", "index": 0,
                             "embedding": [0.0, 1.0]},
                            {"object": "embedding", "index": 1,
                             "embedding": [1.0, -0.5]}])"));
}

TEST(EmbeddingFormatTest, Base64IsOfLittleEndianFloats) {
  EXPECT_EQ(Reply(true)["data"][1]["embedding"], "AACAPwAAAL8=");
}

}  // namespace
}  // namespace mj
