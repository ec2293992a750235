// Shared beginnings through the whole engine: what is computed, what is told,
// and that replies stay what they are.
#include "engine/prefix_reuse.h"

#include <future>
#include <random>

#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_model.h"
#include "tests/fakes/requests.h"

namespace mj {
namespace {

Tokens operator+(Tokens a, const Tokens& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

class PrefixReuseTest : public testing::Test {
 protected:
  PrefixReuseTest() {
    options_.kv_memory_bytes = 1024 * FakeBackend::kBytesPerBlock;
  }

  std::unique_ptr<Engine> Start() {
    auto engine = Engine::Start(options_, MakeFakeModel(log_), clock_);
    EXPECT_TRUE(engine.ok()) << engine.status();
    log_.rows = 0;
    return *std::move(engine);
  }

  static Request Make(Tokens prompt, int max_tokens,
                      const std::string& tenant = "ann") {
    Request request = MakeRequest(std::move(prompt), max_tokens);
    request.tenant = tenant;
    return request;
  }

  SteadyClock clock_;
  FakeRunnerLog log_;
  EngineOptions options_;
};

struct ReuseCase {
  const char* name;
  int first, same, second;  // tokens of the prompts, and what they share
  int cached;
};

TEST_F(PrefixReuseTest, TheSecondRequestComputesOnlyWhatIsNew) {
  constexpr ReuseCase kCases[] = {
      {"nothing alike", 100, 0, 100, 0},
      {"a part of a block", 100, 31, 100, 31},
      {"one block", 100, 32, 100, 32},
      {"blocks and a part of one", 100, 95, 100, 95},
      {"no part of a block that is not full", 100, 100, 1000, 96},
      {"the last row is computed for its logits", 96, 96, 96, 95},
      {"the same again", 97, 97, 97, 96},
  };
  for (const ReuseCase& c : kCases) {
    SCOPED_TRACE(c.name);
    const Tokens begin = RandomTokens(c.same, 1);
    auto engine = Start();
    Ask(*engine, Make(begin + RandomTokens(c.first - c.same, 2), 1));
    log_.rows = 0;
    const Request second = Make(begin + RandomTokens(c.second - c.same, 3), 1);
    const Reply reply = Ask(*engine, second);
    EXPECT_EQ(log_.rows, c.second - c.cached);
    EXPECT_EQ(reply.usage.cached_tokens, c.cached);
    EXPECT_EQ(reply.usage.prompt_tokens, c.second);
    const EngineStats stats = engine->stats();
    EXPECT_EQ(stats.prefix->queried, c.first + c.second);
    EXPECT_EQ(stats.prefix->hit, c.cached);
    EXPECT_EQ(stats.prompt_tokens, uint64_t(c.first + c.second));
    EXPECT_EQ(stats.saved_prefix > Joules(0), c.cached > 0);
    EXPECT_EQ(stats.kv_blocks_used, 0);
  }
}

TEST_F(PrefixReuseTest, TheNextTurnOfAChatFindsWhatWasGenerated) {
  auto engine = Start();
  const Tokens prompt = RandomTokens(70, 1);
  const Reply first = Ask(*engine, Make(prompt, 60));
  const Tokens chat = prompt + first.choices[0].tokens + RandomTokens(10, 2);
  EXPECT_EQ(Ask(*engine, Make(chat, 1)).usage.cached_tokens, 128);
}

TEST_F(PrefixReuseTest, ChoicesShareTheirPrompt) {
  auto engine = Start();
  Request request = Make(RandomTokens(320, 1), 1);
  request.num_choices = 8;
  const Reply reply = Ask(*engine, request);
  EXPECT_EQ(log_.rows, 320 + 7);  // the last row
  EXPECT_EQ(reply.usage.cached_tokens, 0) << "nothing was there before";
}

TEST_F(PrefixReuseTest, WhoComesMeanwhileWaitsForWhoComputes) {
  std::promise<void> go;
  log_.before_step = [future = go.get_future().share()] { future.wait(); };
  options_.max_batched_tokens = 64;
  auto engine = Start();
  const Tokens begin = RandomTokens(800, 1);
  std::vector<std::shared_ptr<ResponseChannel>> channels;
  for (int i = 0; i < 16; ++i) {
    channels.push_back(
        *engine->Submit(Make(begin + RandomTokens(20, 100 + i), 4), nullptr));
  }
  go.set_value();
  for (auto& channel : channels) {
    EXPECT_TRUE(ReadAll(*channel).status.ok());
  }
  EXPECT_EQ(log_.rows, 800 + 16 * (20 + 3));
  EXPECT_EQ(engine->stats().prefix->hit, 15 * 800);
}

TEST_F(PrefixReuseTest, WhoFollowsGoesOnAloneWhenTheFirstLeaves) {
  options_.max_batched_tokens = 32;
  auto engine = Start();
  const Tokens begin = RandomTokens(3000, 1);
  auto first = *engine->Submit(Make(begin, 1), nullptr);
  auto second = *engine->Submit(Make(begin + Tokens{1}, 1), nullptr);
  first->Cancel();
  EXPECT_TRUE(ReadAll(*second).status.ok());
  EXPECT_EQ(engine->stats().kv_blocks_used, 0);
}

TEST_F(PrefixReuseTest, TenantsShareNothingUnlessTheOperatorLetsThem) {
  struct Case {
    const char* name;
    PrefixRegions regions;
    int cached;
  };
  const Case kCases[] = {
      {"by default", {}, 0},
      {"one region", {{"ann", "docs"}, {"bob", "docs"}}, 96},
      {"a region of one", {{"ann", "docs"}}, 0},
      {"two regions", {{"ann", "docs"}, {"bob", "other"}}, 0},
      {"a region named like a tenant", {{"ann", "bob"}}, 0},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    options_.prefix_regions = c.regions;
    auto engine = Start();
    const Tokens prompt = RandomTokens(100, 1);
    Ask(*engine, Make(prompt, 1, "ann"));
    log_.rows = 0;
    const Reply reply = Ask(*engine, Make(prompt, 1, "bob"));
    EXPECT_EQ(reply.usage.cached_tokens, c.cached);
    EXPECT_EQ(log_.rows, 100 - c.cached);
  }
}

// Pairs that differ in what ann asked alone: bob's steps, rows and counters do
// not tell which it was, while both are in flight and afterwards.
TEST_F(PrefixReuseTest, AnothersPromptShowsNowhere) {
  const Tokens secret = RandomTokens(200, 1), other = RandomTokens(200, 2);
  std::vector<std::vector<int>> seen;
  for (const Tokens& prompt : {secret, other}) {
    auto engine = Start();
    Ask(*engine, Make(prompt, 3, "ann"));
    std::promise<void> go;
    log_.before_step = [future = go.get_future().share()] { future.wait(); };
    const int steps = log_.steps, rows = log_.rows;
    const auto both = *engine->SubmitTogether(
        {Make(prompt, 3, "ann"), Make(secret, 3, "bob")}, nullptr);
    go.set_value();
    const Reply reply = ReadAll(*both[1]);
    ReadAll(*both[0]);
    log_.before_step = nullptr;
    const EngineStats stats = engine->stats();
    seen.push_back({log_.steps - steps, log_.rows - rows,
                    reply.usage.cached_tokens, int(stats.prefix->hit),
                    int(stats.prefix->lost_evicted)});
  }
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_EQ(seen[0][2], 0);
}

TEST_F(PrefixReuseTest, WhatIsLostIsCountedWithItsReason) {
  options_.kv_memory_bytes = 16 * FakeBackend::kBytesPerBlock;
  auto engine = Start();
  const Tokens prompt = RandomTokens(100, 1);
  Ask(*engine, Make(prompt, 1));
  Request scored = Make(prompt, 1);
  scored.logprobs.prompt = 1;
  EXPECT_EQ(Ask(*engine, scored).usage.cached_tokens, 0);
  EXPECT_EQ(engine->stats().prefix->lost_scored, 96);
  Ask(*engine, Make(RandomTokens(500, 2), 1));  // takes every block
  EXPECT_EQ(Ask(*engine, Make(prompt, 1)).usage.cached_tokens, 0);
  EXPECT_EQ(engine->stats().prefix->lost_evicted, 96);
}

// Copy on write: a block is shared as far as it goes, and written elsewhere.
TEST_F(PrefixReuseTest, ABlockThatGoesOnDifferentlyIsCopied) {
  auto engine = Start();
  const Tokens begin = RandomTokens(80, 1);
  const Tokens first = begin + RandomTokens(40, 2);
  const Tokens second = begin + RandomTokens(40, 3);
  const Reply alone = Ask(*engine, Make(first, 8));
  log_.rows = 0;
  const Reply copied = Ask(*engine, Make(second, 8));
  EXPECT_EQ(copied.usage.cached_tokens, 80);
  EXPECT_EQ(log_.rows, 40 + 7);
  EXPECT_EQ(engine->stats().prefix->copied, 80 - 64);
  EXPECT_EQ(Ask(*engine, Make(first, 8)).choices[0].tokens,
            alone.choices[0].tokens);
  EXPECT_EQ(engine->stats().kv_blocks_used, 0);
  options_.prefix_cache = false;
  EXPECT_EQ(Ask(*Start(), Make(second, 8)).choices[0].tokens,
            copied.choices[0].tokens);
}

TEST_F(PrefixReuseTest, OffMeansNothingIsShared) {
  options_.prefix_cache = false;
  auto engine = Start();
  const Tokens prompt = RandomTokens(100, 1);
  Ask(*engine, Make(prompt, 1));
  EXPECT_EQ(Ask(*engine, Make(prompt, 1)).usage.cached_tokens, 0);
  EXPECT_EQ(log_.rows, 200);
  EXPECT_FALSE(engine->stats().prefix.has_value());
}

// Random company in small pools, with hits, evictions, forks, preemptions and
// clients that leave: every reply is that of the request alone.
TEST_F(PrefixReuseTest, RepliesAreThoseOfTheRequestAlone) {
  options_.prefix_cache = false;
  options_.kv_memory_bytes = 256 * FakeBackend::kBytesPerBlock;
  auto plain = Start();
  options_.prefix_cache.reset();
  uint64_t preemptions = 0;
  int64_t hits = 0, evicted = 0;
  for (uint32_t seed = 0; seed < 30; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    options_.kv_memory_bytes =
        (24 + random() % 40) * FakeBackend::kBytesPerBlock;
    options_.max_batched_tokens = 1 + random() % 200;
    std::promise<void> all_are_there;
    log_.before_step = [there = all_are_there.get_future().share()] {
      there.wait();
    };
    auto engine = Start();
    std::vector<Request> asked;
    std::vector<std::shared_ptr<ResponseChannel>> channels;
    for (int i = 0; i < 24; ++i) {
      const Tokens begin = RandomTokens(300, random() % 3);
      const int same = random() % 300;
      Request request =
          Make(Tokens(begin.begin(), begin.begin() + same) +
                   RandomTokens(1 + random() % 60, random()),
               1 + random() % 80, random() % 3 == 0 ? "bob" : "ann");
      request.num_choices = 1 + random() % 3;
      if (random() % 5 == 0) request.logprobs.prompt = 2;
      asked.push_back(request);
      channels.push_back(*engine->Submit(request, nullptr));
      if (random() % 4 == 0) channels[random() % channels.size()]->Cancel();
    }
    all_are_there.set_value();
    for (size_t i = 0; i < asked.size(); ++i) {
      const Reply reply = ReadAll(*channels[i]);
      if (absl::IsCancelled(reply.status)) continue;
      ASSERT_TRUE(reply.status.ok()) << reply.status;
      const Reply alone = Ask(*plain, asked[i]);
      for (size_t c = 0; c < alone.choices.size(); ++c) {
        ASSERT_EQ(reply.choices[c].tokens, alone.choices[c].tokens);
        ASSERT_TRUE(SameBits(reply.choices[c].prompt_logprobs,
                             alone.choices[c].prompt_logprobs));
      }
    }
    const EngineStats stats = engine->stats();
    EXPECT_EQ(stats.kv_blocks_used, 0);
    preemptions += stats.preemptions;
    hits += stats.prefix->hit;
    evicted += stats.prefix->lost_evicted;
  }
  EXPECT_GT(preemptions, 0u);
  EXPECT_GT(hits, 0);
  EXPECT_GT(evicted, 0);
}

}  // namespace
}  // namespace mj
