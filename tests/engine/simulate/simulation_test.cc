#include "engine/simulate/simulation.h"

#include <gtest/gtest.h>

#include "engine/simulate/outcome.h"
#include "tests/engine/simulate/made_platform.h"

namespace mj {
namespace {

constexpr GovernorPolicy kPolicies[] = {
    GovernorPolicy::kFmax,        GovernorPolicy::kFixed,
    GovernorPolicy::kGatedStatic, GovernorPolicy::kLowestFeasible,
    GovernorPolicy::kThrottle,    GovernorPolicy::kEnergy,
    GovernorPolicy::kPowerCap,
};

std::vector<TraceRequest> Traffic(int requests, double rate) {
  return PoissonTrace(rate, *LengthDistribution::Parse("lognormal:120:1"),
                      *LengthDistribution::Parse("lognormal:20:1"), 7,
                      {.max_requests = requests});
}

SimulationResult Served(GovernorPolicy policy,
                        const std::vector<TraceRequest>& trace) {
  const PlatformCostModel model = MadeModel();
  return Simulate(model, trace, MadeOptions(model, policy));
}

class EveryPolicy : public testing::TestWithParam<GovernorPolicy> {};

TEST_P(EveryPolicy, ServesEveryRequestAndCountsEveryNanojoule) {
  const auto trace = Traffic(400, 4);
  const SimulationResult result = Served(GetParam(), trace);
  ASSERT_EQ(result.requests.size(), trace.size());
  for (size_t i = 0; i < trace.size(); ++i) {
    const RequestResult& r = result.requests[i];
    if (r.refused) {
      EXPECT_GT(trace[i].prompt_tokens + 1, 4000);
      continue;
    }
    EXPECT_EQ(r.arrival, trace[i].arrival);
    EXPECT_GT(r.first_token, r.arrival);
    EXPECT_GE(r.finish, r.first_token);
    EXPECT_EQ(r.tokens,
              std::min(trace[i].output_tokens, 4000 - trace[i].prompt_tokens));
    EXPECT_EQ(r.unfinished, r.tokens < trace[i].output_tokens);
  }
  const DeviceEnergy& e = result.energy;
  EXPECT_TRUE(e.busy + e.idle + e.waking + e.switching == e.total);
  EXPECT_TRUE(e.busy > 0);
  int64_t decisions = 0;
  for (const auto& [reason, count] : result.decisions) {
    EXPECT_FALSE(reason.empty());
    decisions += count;
  }
  EXPECT_GE(decisions, result.steps);
}

TEST_P(EveryPolicy, TheSameAgainIsTheSame) {
  const auto trace = Traffic(100, 4);
  const SimulationResult a = Served(GetParam(), trace),
                         b = Served(GetParam(), trace);
  EXPECT_EQ(a.energy.total, b.energy.total);
  EXPECT_EQ(a.end, b.end);
}

// What a reply's length would have been, had it been longer, changes nothing
// until it ends: nobody looks ahead.
TEST_P(EveryPolicy, NobodySeesHowLongAReplyWillBe) {
  auto trace = Traffic(60, 4);
  const SimulationResult before = Served(GetParam(), trace);
  const Seconds last_arrival = trace.back().arrival;
  trace.back().output_tokens += 500;
  const SimulationResult after = Served(GetParam(), trace);
  for (size_t i = 0; i + 1 < trace.size(); ++i) {
    if (before.requests[i].finish > last_arrival) continue;
    EXPECT_EQ(before.requests[i].finish, after.requests[i].finish);
  }
  EXPECT_EQ(before.requests.back().first_token,
            after.requests.back().first_token);
}

INSTANTIATE_TEST_SUITE_P(All, EveryPolicy, testing::ValuesIn(kPolicies),
                         [](const auto& info) {
                           std::string name(PolicyName(info.param));
                           std::erase(name, '-');
                           return name;
                         });

TEST(SimulationTest, ARequestAloneTakesItsSteps) {
  const PlatformCostModel model = MadeModel();
  const SimulationOptions options = MadeOptions(model, GovernorPolicy::kFmax);
  const std::vector<TraceRequest> trace = {{Seconds(0), 300, 3}};
  const SimulationResult result = Simulate(model, trace, options);
  // Two chunks of the prompt, 256 and 44 rows, then two tokens.
  const auto time = [&](int rows, int context, int logits) {
    return model
        .PriceAt(model.DemandOf({{{rows, context, logits}}}),
                 model.full_clock())
        .time;
  };
  const Seconds first = time(256, 0, 0) + time(44, 256, 1);
  EXPECT_EQ(result.steps, 4);
  EXPECT_NEAR((result.requests[0].first_token - first).count(), 0, 1e-12);
  const Seconds end = first + time(1, 300, 1) + time(1, 301, 1);
  EXPECT_NEAR((result.requests[0].finish - end).count(), 0, 1e-12);
}

TEST(SimulationTest, WhereAllAreRefusedTheIdleTimeIsToldWithItsJoules) {
  const PlatformCostModel model = MadeModel();
  const SimulationOptions options = MadeOptions(model, GovernorPolicy::kFmax);
  const std::vector<TraceRequest> trace = {{Seconds(0), 1'000'000, 1},
                                           {Seconds(7), 1'000'000, 1}};
  const SimulationResult result = Simulate(model, trace, options);
  EXPECT_TRUE(result.requests[0].refused && result.requests[1].refused);
  EXPECT_EQ(result.end, Seconds(7));
  EXPECT_DOUBLE_EQ(FromNanojoules(result.energy.total).value(), 7 * 30);
}

TEST(SimulationTest, IdleIsPaidUntilTheLastCompletion) {
  const PlatformCostModel model = MadeModel();
  const SimulationOptions options = MadeOptions(model, GovernorPolicy::kFmax);
  const std::vector<TraceRequest> trace = {{Seconds(0), 10, 1},
                                           {Seconds(100), 10, 1}};
  const SimulationResult result = Simulate(model, trace, options);
  const Seconds step =
      model.PriceAt(model.DemandOf({{{10, 0, 1}}}), model.full_clock()).time;
  EXPECT_NEAR(result.energy.idle * 1e-9, 30 * (100 - step.count()), 1e-6);
  EXPECT_DOUBLE_EQ(result.end.count(), 100 + step.count());
}

TEST(SimulationTest, RefusesWhatCannotFitAndWhatTheQueueCannotHold) {
  const PlatformCostModel model = MadeModel();
  SimulationOptions options = MadeOptions(model, GovernorPolicy::kFmax);
  options.max_queue = 3;
  options.schedule.max_num_seqs = 1;
  std::vector<TraceRequest> trace = {{Seconds(0), 4000, 1}};
  for (int i = 0; i < 8; ++i) trace.push_back({Seconds(1), 10, 2});
  const SimulationResult result = Simulate(model, trace, options);
  EXPECT_TRUE(result.requests[0].refused) << "no room for a token";
  int served = 0;
  for (const RequestResult& r : result.requests) served += !r.refused;
  EXPECT_EQ(served, 3);
}

TEST(SimulationTest, ASmallCachePreemptsAndStillServesEveryone) {
  const PlatformCostModel model = MadeModel();
  SimulationOptions options = MadeOptions(model, GovernorPolicy::kEnergy);
  options.num_blocks = 12;
  options.max_model_len = 300;
  std::vector<TraceRequest> trace;
  for (int i = 0; i < 40; ++i) trace.push_back({Seconds(0.01 * i), 60, 90});
  const SimulationResult result = Simulate(model, trace, options);
  EXPECT_GT(result.preemptions, 0);
  for (const RequestResult& r : result.requests) EXPECT_EQ(r.tokens, 90);
}

TEST(SimulationTest, NoiseIsRightOnAverageAndDrawnByTheSeed) {
  const PlatformCostModel model = MadeModel();
  SimulationOptions options = MadeOptions(model, GovernorPolicy::kFmax);
  const std::vector<TraceRequest> trace = {{Seconds(0), 10, 3000}};
  const SimulationResult exact = Simulate(model, trace, options);
  options.latency_noise = 0.1;
  options.seed = 1;
  const SimulationResult one = Simulate(model, trace, options);
  options.seed = 2;
  const SimulationResult two = Simulate(model, trace, options);
  EXPECT_NE(one.end, two.end);
  EXPECT_NEAR(one.end / exact.end, 1, 0.01);
}

// A governor that predicts 30 % too much learns that from the steps.
TEST(SimulationTest, AWrongPredictorIsCorrectedOnline) {
  const auto trace = Traffic(600, 4);
  const PlatformCostModel model = MadeModel();
  SimulationOptions options = MadeOptions(model, GovernorPolicy::kEnergy);
  const SimulationResult right = Simulate(model, trace, options);
  options.predictor_bias = 1.3;
  options.limits.profile = ProfilePlatform(model, 256, 1.3);
  const SimulationResult wrong = Simulate(model, trace, options);
  EXPECT_NEAR(static_cast<double>(wrong.energy.total) / right.energy.total, 1,
              0.03);
}

TEST(SimulationTest, ADeadActuatorHarmsNoSlo) {
  const auto trace = Traffic(400, 4);
  const PlatformCostModel model = MadeModel();
  const auto outcome = [&](GovernorPolicy policy, ActuatorFault fault) {
    SimulationOptions options = MadeOptions(model, policy);
    options.device.fault = fault;
    return Summarize(Simulate(model, trace, options), options.limits.slo_ttft,
                     options.limits.slo_tpot);
  };
  const Outcome fmax = outcome(GovernorPolicy::kFmax, ActuatorFault::kNone);
  for (const ActuatorFault fault :
       {ActuatorFault::kDead, ActuatorFault::kStuck, ActuatorFault::kSlow}) {
    const Outcome out = outcome(GovernorPolicy::kEnergy, fault);
    EXPECT_GE(out.ttft_attainment, fmax.ttft_attainment - 0.005);
    EXPECT_GE(out.tpot_attainment, fmax.tpot_attainment - 0.005);
  }
}

// Little: a slower pace puts more replies into each pass over the weights.
TEST(SimulationTest, TheEnergyGovernorNeedsFewerStepsAndFewerJoules) {
  const auto trace = Traffic(400, 4);
  const SimulationResult fmax = Served(GovernorPolicy::kFmax, trace);
  const SimulationResult ours = Served(GovernorPolicy::kEnergy, trace);
  EXPECT_LT(ours.steps, 0.7 * fmax.steps);
  EXPECT_LT(ours.energy.total, 0.8 * fmax.energy.total);
}

}  // namespace
}  // namespace mj
