// Sliding windows through the whole engine: where every layer has one, blocks
// behind it are given back, and replies stay what they are.
#include "engine/queues.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <random>

#include "engine/engine.h"
#include "tests/engine/speculate/tiny_model.h"
#include "tests/fakes/fake_model.h"
#include "tests/fakes/requests.h"

namespace mj {
namespace {

constexpr int kWindow = 70;  // positions; three or four blocks

class WindowedQueuesTest : public testing::Test {
 protected:
  std::unique_ptr<Engine> Start(int num_blocks) {
    options_.kv_memory_bytes = num_blocks * FakeBackend::kBytesPerBlock;
    auto model = MakeFakeModel(log_);
    model->config.windows = {kWindow, kWindow - 30};
    log_.window = kWindow;
    auto engine = Engine::Start(options_, std::move(model), clock_);
    EXPECT_TRUE(engine.ok()) << engine.status();
    log_.rows = 0;
    return *std::move(engine);
  }

  // Of the same model, that gives nothing back.
  std::unique_ptr<Engine> StartUnlimited() {
    options_.kv_memory_bytes = 4096 * FakeBackend::kBytesPerBlock;
    auto model = MakeFakeModel(log_);
    log_.window = kWindow;
    auto engine = Engine::Start(options_, std::move(model), clock_);
    EXPECT_TRUE(engine.ok()) << engine.status();
    return *std::move(engine);
  }

  SteadyClock clock_;
  FakeRunnerLog log_;
  EngineOptions options_;
};

TEST_F(WindowedQueuesTest, LongRepliesHoldABoundedNumberOfBlocks) {
  options_.max_batched_tokens = 64;
  auto unlimited = StartUnlimited();
  const Request request = MakeRequest(RandomTokens(1000, 1), 3000);
  const Tokens want = Ask(*unlimited, request).choices[0].tokens;
  // Half of the window's own at the least; 4,000 positions would be 125.
  for (int num_blocks : {4, 6, 40}) {
    SCOPED_TRACE(num_blocks);
    auto engine = Start(num_blocks);
    int most = 0;
    log_.before_step = [&] {
      most = std::max(most, engine->stats().kv_blocks_used);
    };
    EXPECT_EQ(Ask(*engine, request).choices[0].tokens, want);
    log_.before_step = nullptr;
    EXPECT_LE(most, 4 + 2);
    EXPECT_EQ(engine->stats().kv_blocks_used, 0);
  }
}

TEST_F(WindowedQueuesTest, APoolUnderTheWindowTakesWhatFits) {
  auto engine = Start(3);
  const auto refused = engine->Submit(MakeRequest({1, 2, 3}, 100), nullptr);
  EXPECT_THAT(std::string(refused.status().message()),
              testing::HasSubstr("the KV cache holds 96"));
  EXPECT_TRUE(Ask(*engine, MakeRequest({1, 2, 3}, 90)).status.ok());
}

TEST_F(WindowedQueuesTest, BeginningsAreSharedWhileTheirBlocksAreThere) {
  auto engine = Start(64);
  const Tokens prompt = RandomTokens(640, 1);
  const Reply first = Ask(*engine, MakeRequest(prompt, 40));
  Tokens chat = prompt;
  const Tokens& reply = first.choices[0].tokens;
  chat.insert(chat.end(), reply.begin(), reply.end());
  log_.rows = 0;
  const Reply second = Ask(*engine, MakeRequest(chat, 10));
  EXPECT_EQ(second.usage.cached_tokens, 672);
  EXPECT_EQ(log_.rows, 680 - 672 + 9);
  // Others take all blocks: the beginning is gone, and is computed again.
  Ask(*engine, MakeRequest(RandomTokens(3000, 2), 1));
  const Reply third = Ask(*engine, MakeRequest(chat, 10));
  EXPECT_EQ(third.usage.cached_tokens, 0);
  EXPECT_EQ(third.choices[0].tokens, second.choices[0].tokens);
  EXPECT_GT(engine->stats().prefix->lost_evicted, 0);
  EXPECT_EQ(engine->stats().prefix->collisions, 0);
}

// Random company in pools that are too small for all, with hits, evictions,
// preemptions and clients that leave.
TEST_F(WindowedQueuesTest, RepliesAreThoseOfTheRequestAlone) {
  auto unlimited = StartUnlimited();
  uint64_t preemptions = 0;
  int64_t hits = 0;
  for (uint32_t seed = 0; seed < 30; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    options_.max_batched_tokens = 1 + random() % 200;
    options_.prefix_cache = random() % 4 != 0;
    std::promise<void> all_are_there;
    log_.before_step = [there = all_are_there.get_future().share()] {
      there.wait();
    };
    auto engine = Start(static_cast<int>(4 + random() % 30));
    std::vector<Request> asked;
    std::vector<std::shared_ptr<ResponseChannel>> channels;
    for (int i = 0; i < 16; ++i) {
      Tokens prompt = RandomTokens(600, random() % 3);
      prompt.resize(1 + random() % 600);
      for (TokenId id : RandomTokens(random() % 40, random())) {
        prompt.push_back(id);
      }
      Request request = MakeRequest(prompt, 1 + random() % 200);
      request.num_choices = 1 + random() % 2;
      asked.push_back(request);
      channels.push_back(*engine->Submit(request, nullptr));
      if (random() % 5 == 0) channels[random() % channels.size()]->Cancel();
    }
    all_are_there.set_value();
    std::vector<Reply> replies;
    for (auto& channel : channels) replies.push_back(ReadAll(*channel));
    log_.before_step = nullptr;
    for (size_t i = 0; i < asked.size(); ++i) {
      if (!replies[i].status.ok()) continue;
      const Reply alone = Ask(*unlimited, asked[i]);
      for (int k = 0; k < asked[i].num_choices; ++k) {
        ASSERT_EQ(replies[i].choices[k].tokens, alone.choices[k].tokens);
      }
    }
    const EngineStats stats = engine->stats();
    EXPECT_EQ(stats.kv_blocks_used, 0);
    preemptions += stats.preemptions;
    if (!stats.prefix) continue;
    hits += stats.prefix->hit;
    EXPECT_EQ(stats.prefix->collisions, 0);
  }
  EXPECT_GT(preemptions, 0u);
  EXPECT_GT(hits, 0);
}

// A real model, all of whose layers attend to eight positions: two blocks are
// enough for any reply, and for guesses ahead.
TEST(WindowedModelTest, TwoBlocksSayWhatManySay) {
  const SteadyClock clock;
  Request request = MakeGreedyRequest(RandomText(60, 200, 1), 196);
  std::vector<Tokens> said;
  for (int num_blocks : {2, 3, 64}) {
    for (Speculation speculation : {Speculation::kOff, Speculation::kNgram}) {
      auto model = OpenTiny("mistral", Numerics::kF32);
      EngineOptions options;
      options.max_batched_tokens = 64;
      options.kv_memory_bytes =
          num_blocks * model->backend->KvBytesPerBlock(model->kv_shape);
      options.speculation_limits.policy = SpeculationPolicy::kFixed;
      auto engine = Engine::Start(options, std::move(model), clock);
      ASSERT_TRUE(engine.ok()) << engine.status();
      request.speculation = speculation;
      const Reply reply = Ask(**engine, request);
      ASSERT_TRUE(reply.status.ok()) << reply.status;
      said.push_back(reply.choices[0].tokens);
      EXPECT_EQ((*engine)->stats().kv_blocks_total, num_blocks);
    }
  }
  EXPECT_EQ(said[0].size(), 196u);
  for (const Tokens& tokens : said) EXPECT_EQ(tokens, said[0]);
}

}  // namespace
}  // namespace mj
