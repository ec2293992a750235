// The model's own first layers guess, through the whole engine on tiny models:
// replies are those without, whatever the head is worth.
#include "engine/exit_source.h"

#include <gtest/gtest.h>

#include "engine/engine.h"
#include "engine/speculate/train_exit_head.h"
#include "tests/engine/speculate/tiny_model.h"
#include "tests/fakes/reply.h"
#include "tests/fakes/temp_folder.h"

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

std::unique_ptr<Engine> Start(const ExitCase& c, const ExitHead& head,
                              const std::string& learning_folder = "") {
  static const SteadyClock clock;
  auto model = OpenTiny(c.model, c.numerics);
  EngineOptions options;
  options.kv_memory_bytes = int64_t{4} << 20;
  options.max_batched_tokens = 64;
  options.speculation = Speculation::kExit;
  options.speculation_limits.policy = SpeculationPolicy::kFixed;
  options.speculation_limits.max_length = 3;
  auto energy = GenericEnergySetup(model->backend->info());
  auto engine =
      Engine::Start(options, std::move(model), clock, *std::move(energy),
                    {.exit_head = head, .learning_folder = learning_folder});
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

Request AskOf(const std::string& tenant, TokenId last) {
  Request request;
  request.tenant = tenant;
  request.prompt = std::vector<TokenId>{7, last};
  request.sampling.temperature = 1;
  request.sampling.seed = 3;
  request.logprobs.generated = 3;
  request.stop = {.max_tokens = kNumTokens, .ignore_eos = true};
  return request;
}

Reply Ask(Engine& engine, const Request& request) {
  return ReadAll(**engine.Submit(request, nullptr));
}

TEST(ExitSourceTest, LearningChangesDraftsAndNoReply) {
  for (const ExitCase& c : kCases) {
    SCOPED_TRACE(testing::Message() << c.model << NumericsName(c.numerics));
    const ExitHead head = Train(c);
    const TempFolder folder;
    auto plain = Start(c, head), learning = Start(c, head, folder.path());
    EXPECT_FALSE(plain->stats().speculation.learning);
    bool drafts_differ = false;
    // Ten prompts, and more where chance has them guess alike.
    for (TokenId last = 40; last < 50 || (!drafts_differ && last < 150);
         ++last) {
      const Reply without = Ask(*plain, AskOf("a", last));
      const Reply with = Ask(*learning, AskOf("a", last));
      EXPECT_EQ(with.choices[0].tokens, without.choices[0].tokens);
      EXPECT_TRUE(
          SameBits(with.choices[0].logprobs, without.choices[0].logprobs));
      drafts_differ |= c.whole_model || with.usage.accepted_tokens !=
                                            without.usage.accepted_tokens;
    }
    EXPECT_TRUE(drafts_differ);
    const EngineStats stats = learning->stats();
    EXPECT_GT(stats.speculation.learning->updates, 150);
    EXPECT_LT(stats.speculation.learning->updates, 0.6 * stats.steps);
    EXPECT_GT(stats.speculation.learning->time, Seconds(0));
    EXPECT_EQ(learning->stats().speculation.learning->failed_saves, 0);
  }
}

TEST(ExitSourceTest, ATenantsDraftsAreThoseWithoutOthers) {
  const ExitCase& c = kCases[1];
  const ExitHead head = Train(c);
  const TempFolder folder, other_folder;
  auto alone = Start(c, head, folder.path());
  auto shared = Start(c, head, other_folder.path());
  for (TokenId last = 40; last < 50; ++last) {
    Ask(*shared, AskOf("a", last));
    const Usage with = Ask(*shared, AskOf("b", last)).usage;
    const Usage without = Ask(*alone, AskOf("b", last)).usage;
    EXPECT_EQ(with.drafted_tokens, without.drafted_tokens);
    EXPECT_EQ(with.accepted_tokens, without.accepted_tokens);
  }
}

TEST(ExitSourceTest, WhatWasLearnedIsThereAfterARestart) {
  const ExitCase& c = kCases[1];
  const ExitHead head = Train(c);
  const TempFolder folder;
  const auto ask_twice = [&](Engine& engine) {
    Ask(engine, AskOf("a", 40));
    return Ask(engine, AskOf("a", 41)).usage;
  };
  const Usage first = ask_twice(*Start(c, head, folder.path()));
  auto engine = Start(c, head, folder.path());
  // Two processes learn as one does.
  const TempFolder other;
  auto going_on = Start(c, head, other.path());
  EXPECT_EQ(ask_twice(*going_on).accepted_tokens, first.accepted_tokens);
  const Usage again = ask_twice(*engine), same = ask_twice(*going_on);
  EXPECT_EQ(again.accepted_tokens, same.accepted_tokens);
}

// Who is not drafted for by the head is not learned from.
TEST(ExitSourceTest, LearnsOnlyFromWhoMayDraft) {
  const TempFolder folder;
  auto engine = Start(kCases[1], Train(kCases[1]), folder.path());
  Request request = AskOf("a", 40);
  for (Speculation other : {Speculation::kOff, Speculation::kNgram}) {
    request.speculation = other;
    Ask(*engine, request);
  }
  EXPECT_EQ(engine->stats().speculation.learning->updates, 0);
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
