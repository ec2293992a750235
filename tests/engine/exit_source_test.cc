// The model's own first layers guess, through the whole engine on tiny models:
// replies are those without, whatever the head is worth.
#include "engine/exit_source.h"

#include <gtest/gtest.h>

#include "engine/engine.h"
#include "engine/speculate/train_exit_head.h"
#include "tests/engine/speculate/tiny_model.h"
#include "tests/fakes/reply.h"

namespace mj {
namespace {

constexpr int kNumTokens = 120;

struct ExitCase {
  const char* model;
  Numerics numerics;
  bool whole_model;  // drafts after the last layer: nearly all hold
  int draft_vocabulary;
};

constexpr ExitCase kCases[] = {
    {"llama-quantised", Numerics::kF32, true, 0},
    {"llama-quantised", Numerics::kInt8, false, 64},
    {"gemma3", Numerics::kF32, true, 0},
    {"gemma3", Numerics::kInt8, false, 0},
};

ExitHead Train(const ExitCase& c) {
  const auto model = OpenTiny(c.model, c.numerics);
  const auto text = RandomText(2000, model->config.vocab, 1);
  auto trained =
      TrainExitHead({.layer = c.whole_model ? model->config.num_layers : 1,
                     .draft_vocabulary = c.draft_vocabulary},
                    text, *model);
  EXPECT_TRUE(trained.ok()) << trained.status();
  return trained->head;
}

std::unique_ptr<Engine> Start(const ExitCase& c, const ExitHead& head) {
  static const SteadyClock clock;
  auto model = OpenTiny(c.model, c.numerics);
  EngineOptions options;
  options.kv_memory_bytes = int64_t{4} << 20;
  options.max_batched_tokens = 64;
  options.speculation = Speculation::kExit;
  options.speculation_limits.policy = SpeculationPolicy::kFixed;
  options.speculation_limits.max_length = 3;
  auto energy = GenericEnergySetup(model->backend->info());
  auto engine = Engine::Start(options, std::move(model), clock,
                              *std::move(energy), {.exit_head = head});
  EXPECT_TRUE(engine.ok()) << engine.status();
  return *std::move(engine);
}

std::vector<Request> Requests() {
  std::vector<Request> requests(3);
  requests[0].sampling.temperature = 0;
  requests[1].sampling.top_k = 20;
  requests[2].sampling.repetition_penalty = 1.2f;
  for (size_t i = 0; i < requests.size(); ++i) {
    requests[i].prompt = std::vector<TokenId>{7, static_cast<TokenId>(40 + i)};
    requests[i].sampling.seed = i;
    requests[i].stop = {.max_tokens = kNumTokens, .ignore_eos = true};
  }
  return requests;
}

TEST(ExitSourceTest, RepliesAreThoseWithoutIt) {
  for (const ExitCase& c : kCases) {
    SCOPED_TRACE(testing::Message() << c.model << NumericsName(c.numerics));
    auto engine = Start(c, Train(c));
    std::vector<std::shared_ptr<ResponseChannel>> together;
    for (const Request& request : Requests()) {
      together.push_back(*engine->Submit(request, nullptr));
    }
    std::vector<Request> alone = Requests();
    for (size_t i = 0; i < alone.size(); ++i) {
      SCOPED_TRACE(i);
      const Reply with = ReadAll(*together[i]);
      alone[i].speculation = Speculation::kOff;
      const Reply without = ReadAll(**engine->Submit(alone[i], nullptr));
      EXPECT_EQ(with.choices[0].tokens, without.choices[0].tokens);
      EXPECT_GT(with.usage.drafted_tokens, 0);
      EXPECT_GT(with.usage.energy.decode, Joules(0));
      if (c.whole_model && i == 0) {
        EXPECT_GT(with.usage.accepted_tokens, kNumTokens / 2);
      }
    }
    const EngineStats stats = engine->stats();
    EXPECT_EQ(stats.kv_blocks_used, 0);
    EXPECT_GT(stats.wasted_rejected, Joules(0));
  }
}

TEST(ExitSourceTest, AnotherModelsHeadIsRefused) {
  const ExitHead head = Train(kCases[0]);
  static const SteadyClock clock;
  auto model = OpenTiny("gemma3", Numerics::kF32);
  auto energy = GenericEnergySetup(model->backend->info());
  const absl::Status status =
      Engine::Start({}, std::move(model), clock, *std::move(energy),
                    {.exit_head = head})
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
}

}  // namespace
}  // namespace mj
