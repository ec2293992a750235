// Speculation through the whole engine: fewer steps, the same replies.
#include <future>
#include <random>

#include "absl/strings/str_cat.h"
#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_model.h"
#include "tests/fakes/requests.h"

namespace mj {
namespace {

class SpeculationTest : public testing::Test {
 protected:
  SpeculationTest() {
    options_.kv_memory_bytes = 1024 * FakeBackend::kBytesPerBlock;
    options_.speculation_limits.policy = SpeculationPolicy::kFixed;
    log_.habit = 15;
  }

  std::unique_ptr<Engine> Start() {
    auto engine = Engine::Start(options_, MakeFakeModel(log_), clock_);
    EXPECT_TRUE(engine.ok()) << engine.status();
    log_.steps = 0;
    return *std::move(engine);
  }

  static void ExpectSame(const Reply& a, const Reply& b) {
    ASSERT_TRUE(a.status.ok()) << a.status;
    ASSERT_TRUE(b.status.ok()) << b.status;
    for (size_t i = 0; i < a.choices.size(); ++i) {
      EXPECT_EQ(a.choices[i].tokens, b.choices[i].tokens);
      EXPECT_EQ(a.choices[i].text, b.choices[i].text);
      EXPECT_EQ(a.choices[i].finish_reason, b.choices[i].finish_reason);
      EXPECT_EQ(a.choices[i].stop_match, b.choices[i].stop_match);
      EXPECT_TRUE(SameBits(a.choices[i].logprobs, b.choices[i].logprobs));
    }
    EXPECT_EQ(a.usage.completion_tokens, b.usage.completion_tokens);
  }

  SteadyClock clock_;
  FakeRunnerLog log_;
  EngineOptions options_;
};

TEST_F(SpeculationTest, SeveralTokensAStep) {
  auto engine = Start();
  const Reply reply = Ask(*engine, MakeGreedyRequest(RandomTokens(20, 1), 200));
  EXPECT_LT(log_.steps, 150);
  const Usage& usage = reply.usage;
  EXPECT_EQ(usage.completion_tokens, 200);
  EXPECT_EQ(log_.steps, 200 - usage.accepted_tokens);
  EXPECT_GT(usage.drafted_tokens, usage.accepted_tokens);
  EXPECT_GT(usage.energy.wasted, Joules(0));
  const EngineStats stats = engine->stats();
  const DrafterStats& ngram =
      stats.speculation.drafters[static_cast<size_t>(Drafter::kNgram)];
  EXPECT_EQ(ngram.drafted, usage.drafted_tokens);
  EXPECT_EQ(ngram.accepted, usage.accepted_tokens);
  EXPECT_EQ(stats.generated_tokens, 200u);
  EXPECT_EQ(stats.kv_blocks_used, 0);
}

TEST_F(SpeculationTest, OffMeansOneTokenAStep) {
  auto engine = Start();
  Request request = MakeGreedyRequest(RandomTokens(20, 1), 100);
  request.speculation = Speculation::kOff;
  const Reply reply = Ask(*engine, request);
  EXPECT_EQ(log_.steps, 100);
  EXPECT_EQ(reply.usage.drafted_tokens, 0);
  EXPECT_TRUE(engine->stats().speculation.choices.empty());
}

TEST_F(SpeculationTest, TheOperatorsOffIsOffForEveryRequest) {
  options_.speculation = Speculation::kOff;
  auto engine = Start();
  Request request = MakeGreedyRequest(RandomTokens(20, 1), 100);
  for (Speculation named :
       {Speculation::kNgram, Speculation::kDraft, Speculation::kExit}) {
    request.speculation = named;
    const absl::Status refused = engine->Submit(request, nullptr).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(refused.message(),
              absl::StrCat("'", std::string(SpeculationName(named)),
                           "' is off on this server (--speculation)"));
  }
  for (Speculation left : {Speculation::kAuto, Speculation::kOff}) {
    request.speculation = left;
    EXPECT_EQ(Ask(*engine, request).usage.drafted_tokens, 0);
  }
}

struct WayCase {
  const char* name;
  void (*change)(Request&);
};

constexpr WayCase kWays[] = {
    {"greedy", [](Request&) {}},
    {"drawn", [](Request& r) { r.sampling.temperature = 1; }},
    {"top-k",
     [](Request& r) {
       r.sampling.temperature = 0.7f;
       r.sampling.top_k = 20;
     }},
    {"penalties",
     [](Request& r) {
       r.sampling.repetition_penalty = 1.1f;
       r.sampling.frequency_penalty = 0.5f;
     }},
    {"logprobs", [](Request& r) { r.logprobs.generated = 5; }},
    {"prompt logprobs", [](Request& r) { r.logprobs.prompt = 2; }},
    {"choices",
     [](Request& r) {
       r.num_choices = 3;
       r.sampling.temperature = 1;
     }},
    {"a stop token",
     [](Request& r) {
       for (TokenId id = 0; id < 8; ++id) r.stop.token_ids.push_back(id);
     }},
    {"a stop string",
     [](Request& r) {
       r.stop.strings = {"a", "zz"};
     }},
    {"least tokens",
     [](Request& r) {
       r.stop.strings = {"e"};
       r.stop.min_tokens = 3;
     }},
};

TEST_F(SpeculationTest, RepliesAreThoseWithoutIt) {
  for (const WayCase& way : kWays) {
    SCOPED_TRACE(way.name);
    int accepted = 0;
    for (uint32_t seed = 0; seed < 12; ++seed) {
      SCOPED_TRACE(seed);
      Request request =
          MakeGreedyRequest(RandomTokens(1 + seed * 9, seed), 3 + seed * 11);
      way.change(request);
      auto engine = Start();
      const Reply with = Ask(*engine, request);
      request.speculation = Speculation::kOff;
      ExpectSame(with, Ask(*engine, request));
      accepted += with.usage.accepted_tokens;
    }
    EXPECT_GT(accepted, 0);
  }
}

// Random company in small pools, with preemptions, few rows a step, shared
// beginnings and clients that leave.
TEST_F(SpeculationTest, CompanyChangesNothing) {
  auto plain = Start();
  uint64_t preemptions = 0;
  int64_t accepted = 0, cached = 0;
  for (uint32_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    options_.kv_memory_bytes =
        (10 + random() % 20) * FakeBackend::kBytesPerBlock;
    options_.max_batched_tokens = 8 + random() % 100;
    std::promise<void> all_are_there;
    log_.before_step = [there = all_are_there.get_future().share()] {
      there.wait();
    };
    auto engine = Start();
    std::vector<Request> asked;
    std::vector<std::shared_ptr<ResponseChannel>> channels;
    for (int i = 0; i < 16; ++i) {
      Request request = MakeGreedyRequest(RandomTokens(100, random() % 2),
                                          20 + random() % 100);
      kWays[random() % std::size(kWays)].change(request);
      asked.push_back(request);
      channels.push_back(*engine->Submit(request, nullptr));
      if (random() % 5 == 0) channels[random() % channels.size()]->Cancel();
    }
    all_are_there.set_value();
    for (size_t i = 0; i < asked.size(); ++i) {
      const Reply reply = ReadAll(*channels[i]);
      if (absl::IsCancelled(reply.status)) continue;
      asked[i].speculation = Speculation::kOff;
      ExpectSame(reply, Ask(*plain, asked[i]));
      cached += reply.usage.cached_tokens;
      accepted += reply.usage.accepted_tokens;
    }
    preemptions += engine->stats().preemptions;
    EXPECT_EQ(engine->stats().kv_blocks_used, 0);
  }
  EXPECT_GT(preemptions, 0u);
  EXPECT_GT(accepted, 0);
  EXPECT_GT(cached, 0);
}

}  // namespace
}  // namespace mj
