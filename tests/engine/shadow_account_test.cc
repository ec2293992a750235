// Shadow costing through the whole engine, on the shape of a small model.
#include "engine/shadow_account.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/engine.h"
#include "tests/fakes/fake_model.h"
#include "tests/fakes/requests.h"

namespace mj {
namespace {

using ::testing::HasSubstr;

constexpr char kDevices[] = "kv260-llama2,transpim-hbm";

class ShadowAccountTest : public testing::Test {
 protected:
  std::unique_ptr<Engine> Start(const std::string& names) {
    auto model = MakeFakeModel(log_);
    auto energy = GenericEnergySetup(model->backend->info());
    auto shadows = OpenShadows(names, "", model->shape, energy->cost);
    EXPECT_TRUE(shadows.ok()) << shadows.status();
    energy->shadows = *std::move(shadows);
    options_.prefix_cache = false;
    options_.speculation = Speculation::kOff;
    auto engine =
        Engine::Start(options_, std::move(model), clock_, *std::move(energy));
    EXPECT_TRUE(engine.ok()) << engine.status();
    return *std::move(engine);
  }

  static Request Make(int seed, int max_tokens) {
    Request request = MakeGreedyRequest(RandomTokens(50, seed), max_tokens);
    request.wants_shadow = true;
    return request;
  }

  SteadyClock clock_;
  FakeRunnerLog log_;
  EngineOptions options_;
};

TEST_F(ShadowAccountTest, SharesOfRequestsAddUpToTheTraffic) {
  auto engine = Start(kDevices);
  auto channels = engine->SubmitTogether({Make(1, 30), Make(2, 10)}, nullptr);
  ASSERT_TRUE(channels.ok()) << channels.status();
  std::vector<Reply> replies;
  for (const auto& channel : *channels) replies.push_back(ReadAll(*channel));
  const std::vector<ShadowStats> stats = engine->stats().shadow;
  ASSERT_EQ(stats.size(), 2);
  for (size_t i = 0; i < stats.size(); ++i) {
    Joules energy{0};
    Seconds time{0};
    for (const Reply& reply : replies) {
      const ShadowCost& cost = reply.usage.energy.shadow.at(i);
      EXPECT_EQ(cost.device, stats[i].device);
      energy += cost.energy;
      time += cost.time;
    }
    EXPECT_NEAR(energy / stats[i].energy, 1, 0.01);
    EXPECT_NEAR(time / stats[i].time, 1, 0.01);
    EXPECT_GT(replies[0].usage.energy.shadow[i].energy,
              replies[1].usage.energy.shadow[i].energy);
  }
}

TEST_F(ShadowAccountTest, WhoDoesNotAskIsToldNothing) {
  auto engine = Start(kDevices);
  Request request = Make(1, 5);
  request.wants_shadow = false;
  EXPECT_TRUE(Ask(*engine, request).usage.energy.shadow.empty());
  EXPECT_GT(engine->stats().shadow.at(0).energy, Joules(0));
}

TEST_F(ShadowAccountTest, AskingNeedsDevices) {
  auto engine = Start("");
  EXPECT_TRUE(engine->stats().shadow.empty());
  const auto refused = engine->Submit(Make(1, 5), nullptr);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("--shadow"));
}

TEST_F(ShadowAccountTest, WhatIsWrongWithAListIsNamed) {
  auto model = MakeFakeModel(log_);
  struct Case {
    const char* names;
    const char* message;
  };
  for (const Case& c :
       {Case{"frob", "--shadow frob"}, Case{"hermes-14nm,hermes-14nm", "twice"},
        Case{"hermes-14nm,", "--shadow "},
        Case{"qk-macro-65nm", "qk-macro-65nm"}}) {
    const auto shadows = OpenShadows(c.names, "", model->shape, {});
    ASSERT_FALSE(shadows.ok()) << c.names;
    EXPECT_THAT(std::string(shadows.status().message()), HasSubstr(c.message));
  }
}

}  // namespace
}  // namespace mj
