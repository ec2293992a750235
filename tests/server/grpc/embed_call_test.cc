#include "server/grpc/embed_call.h"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/server/grpc/grpc_fixture.h"

namespace mj {
namespace {

using testing::HasSubstr;

class EmbedCallTest : public GrpcFixture {
 protected:
  grpc::Status Embed(const v1::EmbedRequest& request) {
    grpc::ClientContext call;
    return stub_->Embed(&call, request, &response_);
  }
  std::vector<float> embedding() const {
    return {response_.embedding().begin(), response_.embedding().end()};
  }

  v1::EmbedResponse response_;
};

// What the engine itself makes of it.
std::vector<float> EmbeddingOf(Engine& engine, const std::string& text) {
  Request request;
  request.task = Task::kEmbed;
  request.prompt = text;
  request.stop.max_tokens = 0;
  auto channel = engine.Submit(request, [] {});
  EXPECT_TRUE(channel.ok()) << channel.status();
  std::vector<float> embedding;
  for (bool last = false; !last;) {
    Delta delta = (*channel)->Pop();
    if (!delta.embedding.empty()) embedding = delta.embedding;
    last = delta.last;
  }
  return embedding;
}

TEST_F(EmbedCallTest, GivesTheEnginesEmbeddingAndItsJoules) {
  StartServer();
  v1::EmbedRequest request;
  request.set_text("abc");
  const grpc::Status status = Embed(request);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(embedding(), EmbeddingOf(*engine_, "abc"));
  const v1::Summary& summary = response_.summary();
  EXPECT_FALSE(summary.request_id().empty());
  EXPECT_EQ(summary.choices_size(), 0);
  EXPECT_EQ(summary.usage().prompt_tokens(), 4);  // BOS too
  EXPECT_EQ(summary.usage().completion_tokens(), 0);
  EXPECT_GT(summary.usage().energy().joules(), 0);
  EXPECT_GT(summary.timings().total_seconds(), 0);

  const std::vector<float> of_text = embedding();
  request.mutable_token_ids()->add_ids(FakeTokenizer::kBos);
  for (const char c : {'a', 'b', 'c'}) {
    request.mutable_token_ids()->add_ids(c);
  }
  ASSERT_TRUE(Embed(request).ok());
  EXPECT_EQ(embedding(), of_text);
}

struct BadCase {
  const char* name;
  void (*spoil)(v1::EmbedRequest&);
  grpc::StatusCode code;
  const char* says;
};

const BadCase kBadCases[] = {
    {"NoPrompt", [](auto& r) { r.clear_prompt(); }, grpc::INVALID_ARGUMENT,
     "prompt"},
    {"NoTokens", [](auto& r) { r.mutable_token_ids(); }, grpc::INVALID_ARGUMENT,
     "prompt"},
    {"OverTheContext", [](auto& r) { r.set_text(std::string(9000, 'a')); },
     grpc::INVALID_ARGUMENT, "8192"},
    {"NoJoules", [](auto& r) { r.mutable_energy()->set_max_joules(0); },
     grpc::INVALID_ARGUMENT, "energy.max_joules"},
    {"UnknownModel", [](auto& r) { r.set_model("huge"); }, grpc::NOT_FOUND,
     "huge"},
};

TEST_F(EmbedCallTest, RefusesBadRequestsAndGoesOn) {
  StartServer();
  v1::EmbedRequest good;
  good.set_text("text");
  for (const BadCase& bad : kBadCases) {
    v1::EmbedRequest request = good;
    bad.spoil(request);
    const grpc::Status status = Embed(request);
    EXPECT_EQ(status.error_code(), bad.code) << bad.name;
    EXPECT_THAT(status.error_message(), HasSubstr(bad.says)) << bad.name;
  }
  EXPECT_TRUE(Embed(good).ok());
}

TEST_F(EmbedCallTest, ABudgetEndsTheWork) {
  StartServer({.max_batched_tokens = 1});
  v1::EmbedRequest request;
  request.set_text("text");
  request.mutable_energy()->set_max_joules(1e-15);
  const grpc::Status status = Embed(request);
  EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(),
              HasSubstr("before the prompt's embedding was computed"));
}

TEST_F(EmbedCallTest, TheDeadlineStopsTheWork) {
  slow_steps_ = true;
  StartServer({.max_batched_tokens = 1});
  v1::EmbedRequest request;
  request.set_text(std::string(kEndless, 'a'));
  grpc::ClientContext call;
  call.set_deadline(std::chrono::system_clock::now() +
                    std::chrono::milliseconds(50));
  const grpc::Status status = stub_->Embed(&call, request, &response_);
  EXPECT_EQ(status.error_code(), grpc::DEADLINE_EXCEEDED);
  EXPECT_TRUE(BecomesIdle());
  EXPECT_LT(log_.steps, kEndless);
}

}  // namespace
}  // namespace mj
