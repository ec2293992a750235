#include "server/grpc/generate_call.h"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/fakes/reply.h"
#include "tests/server/grpc/grpc_fixture.h"

namespace mj {
namespace {

using testing::HasSubstr;

class GenerateCallTest : public GrpcFixture {};

TEST_F(GenerateCallTest, StreamsWhatTheEngineSays) {
  StartServer();
  Request request;
  request.prompt = "The quick brown fox";
  request.sampling.temperature = 0;
  request.stop.max_tokens = 50;
  request.stop.ignore_eos = true;
  auto channel = engine_->Submit(request, [] {});
  ASSERT_TRUE(channel.ok()) << channel.status();
  const Reply want = ReadAll(**channel);
  const Stream got = Generate(Ask("The quick brown fox", 50));
  ASSERT_TRUE(got.status.ok()) << got.status.error_message();
  EXPECT_EQ(got.tokens, want.choices[0].tokens);
  EXPECT_EQ(got.text, want.choices[0].text);
  const v1::Summary& summary = got.last.summary();
  EXPECT_EQ(summary.usage().prompt_tokens(), want.usage.prompt_tokens);
  EXPECT_EQ(summary.usage().completion_tokens(), 50);
  EXPECT_EQ(summary.choices(0).finish_reason(), v1::FINISH_REASON_LENGTH);
  EXPECT_GT(summary.usage().energy().joules(), 0);
  EXPECT_EQ(summary.usage().energy().method(), "modelled");
}

TEST_F(GenerateCallTest, ChoicesAndLogprobsArrive) {
  StartServer();
  v1::GenerateRequest request = Ask("abc", 6);
  request.mutable_sampling()->set_temperature(1);
  request.mutable_sampling()->set_seed(7);
  request.set_n(3);
  request.set_logprobs(2);
  grpc::ClientContext call;
  auto reader = stub_->Generate(&call, request);
  v1::GenerateResponse message;
  std::map<int, int> logprobs;
  while (reader->Read(&message)) {
    EXPECT_EQ(message.logprobs_size(), message.token_ids_size());
    logprobs[message.choice()] += message.logprobs_size();
  }
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(message.summary().choices_size(), 3);
  EXPECT_EQ(logprobs, (std::map<int, int>{{0, 6}, {1, 6}, {2, 6}}));
}

TEST_F(GenerateCallTest, ASlowReaderLosesNothing) {
  StartServer();
  const Stream want = Generate(Ask("slow", 3000));
  grpc::ClientContext call;
  auto reader = stub_->Generate(&call, Ask("slow", 3000));
  EXPECT_TRUE(BecomesIdle());
  const Stream got = Read(*reader);
  ASSERT_TRUE(got.status.ok()) << got.status.error_message();
  EXPECT_EQ(got.tokens.size(), 3000u);
  EXPECT_EQ(got.text, want.text);
}

TEST_F(GenerateCallTest, CancellingStopsTheWork) {
  slow_steps_ = true;
  StartServer();
  grpc::ClientContext call;
  auto reader = stub_->Generate(&call, Ask("x", kEndless));
  v1::GenerateResponse message;
  ASSERT_TRUE(reader->Read(&message));
  call.TryCancel();
  EXPECT_EQ(Read(*reader).status.error_code(), grpc::CANCELLED);
  EXPECT_TRUE(BecomesIdle());
  EXPECT_LT(log_.steps, kEndless);
  EXPECT_EQ(Generate(Ask("after", 5)).tokens.size(), 5u);
}

TEST_F(GenerateCallTest, AVanishedClientStopsTheWork) {
  slow_steps_ = true;
  StartServer();
  {
    grpc::ClientContext call;
    auto reader = stub_->Generate(&call, Ask("x", kEndless));
    v1::GenerateResponse message;
    ASSERT_TRUE(reader->Read(&message));
  }
  EXPECT_TRUE(BecomesIdle());
  EXPECT_LT(log_.steps, kEndless);
}

TEST_F(GenerateCallTest, TheDeadlineStopsTheWork) {
  slow_steps_ = true;
  StartServer();
  grpc::ClientContext call;
  call.set_deadline(std::chrono::system_clock::now() +
                    std::chrono::milliseconds(50));
  auto reader = stub_->Generate(&call, Ask("x", kEndless));
  EXPECT_EQ(Read(*reader).status.error_code(), grpc::DEADLINE_EXCEEDED);
  EXPECT_TRUE(BecomesIdle());
  EXPECT_LT(log_.steps, kEndless);
}

TEST_F(GenerateCallTest, AFullQueueAsksToRetry) {
  StartServer({.max_num_seqs = 1, .max_queue = 1});
  gate_.Close();
  Request request;
  request.prompt = "x";
  request.stop.max_tokens = 1;
  ASSERT_TRUE(engine_->Submit(request, [] {}).ok());
  gate_.AwaitHeld();  // the engine takes nothing from the queue now
  std::vector<std::shared_ptr<ResponseChannel>> queued;
  for (auto channel = engine_->Submit(request, [] {}); channel.ok();
       channel = engine_->Submit(request, [] {})) {
    queued.push_back(*std::move(channel));
  }
  grpc::ClientContext call;
  auto reader = stub_->Generate(&call, Ask("x", 1));
  const grpc::Status status = Read(*reader).status;
  EXPECT_EQ(status.error_code(), grpc::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("queue"));
  EXPECT_EQ(call.GetServerTrailingMetadata().count("grpc-retry-pushback-ms"),
            1u);
  gate_.Open();
  EXPECT_TRUE(BecomesIdle());
  EXPECT_EQ(Generate(Ask("x", 1)).tokens.size(), 1u);
}

struct BadCase {
  const char* name;
  void (*spoil)(v1::GenerateRequest&);
  grpc::StatusCode code;
  const char* says;
};

const BadCase kBadCases[] = {
    {"NoPrompt", [](auto& r) { r.clear_prompt(); }, grpc::INVALID_ARGUMENT,
     "prompt"},
    {"NoTokens", [](auto& r) { r.mutable_token_ids(); }, grpc::INVALID_ARGUMENT,
     "prompt"},
    {"IdOutsideVocabulary",
     [](auto& r) { r.mutable_token_ids()->add_ids(100000); },
     grpc::INVALID_ARGUMENT, "100000"},
    {"Temperature", [](auto& r) { r.mutable_sampling()->set_temperature(-1); },
     grpc::INVALID_ARGUMENT, "temperature"},
    {"ZeroChoices", [](auto& r) { r.set_n(0); }, grpc::INVALID_ARGUMENT, "n"},
    {"TooManyChoices", [](auto& r) { r.set_n(1 << 30); },
     grpc::INVALID_ARGUMENT, "n"},
    {"Logprobs", [](auto& r) { r.set_logprobs(21); }, grpc::INVALID_ARGUMENT,
     "logprobs"},
    {"OverTheContext",
     [](auto& r) { r.mutable_stop()->set_max_tokens(1 << 30); },
     grpc::INVALID_ARGUMENT, "8192"},
    {"NoJoules", [](auto& r) { r.mutable_energy()->set_max_joules(0); },
     grpc::INVALID_ARGUMENT, "energy.max_joules"},
    {"EndlessJoules",
     [](auto& r) { r.mutable_energy()->set_max_joules(INFINITY); },
     grpc::INVALID_ARGUMENT, "energy.max_joules"},
    {"NoTtft", [](auto& r) { r.mutable_slo()->set_ttft_ms(0); },
     grpc::INVALID_ARGUMENT, "slo.ttft"},
    {"UnknownModel", [](auto& r) { r.set_model("huge"); }, grpc::NOT_FOUND,
     "huge"},
};

TEST_F(GenerateCallTest, RefusesBadRequestsAndGoesOn) {
  StartServer();
  for (const BadCase& bad : kBadCases) {
    v1::GenerateRequest request = Ask("text", 4);
    bad.spoil(request);
    const grpc::Status status = Generate(request).status;
    EXPECT_EQ(status.error_code(), bad.code) << bad.name;
    EXPECT_THAT(status.error_message(), HasSubstr(bad.says)) << bad.name;
  }
  EXPECT_EQ(Generate(Ask("text", 4)).tokens.size(), 4u);
}

TEST_F(GenerateCallTest, TheOperatorsOffRefusesWhoNamesADrafter) {
  StartServer({.speculation = Speculation::kOff});
  v1::GenerateRequest request = Ask("abc", 6);
  request.set_speculation(v1::SPECULATION_NGRAM);
  const Stream refused = Generate(request);
  EXPECT_EQ(refused.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(refused.status.error_message(), HasSubstr("--speculation"));
  request.set_speculation(v1::SPECULATION_AUTO);
  EXPECT_TRUE(Generate(request).status.ok());
}

TEST_F(GenerateCallTest, ABudgetEndsTheStream) {
  StartServer();
  v1::GenerateRequest request = Ask("text", 1000);
  const Stream whole = Generate(request);
  const double budget = whole.last.summary().usage().energy().joules() / 2;
  request.mutable_energy()->set_max_joules(budget);
  const Stream field = Generate(request);
  request.clear_energy();
  grpc::ClientContext call;
  call.AddMetadata("x-millijoule-max-joules", absl::StrCat(budget));
  const Stream metadata = Read(*stub_->Generate(&call, request));
  for (const Stream& stream : {field, metadata}) {
    ASSERT_TRUE(stream.status.ok()) << stream.status.error_message();
    const v1::Summary& summary = stream.last.summary();
    EXPECT_EQ(summary.choices(0).finish_reason(), v1::FINISH_REASON_ENERGY);
    EXPECT_GT(stream.tokens.size(), 200u);
    EXPECT_LT(stream.tokens.size(), 800u);
    EXPECT_NEAR(summary.usage().energy().joules(), budget, 0.02 * budget);
  }
}

TEST_F(GenerateCallTest, BadMetadataIsRefusedByName) {
  StartServer();
  grpc::ClientContext call;
  call.AddMetadata("x-llm-d-slo-ttft-ms", "soon");
  const grpc::Status status = Read(*stub_->Generate(&call, Ask("x", 1))).status;
  EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("x-llm-d-slo-ttft-ms"));
}

TEST_F(GenerateCallTest, ASpentTenantIsToldWhenToRetry) {
  EngineOptions options;
  options.tenant_limits = {{"default", {Watts(1e-9), Joules(1e-12)}}};
  StartServer(options);
  ASSERT_TRUE(Generate(Ask("x", 5)).status.ok());
  grpc::ClientContext call;
  const grpc::Status status = Read(*stub_->Generate(&call, Ask("x", 5))).status;
  EXPECT_EQ(status.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_FALSE(status.error_details().empty());
  EXPECT_EQ(call.GetServerTrailingMetadata().count("grpc-retry-pushback-ms"),
            1u);
}

TEST_F(GenerateCallTest, ManyStreamsAtOnceGetTheirOwnText) {
  StartServer();
  constexpr int kStreams = 32;
  std::vector<std::string> alone(kStreams), together(kStreams);
  const auto prompt = [](int i) { return absl::StrCat("prompt ", i); };
  for (int i = 0; i < kStreams; ++i) {
    alone[i] = Generate(Ask(prompt(i), 40)).text;
  }
  std::vector<std::thread> clients;
  for (int i = 0; i < kStreams; ++i) {
    clients.emplace_back(
        [&, i] { together[i] = Generate(Ask(prompt(i), 40)).text; });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(together, alone);
}

TEST_F(GenerateCallTest, EchoesTheClientsRequestId) {
  StartServer();
  grpc::ClientContext call;
  call.AddMetadata("x-request-id", "trace-7");
  auto reader = stub_->Generate(&call, Ask("x", 1));
  EXPECT_TRUE(Read(*reader).status.ok());
  const auto& metadata = call.GetServerInitialMetadata();
  ASSERT_EQ(metadata.count("x-request-id"), 1u);
  EXPECT_EQ(metadata.find("x-request-id")->second, "trace-7");
}

}  // namespace
}  // namespace mj
