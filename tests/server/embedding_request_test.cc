#include "server/openai/embedding_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/request/request_error.h"

namespace mj {
namespace {

using testing::HasSubstr;

constexpr int kWidth = 64;

TEST(EmbeddingRequestTest, AsksForTheEmbeddingOfEachInput) {
  const auto call = ParseEmbeddingRequest(
      Json::parse(R"({"input": ["a", "b"], "model": "m", "user": 5,
                      "encoding_format": "base64", "dimensions": 64})"),
      kWidth);
  ASSERT_TRUE(call.ok()) << call.status();
  EXPECT_EQ(call->model, "m");
  EXPECT_TRUE(call->base64);
  ASSERT_EQ(call->requests.size(), 2u);
  for (const Request& request : call->requests) {
    EXPECT_EQ(request.task, Task::kEmbed);
    EXPECT_TRUE(Validate(request).ok());
  }
  EXPECT_EQ(std::get<std::string>(call->requests[1].prompt), "b");
}

TEST(EmbeddingRequestTest, NamesWhatIsNotOffered) {
  const struct {
    const char* body;
    const char* field;
    const char* message;
  } kCases[] = {
      {R"([1])", "", "not a JSON object"},
      {R"({"input": "a", "dimensions": 32})", "dimensions",
       "32 are not offered, this model's embeddings have 64"},
      {R"({"input": "a", "encoding_format": "hex"})", "encoding_format",
       "'hex' is none of float, base64"},
      {R"({"model": "m"})", "input", "is missing"},
  };
  for (const auto& c : kCases) {
    const absl::Status status =
        ParseEmbeddingRequest(Json::parse(c.body), kWidth).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(FieldOf(status), c.field);
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.message));
  }
}

}  // namespace
}  // namespace mj
