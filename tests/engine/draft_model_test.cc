// A smaller model that guesses, through the whole engine.
#include "engine/draft_model.h"

#include <future>
#include <random>

#include "engine/engine.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_model.h"
#include "tests/fakes/requests.h"

namespace mj {
namespace {

using ::testing::HasSubstr;

class DraftModelTest : public testing::Test {
 protected:
  DraftModelTest() {
    options_.kv_memory_bytes = 1024 * FakeBackend::kBytesPerBlock;
    options_.speculation = Speculation::kDraft;
    options_.speculation_limits.policy = SpeculationPolicy::kFixed;
    options_.speculation_limits.max_length = 4;
  }

  absl::StatusOr<std::unique_ptr<Engine>> TryStart(
      std::unique_ptr<LoadedModel> draft) {
    auto model = MakeFakeModel(log_);
    auto energy = GenericEnergySetup(model->backend->info());
    return Engine::Start(options_, std::move(model), clock_, *std::move(energy),
                         {.model = std::move(draft)});
  }

  std::unique_ptr<Engine> Start(int context_length = 8192) {
    auto engine = TryStart(MakeFakeModel(draft_log_, context_length));
    EXPECT_TRUE(engine.ok()) << engine.status();
    log_.steps = draft_log_.steps = draft_log_.rows = 0;
    return *std::move(engine);
  }

  SteadyClock clock_;
  FakeRunnerLog log_, draft_log_;
  EngineOptions options_;
};

// The draft model is the model: every guess holds.
TEST_F(DraftModelTest, WhatItKnowsComesSeveralTokensAStep) {
  auto engine = Start();
  const Reply reply =
      Ask(*engine, MakeGreedyRequest(RandomTokens(500, 1), 101));
  EXPECT_EQ(reply.usage.drafted_tokens, 80);
  EXPECT_EQ(reply.usage.accepted_tokens, 80);
  EXPECT_EQ(log_.steps, 1 + 20);
  // A row for each guess but a draft's last, and the prompt once.
  EXPECT_EQ(draft_log_.rows, 500 + 100 - 1);
  EXPECT_EQ(reply.usage.energy.wasted, Joules(0));
}

TEST_F(DraftModelTest, FewerCoresAreFewerForBoth) {
  auto draft = MakeFakeModel(draft_log_);
  auto& backend = static_cast<FakeBackend&>(*draft->backend);
  auto engine = TryStart(std::move(draft));
  ASSERT_TRUE(engine.ok()) << engine.status();
  (*engine)->LimitThreads(3);
  EXPECT_EQ(backend.thread_limit, 3);
  EXPECT_EQ(static_cast<FakeBackend&>(*(*engine)->model().backend).thread_limit,
            3);
}

// No step waits for more than a pass of the draft model's catching up.
TEST_F(DraftModelTest, LongBeginningsAreCaughtUpWithStepByStep) {
  auto engine = Start();
  draft_log_.max_rows = 0;
  const Reply reply =
      Ask(*engine, MakeGreedyRequest(RandomTokens(2000, 1), 101));
  EXPECT_EQ(log_.steps, 4 + 3 + (97 + 4) / 5);
  EXPECT_EQ(reply.usage.accepted_tokens, reply.usage.drafted_tokens);
  EXPECT_EQ(draft_log_.max_rows, 512);
}

TEST_F(DraftModelTest, WrongGuessesAreWasteAndChangeNothing) {
  log_.habit = 8;  // the models agree where habit rules both
  draft_log_.habit = 16;
  auto engine = Start();
  int accepted = 0;
  for (uint32_t seed = 0; seed < 10; ++seed) {
    Request request = MakeGreedyRequest(RandomTokens(20 + seed, seed), 60);
    const Reply with = Ask(*engine, request);
    request.speculation = Speculation::kOff;
    const Reply without = Ask(*engine, request);
    EXPECT_EQ(with.choices[0].tokens, without.choices[0].tokens);
    EXPECT_GT(with.usage.drafted_tokens, with.usage.accepted_tokens);
    EXPECT_GT(with.usage.energy.wasted, Joules(0));
    accepted += with.usage.accepted_tokens;
  }
  EXPECT_GT(accepted, 0);
}

TEST_F(DraftModelTest, ManyAtOnceInASmallPool) {
  log_.habit = 8;
  draft_log_.habit = 16;
  options_.kv_memory_bytes = 20 * FakeBackend::kBytesPerBlock;
  std::promise<void> all_are_there;
  log_.before_step = [there = all_are_there.get_future().share()] {
    there.wait();
  };
  auto engine = Start();
  std::vector<Request> asked;
  std::vector<std::shared_ptr<ResponseChannel>> channels;
  for (uint32_t i = 0; i < 12; ++i) {
    asked.push_back(MakeGreedyRequest(RandomTokens(30 + 10 * i, i), 80));
    channels.push_back(*engine->Submit(asked.back(), nullptr));
    if (i % 5 == 4) channels[i - 2]->Cancel();
  }
  all_are_there.set_value();
  for (size_t i = 0; i < asked.size(); ++i) {
    const Reply reply = ReadAll(*channels[i]);
    if (absl::IsCancelled(reply.status)) continue;
    ASSERT_TRUE(reply.status.ok()) << reply.status;
    asked[i].speculation = Speculation::kOff;
    EXPECT_EQ(reply.choices[0].tokens,
              Ask(*engine, asked[i]).choices[0].tokens);
  }
  EXPECT_GT(engine->stats().preemptions, 0u);
  EXPECT_EQ(engine->stats().kv_blocks_used, 0);
}

// Where its own context ends, it guesses no more.
TEST_F(DraftModelTest, AShorterContextEndsGuesses) {
  auto engine = Start(/*context_length=*/100);
  const Reply reply = Ask(*engine, MakeGreedyRequest(RandomTokens(50, 1), 200));
  EXPECT_EQ(reply.usage.completion_tokens, 200);
  EXPECT_LE(reply.usage.drafted_tokens, 52);
  EXPECT_GE(reply.usage.drafted_tokens, 40);
}

TEST_F(DraftModelTest, AnotherVocabularyIsRefused) {
  auto draft = MakeFakeModel(draft_log_);
  draft->name = "small";
  draft->config.vocab -= 1;
  const absl::Status status = TryStart(std::move(draft)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("small"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("logits"));
}

TEST_F(DraftModelTest, WhoAsksForItWithoutOneIsTold) {
  const absl::Status status = TryStart(nullptr).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("--draft-model"));
}

}  // namespace
}  // namespace mj
