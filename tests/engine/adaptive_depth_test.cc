// Confident tokens leave early, through the whole engine on tiny models: who
// may, what is told, charged and shared.
#include "engine/adaptive_depth.h"

#include <gtest/gtest.h>

#include <functional>

#include "engine/engine.h"
#include "engine/request/request_error.h"
#include "engine/speculate/train_exit_head.h"
#include "tests/engine/speculate/tiny_model.h"
#include "tests/fakes/requests.h"

namespace mj {
namespace {

constexpr const char* kModel = "llama-quantised";
constexpr int kNumTokens = 100;

ExitHead Train(int layer) {
  const auto model = OpenTiny(kModel, Numerics::kF32);
  const auto text = RandomText(2000, model->config.vocab, 1);
  auto trained = TrainExitHead(
      {.layer = layer == 0 ? model->config.num_layers : layer}, text, *model);
  EXPECT_TRUE(trained.ok()) << trained.status();
  trained->head.checksum = "5eed";
  return trained->head;
}

// After the first layer; 0: after the last.
const ExitHead& HeadAfter(int layer) {
  static const ExitHead first = Train(1), last = Train(0);
  return layer == 1 ? first : last;
}

class AdaptiveDepthTest : public testing::Test {
 protected:
  AdaptiveDepthTest() {
    options_.kv_memory_bytes = int64_t{4} << 20;
    options_.max_batched_tokens = 64;
    options_.speculation = Speculation::kOff;
    options_.depth.margin = 0;  // always sure
  }

  std::unique_ptr<Engine> Start(int layer = 1) {
    auto engine = TryStart(HeadAfter(layer));
    EXPECT_TRUE(engine.ok()) << engine.status();
    return *std::move(engine);
  }

  absl::StatusOr<std::unique_ptr<Engine>> TryStart(
      std::optional<ExitHead> head) {
    auto model = OpenTiny(kModel, Numerics::kF32);
    auto energy = GenericEnergySetup(model->backend->info());
    return Engine::Start(options_, std::move(model), clock_, *std::move(energy),
                         {.model = nullptr, .exit_head = std::move(head)});
  }

  static Request Make(uint32_t seed = 1, int prompt = 40) {
    Request request =
        MakeGreedyRequest(RandomText(prompt, 200, seed), kNumTokens);
    request.quality = Quality::kAdaptive;
    return request;
  }

  static Tokens WithReply(const Request& request, const Reply& reply) {
    Tokens tokens = std::get<std::vector<TokenId>>(request.prompt);
    const Tokens& generated = reply.choices[0].tokens;
    tokens.insert(tokens.end(), generated.begin(), generated.end());
    return tokens;
  }

  const SteadyClock clock_;
  EngineOptions options_;
};

TEST_F(AdaptiveDepthTest, EveryTokenButTheFirstLeavesWhereAllAreSure) {
  auto engine = Start();
  const Reply reply = Ask(*engine, Make());
  ASSERT_TRUE(reply.usage.depth);
  EXPECT_EQ(reply.usage.completion_tokens, kNumTokens);
  EXPECT_EQ(reply.usage.depth->early_tokens, kNumTokens - 1);
  EXPECT_EQ(reply.usage.depth->exit_head, "5eed");
  Request full = Make();
  full.quality = Quality::kFull;
  const Reply whole = Ask(*engine, full);
  EXPECT_FALSE(whole.usage.depth);
  EXPECT_LT(reply.usage.energy.decode, 0.9 * whole.usage.energy.decode);
  const EngineStats stats = engine->stats();
  EXPECT_EQ(stats.depth.early_tokens, kNumTokens - 1);
  EXPECT_EQ(stats.depth.full_tokens, 1);
  EXPECT_EQ(stats.kv_blocks_used, 0);
}

TEST_F(AdaptiveDepthTest, WhoIsNeverSureGetsTheModelsOwnReply) {
  options_.depth.margin = 1e6;
  auto engine = Start();
  const Reply reply = Ask(*engine, Make());
  Request full = Make();
  full.quality = Quality::kFull;
  EXPECT_EQ(reply.choices[0].tokens, Ask(*engine, full).choices[0].tokens);
  ASSERT_TRUE(reply.usage.depth);
  EXPECT_EQ(reply.usage.depth->early_tokens, 0);
  const DepthStats stats = engine->stats().depth;
  EXPECT_EQ(stats.full_tokens, kNumTokens);
  // It is asked less and less.
  EXPECT_EQ(stats.unsure + stats.unasked, kNumTokens - 1);
  EXPECT_GT(stats.unasked, 0);
}

struct RequestCase {
  const char* name;
  std::function<void(Request&)> change;
  const char* whole_because;  // "": it leaves
};

TEST_F(AdaptiveDepthTest, OnlyGreedyChoicesOfUntouchedLogitsLeave) {
  const RequestCase kCases[] = {
      {"greedy", [](Request&) {}, ""},
      {"top-k 1",
       [](Request& r) { r.sampling.temperature = 1, r.sampling.top_k = 1; },
       ""},
      {"drawn", [](Request& r) { r.sampling.temperature = 1; }, "sampling"},
      {"penalised", [](Request& r) { r.sampling.repetition_penalty = 1.5f; },
       "penalties"},
      {"biased",
       [](Request& r) {
         r.sampling.logit_bias = {{3, 1}};
       },
       "penalties"},
      {"with logprobs", [](Request& r) { r.logprobs.generated = 2; },
       "logprobs"},
      {"with the prompt's logprobs", [](Request& r) { r.logprobs.prompt = 2; },
       ""},
      {"with choices", [](Request& r) { r.num_choices = 3; }, ""},
      {"of few tokens at least",
       [](Request& r) { r.stop.min_tokens = 20, r.stop.ignore_eos = false; },
       ""},
  };
  auto engine = Start();
  for (const RequestCase& c : kCases) {
    SCOPED_TRACE(c.name);
    Request request = Make();
    c.change(request);
    const Reply reply = Ask(*engine, request);
    EXPECT_TRUE(reply.status.ok()) << reply.status;
    ASSERT_TRUE(reply.usage.depth);
    EXPECT_EQ(reply.usage.depth->whole_because, c.whole_because);
    const bool leaves = std::string_view(c.whole_because).empty();
    EXPECT_EQ(reply.usage.depth->early_tokens > 0, leaves);
    if (leaves) continue;
    request.quality = Quality::kFull;
    EXPECT_EQ(reply.choices[0].tokens, Ask(*engine, request).choices[0].tokens);
  }
}

TEST_F(AdaptiveDepthTest, StopTokensEndARepliesEarlyTokens) {
  auto engine = Start();
  Request request = Make();
  const Tokens tokens = Ask(*engine, request).choices[0].tokens;
  request.stop.token_ids = {tokens[30]};
  const ChoiceReply stopped = Ask(*engine, request).choices[0];
  EXPECT_EQ(stopped.finish_reason, FinishReason::kStop);
  EXPECT_LE(stopped.tokens.size(), 31u);
  EXPECT_EQ(stopped.tokens.back(), tokens[30]);
}

TEST_F(AdaptiveDepthTest, BlocksFromTheFirstEarlyTokenOnAreNeverShared) {
  auto engine = Start();
  const Request request = Make(1, 40);
  const Tokens all = WithReply(request, Ask(*engine, request));
  // The prompt's one whole block is the model's own.
  const Reply next = Ask(*engine, MakeGreedyRequest(all, 1));
  EXPECT_EQ(next.usage.cached_tokens, 32);
  // What that reply has computed whole is shared again.
  const Reply again = Ask(*engine, MakeGreedyRequest(all, 1));
  EXPECT_EQ(again.usage.cached_tokens, 128);
  options_.prefix_cache = false;
  auto fresh = Start();
  EXPECT_EQ(next.choices[0].tokens,
            Ask(*fresh, MakeGreedyRequest(all, 1)).choices[0].tokens);
}

TEST_F(AdaptiveDepthTest, NorAreTheyAfterPreemption) {
  // Blocks of 140 tokens, five each: two of three sequences fit.
  const auto model = OpenTiny(kModel, Numerics::kF32);
  options_.kv_memory_bytes =
      11 * model->backend->KvBytesPerBlock(model->kv_shape);
  auto engine = Start();
  std::vector<Request> requests = {Make(1), Make(2), Make(3)};
  const auto channels = engine->SubmitTogether(requests, nullptr);
  ASSERT_TRUE(channels.ok()) << channels.status();
  std::vector<Reply> replies;
  int preemptions = 0;
  for (const auto& channel : *channels) {
    replies.push_back(ReadAll(*channel));
    EXPECT_EQ(replies.back().usage.completion_tokens, kNumTokens);
    preemptions += replies.back().timings.num_preemptions;
  }
  EXPECT_GT(preemptions, 0);
  for (size_t i = 0; i < requests.size(); ++i) {
    const Tokens all = WithReply(requests[i], replies[i]);
    EXPECT_LE(Ask(*engine, MakeGreedyRequest(all, 1)).usage.cached_tokens, 32);
  }
  EXPECT_EQ(engine->stats().kv_blocks_used, 0);
}

TEST_F(AdaptiveDepthTest, NeighboursThatDidNotAskGetTheirOwnBits) {
  auto engine = Start();
  std::vector<Request> requests;
  for (uint32_t i = 0; i < 6; ++i) {
    requests.push_back(Make(i));
    if (i % 2 == 0) requests.back().quality = Quality::kFull;
  }
  const auto channels = engine->SubmitTogether(requests, nullptr);
  ASSERT_TRUE(channels.ok()) << channels.status();
  std::vector<Reply> replies;
  for (const auto& channel : *channels) replies.push_back(ReadAll(*channel));
  for (size_t i = 0; i < replies.size(); ++i) {
    EXPECT_EQ(replies[i].usage.depth.has_value(), i % 2 == 1);
    if (i % 2 == 1) continue;
    EXPECT_EQ(replies[i].choices[0].tokens,
              Ask(*engine, requests[i]).choices[0].tokens);
  }
}

TEST_F(AdaptiveDepthTest, EveryJouleOfItIsCharged) {
  auto engine = Start();
  Joules told(0);
  for (uint32_t i = 0; i < 4; ++i) {
    const EnergyReport energy = Ask(*engine, Make(i)).usage.energy;
    told += energy.total;
    EXPECT_EQ(energy.wasted, Joules(0));
  }
  const EnergyStatement statement = engine->energy();
  const Joules charged =
      statement.totals.energy.prefill + statement.totals.energy.decode;
  EXPECT_NEAR(told / charged, 1, 0.01);  // three digits are told
}

TEST_F(AdaptiveDepthTest, AnExitAfterTheLastLayerSavesTheHead) {
  auto engine = Start(0);
  const Reply reply = Ask(*engine, Make());
  ASSERT_TRUE(reply.usage.depth);
  const DepthStats stats = engine->stats().depth;
  EXPECT_EQ(stats.early_tokens + stats.full_tokens, kNumTokens);
}

TEST_F(AdaptiveDepthTest, TheExitHeadDoesNotDraftForWhoTakesItsWord) {
  options_.speculation = Speculation::kAuto;
  options_.speculation_limits.policy = SpeculationPolicy::kFixed;
  auto engine = Start();
  const Reply reply = Ask(*engine, Make());
  const auto& drafters = engine->stats().speculation.drafters;
  EXPECT_EQ(drafters[static_cast<size_t>(Drafter::kExitHead)].drafted, 0);
  EXPECT_GT(reply.usage.depth->early_tokens, 0);
}

struct RefusedCase {
  const char* name;
  bool has_head;
  DepthPolicy policy;
  const char* needs;
};

TEST_F(AdaptiveDepthTest, WhereItIsNotOfferedItIsRefused) {
  constexpr RefusedCase kCases[] = {
      {"no head", false, DepthPolicy::kOnRequest, "--exit-head"},
      {"off", true, DepthPolicy::kOff, "--adaptive-depth"},
  };
  for (const RefusedCase& c : kCases) {
    SCOPED_TRACE(c.name);
    options_.depth.policy = c.policy;
    auto engine =
        TryStart(c.has_head ? std::optional(HeadAfter(1)) : std::nullopt);
    ASSERT_TRUE(engine.ok()) << engine.status();
    const absl::Status status = (*engine)->Submit(Make(), nullptr).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(FieldOf(status), "energy.quality");
    EXPECT_NE(status.message().find(c.needs), std::string::npos) << status;
  }
  options_.depth.policy = DepthPolicy::kUnderCap;
  EXPECT_EQ(TryStart(std::nullopt).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(AdaptiveDepthTest, UnderACapThatBindsEveryoneMayLeave) {
  Request request = Make();
  request.quality = Quality::kFull;
  for (DepthPolicy policy : {DepthPolicy::kOnRequest, DepthPolicy::kUnderCap}) {
    options_.depth.policy = policy;
    auto engine = Start();
    EXPECT_FALSE(Ask(*engine, request).usage.depth);
    // Just above idle power, where it binds.
    double watts = 1;
    while (!engine->SetPowerCap(Watts(watts)).ok()) watts *= 1.01;
    const std::optional<DepthReport> depth = Ask(*engine, request).usage.depth;
    EXPECT_EQ(depth.has_value(), policy == DepthPolicy::kUnderCap);
    EXPECT_EQ(depth && depth->early_tokens > 0, depth.has_value());
    ASSERT_TRUE(engine->SetPowerCap(std::nullopt).ok());
    EXPECT_FALSE(Ask(*engine, request).usage.depth);
  }
}

}  // namespace
}  // namespace mj
