// What the engine does for budgets, targets, caps and carbon.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "engine/engine.h"
#include "engine/request/request_error.h"
#include "tests/fakes/fake_model.h"
#include "tests/fakes/hand_clock.h"
#include "tests/fakes/reply.h"

namespace mj {
namespace {

using testing::HasSubstr;

class EngineBudgetTest : public testing::Test {
 protected:
  EngineBudgetTest() {
    options_.kv_memory_bytes = 1024 * FakeBackend::kBytesPerBlock;
    options_.prefix_cache = false;  // the same prompt costs the same again
    log_.before_step = [this] { clock_.Advance(step_seconds_); };
  }

  absl::Status TryStart(std::vector<GridPoint> grid = {}) {
    auto model = MakeFakeModel(log_);
    absl::StatusOr<EnergySetup> setup =
        GenericEnergySetup(model->backend->info());
    if (!setup.ok()) return setup.status();
    setup->grid = std::move(grid);
    auto engine =
        Engine::Start(options_, std::move(model), clock_, *std::move(setup));
    if (engine.ok()) engine_ = *std::move(engine);
    return engine.status();
  }

  void Start(std::vector<GridPoint> grid = {}) {
    const absl::Status status = TryStart(std::move(grid));
    ASSERT_TRUE(status.ok()) << status;
  }

  static Request Ask(int prompt, int max_tokens) {
    Request request;
    request.prompt = std::vector<TokenId>(prompt, 'a');
    request.stop.max_tokens = max_tokens;
    request.stop.ignore_eos = true;
    request.sampling.seed = 1;
    return request;
  }

  Reply Run(const Request& request) {
    return ReadAll(**engine_->Submit(request, nullptr));
  }

  // Whether the engine comes to hold `count` requests within ten seconds.
  bool Holds(int count) {
    for (int i = 0; i < 10000; ++i) {
      if (engine_->stats().held == count) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }

  void ExpectNothingLeft() {
    const EngineStats stats = engine_->stats();
    EXPECT_EQ(stats.running + stats.waiting + stats.held, 0);
    EXPECT_EQ(stats.kv_blocks_used, 0);
  }

  std::atomic<double> step_seconds_{0.01};
  AtomicClock clock_;
  FakeRunnerLog log_;
  EngineOptions options_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(EngineBudgetTest, AReplyEndsWhereItsJoulesAreSpent) {
  Start();
  const Reply whole = Run(Ask(20, 200));
  const double all = whole.usage.energy.total.value();
  const double a_step = whole.usage.energy.decode.value() / 199;
  for (double part : {0.3, 0.6, 0.9}) {
    Request request = Ask(20, 200);
    request.max_energy = Joules(part * all);
    const Reply reply = Run(request);
    ASSERT_TRUE(reply.status.ok()) << reply.status;
    const ChoiceReply& choice = reply.choices[0];
    EXPECT_EQ(choice.finish_reason, FinishReason::kEnergy);
    const auto num_tokens = static_cast<int>(choice.tokens.size());
    EXPECT_EQ(reply.usage.completion_tokens, num_tokens);
    ASSERT_GT(num_tokens, 0);
    ASSERT_LT(num_tokens, 200);
    const auto& tokens = whole.choices[0].tokens;
    EXPECT_TRUE(
        std::equal(choice.tokens.begin(), choice.tokens.end(), tokens.begin()));
    EXPECT_EQ(choice.text, whole.choices[0].text.substr(0, choice.text.size()));
    // Three digits of rounding, and one step's share.
    const double spent = reply.usage.energy.total.value();
    EXPECT_GE(spent, 0.995 * part * all);
    EXPECT_LE(spent, 1.005 * part * all + 1.1 * a_step);
    EXPECT_EQ(reply.usage.energy.wasted, Joules(0));
  }
  EXPECT_EQ(engine_->stats().energy_stops, 3u);
  ExpectNothingLeft();
}

TEST_F(EngineBudgetTest, APromptThatCostsAllGetsNoToken) {
  Start();
  Request request = Ask(20, 5);
  request.max_energy = Joules(1e-12);
  const Reply reply = Run(request);
  ASSERT_TRUE(reply.status.ok()) << reply.status;
  EXPECT_EQ(reply.choices[0].finish_reason, FinishReason::kEnergy);
  EXPECT_TRUE(reply.choices[0].tokens.empty());
  EXPECT_TRUE(reply.choices[0].text.empty());
  EXPECT_EQ(reply.usage.completion_tokens, 0);
  EXPECT_GT(reply.usage.energy.total, Joules(0));
  EXPECT_EQ(reply.usage.energy.wasted, reply.usage.energy.total);
  EXPECT_FALSE(reply.usage.energy.per_output_token.has_value());
  clock_.Advance(1);
  EXPECT_GT(engine_->stats().wasted_aborted, Joules(0));
  ExpectNothingLeft();
}

TEST_F(EngineBudgetTest, ALongPromptStopsBetweenItsChunks) {
  Start();
  const Joules prefill = Run(Ask(5000, 1)).usage.energy.prefill;
  const int steps = log_.steps;
  EXPECT_EQ(steps, 10);  // 512 rows each
  Request request = Ask(5000, 1);
  request.max_energy = prefill / 2;
  const Reply reply = Run(request);
  EXPECT_EQ(reply.choices[0].finish_reason, FinishReason::kEnergy);
  EXPECT_TRUE(reply.choices[0].tokens.empty());
  EXPECT_LE(log_.steps - steps, 7);
  EXPECT_LT(reply.usage.energy.total, 0.75 * prefill);
  ExpectNothingLeft();
}

TEST_F(EngineBudgetTest, WhatEndsByItselfKeepsItsReason) {
  Start();
  const Joules all = Run(Ask(20, 50)).usage.energy.total;
  Request request = Ask(20, 50);
  request.max_energy = 1.1 * all;
  EXPECT_EQ(Run(request).choices[0].finish_reason, FinishReason::kLength);
  EXPECT_EQ(engine_->stats().energy_stops, 0u);
}

TEST_F(EngineBudgetTest, ChoicesShareTheBudgetAndEndTogether) {
  Start();
  Request request = Ask(20, 300);
  request.num_choices = 3;
  const double all = Run(request).usage.energy.total.value();
  request.max_energy = Joules(all / 2);
  const Reply reply = Run(request);
  ASSERT_EQ(reply.choices.size(), 3u);
  size_t tokens = 0;
  for (const ChoiceReply& choice : reply.choices) {
    EXPECT_EQ(choice.finish_reason, FinishReason::kEnergy);
    tokens += choice.tokens.size();
  }
  EXPECT_EQ(reply.usage.completion_tokens, static_cast<int>(tokens));
  EXPECT_NEAR(reply.usage.energy.total.value(), all / 2, 0.02 * all);
}

TEST_F(EngineBudgetTest, NeighboursDoNotNotice) {
  Start();
  Request neighbour = Ask(40, 100);
  neighbour.logprobs.generated = 2;
  const Reply alone = Run(neighbour);
  Request request = Ask(20, 100);
  request.max_energy = Joules(1e-12);
  auto first = *engine_->Submit(neighbour, nullptr);
  auto second = *engine_->Submit(request, nullptr);
  const Reply beside = ReadAll(*first);
  EXPECT_EQ(ReadAll(*second).choices[0].finish_reason, FinishReason::kEnergy);
  EXPECT_EQ(beside.choices[0].tokens, alone.choices[0].tokens);
  EXPECT_TRUE(SameBits(beside.choices[0].logprobs, alone.choices[0].logprobs));
}

TEST_F(EngineBudgetTest, ScoringAPromptStopsToo) {
  Start();
  Request request = Ask(5000, 0);
  request.logprobs.prompt = 1;
  const Joules all = Run(request).usage.energy.total;
  request.max_energy = all / 2;
  const Reply reply = Run(request);
  ASSERT_TRUE(reply.status.ok()) << reply.status;
  EXPECT_EQ(reply.choices[0].finish_reason, FinishReason::kEnergy);
  EXPECT_GT(reply.choices[0].prompt_logprobs.size(), 500u);
  EXPECT_LT(reply.choices[0].prompt_logprobs.size(), 5000u);
}

TEST_F(EngineBudgetTest, ATenantWaitsUntilItsJoulesComeBack) {
  options_.tenant_limits = {{"ann", {Watts(1e-6), Joules(1e-9)}}};
  step_seconds_ = 0;
  Start();
  Request request = Ask(200, 20);
  request.tenant = "ann";
  const Joules spent = Run(request).usage.energy.total;  // admitted: level > 0
  ASSERT_GT(spent, Joules(1e-7));
  const auto refused = engine_->Submit(request, nullptr);
  ASSERT_TRUE(absl::IsResourceExhausted(refused.status()));
  const std::optional<Seconds> wait = QuotaWaitOf(refused.status());
  ASSERT_TRUE(wait.has_value());
  EXPECT_NEAR(wait->count(), (spent.value() - 1e-9) / 1e-6,
              0.01 * wait->count());
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("'ann'"));
  Request other = Ask(10, 1);
  EXPECT_TRUE(Run(other).status.ok()) << "others are not limited";
  const auto budgets = engine_->tenant_budgets();
  ASSERT_EQ(budgets.size(), 1u);
  EXPECT_LT(budgets[0].level, Joules(0));
  EXPECT_EQ(budgets[0].refused, 1u);
  clock_.Advance(1.01 * wait->count());
  EXPECT_TRUE(Run(request).status.ok());
  ASSERT_FALSE(engine_->Submit(request, nullptr).ok());
  engine_->RemoveTenantLimit("ann");
  EXPECT_TRUE(Run(request).status.ok());
}

TEST_F(EngineBudgetTest, BadLimitsDoNotStart) {
  options_.tenant_limits = {{"ann", {Watts(-1), Joules(1)}}};
  EXPECT_THAT(std::string(TryStart().message()), HasSubstr("'ann'"));
  options_.tenant_limits.clear();
  options_.power_cap = Watts(0.001);
  const absl::Status status = TryStart();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("idle power"));
}

// Clean from 200 s on; the clock starts at 100 s.
std::vector<GridPoint> CleanAt200() {
  return {{Seconds(0), 400}, {Seconds(200), 50}, {Seconds(2000), 400}};
}

TEST_F(EngineBudgetTest, FlexWaitsForACleanGrid) {
  step_seconds_ = 0.001;
  Start(CleanAt200());
  Request request = Ask(20, 5);
  request.flex = true;
  request.timeout = Seconds(1000);
  auto channel = *engine_->Submit(request, nullptr);
  ASSERT_TRUE(Holds(1));
  EXPECT_EQ(engine_->stats().waiting, 0);
  // Others do not wait with it.
  EXPECT_TRUE(Run(Ask(20, 5)).status.ok());
  EXPECT_EQ(engine_->stats().held, 1);
  clock_.Advance(100);
  const Reply reply = ReadAll(*channel);
  ASSERT_TRUE(reply.status.ok()) << reply.status;
  EXPECT_EQ(reply.choices[0].tokens.size(), 5u);
  EXPECT_NEAR(reply.timings.held.count(), 100, 2);
  EXPECT_GE(reply.timings.first_token, reply.timings.held);
  EXPECT_EQ(engine_->stats().held_ever, 1u);
  ExpectNothingLeft();
}

struct AtOnceCase {
  const char* name;
  bool flex;
  double timeout;  // 0: none
  bool has_grid;
};

constexpr AtOnceCase kAtOnceCases[] = {
    {"not flex", false, 1000, true},
    {"no deadline", true, 0, true},
    {"clean too late", true, 90, true},
    {"no series", true, 1000, false},
};

TEST_F(EngineBudgetTest, WhatNeedNotOrMustNotWaitRunsAtOnce) {
  for (const AtOnceCase& c : kAtOnceCases) {
    SCOPED_TRACE(c.name);
    Start(c.has_grid ? CleanAt200() : std::vector<GridPoint>());
    Request request = Ask(20, 5);
    request.flex = c.flex;
    if (c.timeout > 0) request.timeout = Seconds(c.timeout);
    const Reply reply = Run(request);
    EXPECT_TRUE(reply.status.ok()) << reply.status;
    EXPECT_EQ(reply.timings.held, Seconds(0));
    EXPECT_EQ(engine_->stats().held_ever, 0u);
    engine_.reset();
  }
}

TEST_F(EngineBudgetTest, WhatIsHeldCanBeCancelledDrainedAndStopped) {
  step_seconds_ = 0.001;
  Start(CleanAt200());
  Request request = Ask(20, 5);
  request.flex = true;
  request.timeout = Seconds(1000);
  auto cancelled = *engine_->Submit(request, nullptr);
  ASSERT_TRUE(Holds(1));
  cancelled->Cancel();
  EXPECT_TRUE(absl::IsCancelled(ReadAll(*cancelled).status));
  EXPECT_EQ(engine_->stats().held, 0);
  auto drained = *engine_->Submit(request, nullptr);
  ASSERT_TRUE(Holds(1));
  engine_->Drain();
  EXPECT_TRUE(ReadAll(*drained).status.ok()) << "runs rather than is lost";
  engine_.reset();
  Start(CleanAt200());
  auto stopped = *engine_->Submit(request, nullptr);
  ASSERT_TRUE(Holds(1));
  engine_->Stop();
  EXPECT_TRUE(absl::IsCancelled(ReadAll(*stopped).status));
}

// A crowd that waits for the same hour must not be late for its company: each
// leaves time for the work of all, and so they start before the grid is clean.
TEST_F(EngineBudgetTest, ACrowdThatIsHeldLeavesTimeForAll) {
  step_seconds_ = 0.02;
  options_.max_num_seqs = 4;
  Start(CleanAt200());
  Run(Ask(20, 100));  // the engine learns how long its steps take
  const double now = clock_.Now().count();
  constexpr int kCrowd = 12;
  std::vector<std::shared_ptr<ResponseChannel>> channels;
  for (int i = 0; i < kCrowd; ++i) {
    Request request = Ask(20, 100);  // two seconds by itself
    request.flex = true;
    request.timeout = Seconds(230 - now);
    channels.push_back(*engine_->Submit(request, nullptr));
  }
  ASSERT_TRUE(Holds(kCrowd));
  clock_.Advance(190 - now);  // 40 s are left for 24 s of work
  for (auto& channel : channels) {
    const Reply reply = ReadAll(*channel);
    EXPECT_TRUE(reply.status.ok()) << reply.status;
    EXPECT_LT(reply.timings.held, Seconds(200 - now));
  }
}

TEST_F(EngineBudgetTest, TargetsAreCounted) {
  options_.slo = {Seconds(0.5), Seconds(0.05)};
  Start();
  Run(Ask(20, 10));  // 10 ms a step
  step_seconds_ = 0.1;
  Run(Ask(20, 10));
  Request request = Ask(20, 10);
  request.slo = {Seconds(1e-6), Seconds(1)};
  Run(request);
  const EngineStats stats = engine_->stats();
  EXPECT_EQ(stats.slo_ttft.attained, 2u);
  EXPECT_EQ(stats.slo_ttft.missed, 1u);
  EXPECT_EQ(stats.slo_tpot.attained, 2u);
  EXPECT_EQ(stats.slo_tpot.missed, 1u);
}

TEST_F(EngineBudgetTest, ACapLimitsTheScheduleAndLeavesTheReply) {
  step_seconds_ = 0;  // pauses are a multiple of the steps' time
  Start();
  const Reply want = Run(Ask(600, 20));
  const StepLimits full = engine_->power().limits;
  EXPECT_EQ(full.busy_share, 1);
  // Just above what idle costs: next to nothing is allowed.
  absl::Status refused = engine_->SetPowerCap(Watts(1e-3));
  ASSERT_FALSE(refused.ok());
  double watts = 0.01;
  while (!engine_->SetPowerCap(Watts(watts)).ok()) watts *= 1.01;
  const PowerControl::State state = engine_->power();
  ASSERT_TRUE(state.cap.has_value());
  EXPECT_LT(state.limits.busy_share, 1);
  const Reply got = Run(Ask(600, 20));
  EXPECT_EQ(got.choices[0].tokens, want.choices[0].tokens);
  EXPECT_EQ(engine_->stats().limits.busy_share, state.limits.busy_share);
  ASSERT_TRUE(engine_->SetPowerCap(std::nullopt).ok());
  EXPECT_EQ(engine_->power().limits.schedule.max_batched_tokens,
            full.schedule.max_batched_tokens);
}

// The pause is for the engine alone: who stops it does not wait.
TEST_F(EngineBudgetTest, StopEndsAPause) {
  step_seconds_ = 1000;  // the pause after one step would last for hours
  Start();
  double watts = 0.01;
  while (!engine_->SetPowerCap(Watts(watts)).ok()) watts *= 1.01;
  auto channel = *engine_->Submit(Ask(20, 100), nullptr);
  channel->Pop();  // the first token; now it pauses
  engine_->Stop();
  EXPECT_TRUE(absl::IsCancelled(ReadAll(*channel).status));
}

TEST_F(EngineBudgetTest, CancellingEndsAPausedRequest) {
  step_seconds_ = 1000;
  Start();
  double watts = 0.01;
  while (!engine_->SetPowerCap(Watts(watts)).ok()) watts *= 1.01;
  auto channel = *engine_->Submit(Ask(20, 100), nullptr);
  channel->Pop();
  channel->Cancel();
  EXPECT_TRUE(absl::IsCancelled(ReadAll(*channel).status));
  EXPECT_EQ(log_.steps, 1);
}

TEST_F(EngineBudgetTest, TheStatementNamesTenantsAndMethod) {
  Start();
  Request request = Ask(50, 10);
  request.tenant = "ann";
  const Joules spent = Run(request).usage.energy.total;
  clock_.Advance(1);
  const EnergyStatement energy = engine_->energy();
  EXPECT_TRUE(energy.totals.known);
  EXPECT_NEAR(energy.totals.tenants.at("ann") / spent, 1, 0.01);
  EXPECT_EQ(energy.meter.method, EnergyMethod::kModelled);
  EXPECT_FALSE(energy.calibration.empty());
  EXPECT_FALSE(energy.scale.has_value());
  EXPECT_GT(energy.uptime, Seconds(1));
}

}  // namespace
}  // namespace mj
