#include "engine/engine.h"

#include <cmath>
#include <future>
#include <random>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_model.h"
#include "tests/fakes/reply.h"

namespace mj {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<Engine> StartEngine(FakeRunnerLog& log, EngineOptions options,
                                    int context_length = 8192) {
  static const SteadyClock clock;
  absl::StatusOr<std::unique_ptr<Engine>> engine =
      Engine::Start(options, MakeFakeModel(log, context_length), clock);
  EXPECT_TRUE(engine.ok()) << engine.status();
  return *std::move(engine);
}

EngineOptions Blocks(int num_blocks) {
  EngineOptions options;
  options.kv_memory_bytes = num_blocks * FakeBackend::kBytesPerBlock;
  return options;
}

std::vector<TokenId> RandomPrompt(int length, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<TokenId> ids(length);
  for (TokenId& id : ids) id = random() % 256;
  return ids;
}

Request MakeRequest(std::vector<TokenId> prompt, int max_tokens) {
  Request request;
  request.prompt = std::move(prompt);
  request.stop.max_tokens = max_tokens;
  request.stop.ignore_eos = true;
  request.sampling.seed = 42;
  request.logprobs.generated = 3;
  return request;
}

Reply Ask(Engine& engine, Request request) {
  auto channel = engine.Submit(std::move(request), nullptr);
  if (!channel.ok()) {
    Reply reply;
    reply.status = channel.status();
    return reply;
  }
  return ReadAll(**channel);
}

// Everything that must not depend on company, chunks or memory.
void ExpectSameReply(const Reply& a, const Reply& b) {
  ASSERT_TRUE(a.status.ok()) << a.status;
  ASSERT_TRUE(b.status.ok()) << b.status;
  ASSERT_EQ(a.choices.size(), b.choices.size());
  for (size_t i = 0; i < a.choices.size(); ++i) {
    EXPECT_EQ(a.choices[i].tokens, b.choices[i].tokens);
    EXPECT_EQ(a.choices[i].text, b.choices[i].text);
    EXPECT_TRUE(SameBits(a.choices[i].logprobs, b.choices[i].logprobs));
    EXPECT_TRUE(
        SameBits(a.choices[i].prompt_logprobs, b.choices[i].prompt_logprobs));
  }
}

// 32 requests of many lengths and one of 3,000 tokens.
std::vector<Request> Crowd() {
  std::vector<Request> crowd;
  crowd.push_back(MakeRequest(RandomPrompt(3000, 99), 20));
  for (int i = 0; i < 32; ++i) {
    Request request = MakeRequest(RandomPrompt(1 + i * 7, i), 1 + i * 5);
    if (i % 3 == 0) request.logprobs.prompt = 2;
    if (i % 4 == 1) request.sampling.temperature = 0;
    if (i % 4 == 2) request.sampling.top_p = 0.5;
    if (i % 4 == 3) request.sampling.top_k = 30;
    if (i % 7 < 4) request.logprobs.generated.reset();
    if (i % 5 == 3) request.sampling.repetition_penalty = 1.3f;
    if (i % 8 == 7) request.num_choices = 3;
    crowd.push_back(std::move(request));
  }
  return crowd;
}

std::vector<Reply> AskAll(Engine& engine, const std::vector<Request>& crowd) {
  std::vector<std::shared_ptr<ResponseChannel>> channels;
  for (const Request& request : crowd) {
    channels.push_back(*engine.Submit(request, nullptr));
  }
  std::vector<Reply> replies;
  for (auto& channel : channels) replies.push_back(ReadAll(*channel));
  return replies;
}

void ExpectNothingLeft(const Engine& engine) {
  const EngineStats stats = engine.stats();
  EXPECT_EQ(stats.running, 0);
  EXPECT_EQ(stats.waiting, 0);
  EXPECT_EQ(stats.kv_blocks_used, 0);
}

struct CompanyCase {
  const char* name;
  int max_num_seqs, max_batched_tokens, num_blocks;
  bool shares, preempts;
};

constexpr CompanyCase kCompanyCases[] = {
    {"chunks of 512", 64, 512, 4096, false, false},
    {"chunks of 16", 16, 16, 4096, false, false},
    {"rows one at a time", 1, 1, 4096, false, false},
    {"a pool for one long prompt", 64, 512, 97, false, true},
    {"few sequences", 3, 100, 200, false, false},
    {"shared beginnings", 64, 512, 4096, true, false},
    {"shared beginnings in a small pool", 64, 512, 97, true, false},
};

TEST(EngineTest, RepliesDependOnNothingButTheRequest) {
  const std::vector<Request> crowd = Crowd();
  FakeRunnerLog log;
  std::vector<Reply> alone;
  {
    EngineOptions options = Blocks(4096);
    options.prefix_cache = false;
    auto engine = StartEngine(log, options);
    for (const Request& request : crowd) {
      alone.push_back(Ask(*engine, request));
    }
  }
  for (const CompanyCase& c : kCompanyCases) {
    SCOPED_TRACE(c.name);
    EngineOptions options = Blocks(c.num_blocks);
    options.max_num_seqs = c.max_num_seqs;
    options.max_batched_tokens = c.max_batched_tokens;
    options.prefix_cache = c.shares;
    log.max_rows = log.max_sequences = 0;
    auto engine = StartEngine(log, options);
    const std::vector<Reply> together = AskAll(*engine, crowd);
    for (size_t i = 0; i < crowd.size(); ++i) {
      SCOPED_TRACE(i);
      ExpectSameReply(alone[i], together[i]);
    }
    EXPECT_LE(log.max_rows, c.max_batched_tokens);
    EXPECT_LE(log.max_sequences, c.max_num_seqs);
    EXPECT_EQ(engine->stats().preemptions > 0, c.preempts);
    EXPECT_EQ(engine->stats().recomputed_tokens > 0, c.preempts);
    ExpectNothingLeft(*engine);
  }
}

// Whoever tells no logprobs may get by on the largest logits.
TEST(EngineTest, TokensAreTheSameWithAndWithoutLogprobs) {
  FakeRunnerLog log;
  auto engine = StartEngine(log, Blocks(64));
  for (int top_k : {0, 1, 40}) {
    SCOPED_TRACE(top_k);
    Request request = MakeRequest(RandomPrompt(20, top_k), 200);
    request.sampling.top_k = top_k;
    request.num_choices = 2;
    log.top_rows = 0;
    const Reply told = Ask(*engine, request);
    EXPECT_EQ(log.top_rows, 0);
    request.logprobs.generated.reset();
    const Reply untold = Ask(*engine, request);
    EXPECT_EQ(log.top_rows, top_k == 0 ? 0 : 400);
    ASSERT_TRUE(told.status.ok() && untold.status.ok());
    for (int choice : {0, 1}) {
      EXPECT_EQ(told.choices[choice].tokens, untold.choices[choice].tokens);
    }
  }
}

TEST(EngineTest, GeneratedTokensScoreTheSameAsAPrompt) {
  FakeRunnerLog log;
  auto engine = StartEngine(log, Blocks(64));
  const std::vector<TokenId> prompt = RandomPrompt(50, 1);
  const Reply first = Ask(*engine, MakeRequest(prompt, 70));
  ASSERT_TRUE(first.status.ok());
  std::vector<TokenId> whole = prompt;
  const ChoiceReply& generated = first.choices[0];
  whole.insert(whole.end(), generated.tokens.begin(), generated.tokens.end());

  Request request = MakeRequest(whole, 0);
  request.logprobs.prompt = 3;
  const Reply scored = Ask(*engine, request);
  ASSERT_TRUE(scored.status.ok()) << scored.status;
  const std::vector<PositionLogprobs>& all = scored.choices[0].prompt_logprobs;
  ASSERT_EQ(all.size(), whole.size());
  EXPECT_TRUE(std::isnan(all[0].token.logprob));
  EXPECT_TRUE(all[0].top.empty());
  EXPECT_TRUE(
      SameBits({all.begin() + prompt.size(), all.end()}, generated.logprobs));
  EXPECT_TRUE(scored.choices[0].tokens.empty());
  EXPECT_EQ(scored.choices[0].finish_reason, FinishReason::kLength);
  EXPECT_EQ(scored.usage.completion_tokens, 0);
}

TEST(EngineTest, ChoicesDifferAndRepeat) {
  FakeRunnerLog log;
  auto engine = StartEngine(log, Blocks(64));
  Request request = MakeRequest(RandomPrompt(10, 1), 20);
  const Reply one = Ask(*engine, request);
  request.num_choices = 4;
  const Reply four = Ask(*engine, request);
  ASSERT_EQ(four.choices.size(), 4u);
  EXPECT_EQ(four.choices[0].tokens, one.choices[0].tokens);
  EXPECT_NE(four.choices[1].tokens, one.choices[0].tokens);
  EXPECT_EQ(four.usage.prompt_tokens, 10);
  EXPECT_EQ(four.usage.completion_tokens, 80);
  ExpectSameReply(four, Ask(*engine, request));
}

TEST(EngineTest, AnAbsentSeedIsDrawnForEachRequest) {
  FakeRunnerLog log;
  auto engine = StartEngine(log, Blocks(64));
  Request request = MakeRequest(RandomPrompt(10, 1), 20);
  request.sampling.seed.reset();
  EXPECT_NE(Ask(*engine, request).choices[0].tokens,
            Ask(*engine, request).choices[0].tokens);
}

struct RefusalCase {
  const char* name;
  std::function<void(Request&)> change;
  const char* message;
};

TEST(EngineTest, RefusesWhatCannotBe) {
  const RefusalCase kCases[] = {
      {"empty ids", [](Request& r) { r.prompt = std::vector<TokenId>(); },
       "the prompt is empty"},
      {"empty text",
       [](Request& r) {
         r.prompt = "";
         r.add_special = false;
       },
       "the prompt is empty"},
      {"id too large",
       [](Request& r) {
         r.prompt = std::vector<TokenId>{1, 259};
       },
       "position 1 of the prompt is token id 259; the model's ids are 0 to 258"},
      {"negative id", [](Request& r) { r.prompt = std::vector<TokenId>{-1}; },
       "position 0 of the prompt is token id -1"},
      {"over the context",
       [](Request& r) {
         r.prompt = RandomPrompt(900, 0);
         r.stop.max_tokens = 200;
       },
       "the prompt has 900 tokens and max_tokens is 200: 1100 positions, the "
       "context holds 1000"},
      {"prompt fills the context",
       [](Request& r) {
         r.prompt = RandomPrompt(1000, 0);
         r.stop.max_tokens.reset();
       },
       "max_tokens is not given: 1001 positions, the context holds 1000"},
      {"over the pool",
       [](Request& r) {
         r.prompt = RandomPrompt(300, 0);
         r.stop.max_tokens = 30;
       },
       "330 positions, the KV cache holds 320"},
      {"nothing to do", [](Request& r) { r.stop.max_tokens = 0; },
       "max_tokens is 0"},
      {"bias outside",
       [](Request& r) {
         r.sampling.logit_bias = {{1000, 1.0f}};
       },
       "a logit_bias key is token id 1000"},
      {"stop token outside", [](Request& r) { r.stop.token_ids = {999}; },
       "a stop token is token id 999"},
      {"temperature", [](Request& r) { r.sampling.temperature = -1; },
       "temperature is -1"},
  };
  FakeRunnerLog log;
  auto engine = StartEngine(log, Blocks(10), /*context_length=*/1000);
  for (const RefusalCase& c : kCases) {
    SCOPED_TRACE(c.name);
    Request request = MakeRequest({1, 2, 3}, 5);
    c.change(request);
    const absl::Status status = engine->Submit(request, nullptr).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.message));
  }
  EXPECT_TRUE(engine->idle());
  EXPECT_EQ(log.steps, 0);
}

TEST(EngineTest, WithoutMaxTokensAReplyFillsTheContextOrThePool) {
  for (int num_blocks : {10, 1}) {
    FakeRunnerLog log;
    auto engine = StartEngine(log, Blocks(num_blocks), 200);
    Request request = MakeRequest(RandomPrompt(20, 1), 0);
    request.stop.max_tokens.reset();
    const Reply reply = Ask(*engine, request);
    ASSERT_TRUE(reply.status.ok()) << reply.status;
    EXPECT_EQ(reply.usage.completion_tokens,
              std::min(200, num_blocks * kBlockSize) - 20);
    EXPECT_EQ(reply.choices[0].finish_reason, FinishReason::kLength);
  }
}

TEST(EngineTest, EndOfGenerationEndsAndIsListed) {
  FakeRunnerLog log;
  log.after = 'x';
  log.then = FakeTokenizer::kEos;
  auto engine = StartEngine(log, Blocks(10));
  Request request = MakeRequest({'a', 'x'}, 5);
  request.stop.ignore_eos = false;
  const Reply reply = Ask(*engine, request);
  EXPECT_EQ(reply.choices[0].tokens, std::vector<TokenId>{FakeTokenizer::kEos});
  EXPECT_EQ(reply.choices[0].logprobs.size(), 1u);
  EXPECT_EQ(reply.choices[0].text, "");
  EXPECT_EQ(reply.choices[0].finish_reason, FinishReason::kStop);
  EXPECT_EQ(reply.usage.completion_tokens, 1);

  request.stop.ignore_eos = true;  // masks nothing, only goes on
  const Reply longer = Ask(*engine, request);
  EXPECT_EQ(longer.choices[0].tokens[0], FakeTokenizer::kEos);
  EXPECT_EQ(longer.usage.completion_tokens, 5);

  request.stop = {.max_tokens = 5, .min_tokens = 3};
  request.prompt = std::vector<TokenId>{'a', FakeTokenizer::kEos};
  log.after = FakeTokenizer::kEos;  // one end after the other
  const Reply least = Ask(*engine, request);
  EXPECT_EQ(least.usage.completion_tokens, 4);
  EXPECT_EQ(least.choices[0].finish_reason, FinishReason::kStop);
}

TEST(EngineTest, StopTokensAndStopStringsEnd) {
  FakeRunnerLog log;
  auto engine = StartEngine(log, Blocks(10));
  Request request = MakeRequest({'a'}, 40);
  // Letters only, so that bytes are characters.
  for (int id = 0; id < FakeTokenizer::kVocab; ++id) {
    if (id < 'a' || id > 'z') {
      request.sampling.logit_bias.push_back({id, -100.0f});
    }
  }
  const Reply whole = Ask(*engine, request);
  const std::string text = whole.choices[0].text;
  ASSERT_EQ(text.size(), 40u);

  const std::string match = text.substr(20, 3);
  request.stop.strings = {"0", match};
  const Reply cut = Ask(*engine, request);
  EXPECT_EQ(cut.choices[0].text, text.substr(0, text.find(match)));
  EXPECT_EQ(cut.choices[0].stop_match, match);
  EXPECT_EQ(cut.choices[0].finish_reason, FinishReason::kStop);
  EXPECT_EQ(cut.choices[0].tokens.size(), text.find(match) + 3);

  request.stop.include_stop_string = true;
  EXPECT_EQ(Ask(*engine, request).choices[0].text,
            text.substr(0, text.find(match) + 3));

  request.stop.min_tokens = static_cast<int>(text.find(match)) + 3;
  const Reply past = Ask(*engine, request);  // the match comes too early
  EXPECT_GT(past.choices[0].tokens.size(), text.find(match) + 3);

  request.stop = {.max_tokens = 40, .token_ids = {text[9]}};
  const Reply token = Ask(*engine, request);
  EXPECT_EQ(token.choices[0].text, text.substr(0, text.find(text[9])));
  EXPECT_EQ(token.choices[0].tokens.back(), text[9]);
}

TEST(EngineTest, BadLogitsEndTheirRequestOnly) {
  FakeRunnerLog log;
  log.poison = '!';
  auto engine = StartEngine(log, Blocks(64));
  std::vector<Request> crowd = {MakeRequest({'a', 'b'}, 5),
                                MakeRequest({'a', '!'}, 5),
                                MakeRequest({'!', 'a'}, 5)};
  crowd[1].num_choices = 3;
  for (Request& r : crowd) r.sampling.logit_bias = {{'!', -100.0f}};
  crowd.push_back(MakeRequest({'b', '!'}, 1));  // the largest logits alone
  crowd.back().sampling.temperature = 0;
  crowd.back().logprobs.generated.reset();
  const std::vector<Reply> replies = AskAll(*engine, crowd);
  EXPECT_EQ(log.top_rows, 1);
  EXPECT_TRUE(replies[0].status.ok());
  for (int bad : {1, 3}) {
    EXPECT_EQ(replies[bad].status.code(), absl::StatusCode::kInternal);
    EXPECT_THAT(std::string(replies[bad].status.message()),
                HasSubstr("logit of token 7"));
  }
  EXPECT_TRUE(replies[2].status.ok());
  ExpectNothingLeft(*engine);
}

TEST(EngineTest, AModelWithoutLogitsIsAnErrorNotALoop) {
  FakeRunnerLog log;
  log.give_no_logits = true;
  auto engine = StartEngine(log, Blocks(64));
  EXPECT_EQ(Ask(*engine, MakeRequest({1}, 5)).status.code(),
            absl::StatusCode::kInternal);
  ExpectNothingLeft(*engine);
}

TEST(EngineTest, CancellingFreesTheBlocksAtTheNextStep) {
  FakeRunnerLog log;
  std::shared_ptr<ResponseChannel> channel;
  std::promise<void> submitted;
  log.before_step = [&, n = 0]() mutable {
    if (++n == 1) submitted.get_future().wait();
    if (n == 5) channel->Cancel();
    EXPECT_LE(n, 5);
  };
  auto engine = StartEngine(log, Blocks(64));
  channel = *engine->Submit(MakeRequest({1, 2}, 1000), nullptr);
  submitted.set_value();
  const Reply reply = ReadAll(*channel);
  EXPECT_EQ(reply.status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(reply.choices[0].tokens.size(), 5u);
  ExpectNothingLeft(*engine);
}

TEST(EngineTest, ADeadlineEndsARequest) {
  FakeRunnerLog log;
  log.before_step = [] {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  };
  auto engine = StartEngine(log, Blocks(256));
  Request request = MakeRequest({1, 2}, 8000);
  request.timeout = Seconds(0.02);
  const Reply reply = Ask(*engine, request);
  EXPECT_EQ(reply.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_LT(reply.usage.completion_tokens, 8000);
  ExpectNothingLeft(*engine);
}

TEST(EngineTest, AFullQueueRefusesAndDrainingRefuses) {
  FakeRunnerLog log;
  std::promise<void> go;
  log.before_step = [future = go.get_future().share()] { future.wait(); };
  EngineOptions options = Blocks(64);
  options.max_num_seqs = 1;
  options.max_queue = 2;
  auto engine = StartEngine(log, options);
  std::vector<std::shared_ptr<ResponseChannel>> channels;
  absl::Status refused;
  while (refused.ok()) {
    auto channel = engine->Submit(MakeRequest({1}, 2), nullptr);
    refused = channel.status();
    if (channel.ok()) channels.push_back(*channel);
  }
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("at most 2 may"));
  EXPECT_GE(channels.size(), 2u);
  engine->Drain();
  EXPECT_EQ(engine->Submit(MakeRequest({1}, 2), nullptr).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_FALSE(engine->idle());
  go.set_value();
  for (auto& channel : channels) EXPECT_TRUE(ReadAll(*channel).status.ok());
}

TEST(EngineTest, StopCancelsWhatIsInFlight) {
  FakeRunnerLog log;
  auto engine = StartEngine(log, Blocks(256));
  auto running = *engine->Submit(MakeRequest({1}, 8000), nullptr);
  running->Pop();
  auto waiting = *engine->Submit(MakeRequest({1}, 8000), nullptr);
  engine->Stop();
  EXPECT_TRUE(engine->idle());
  EXPECT_EQ(ReadAll(*running).status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(ReadAll(*waiting).status.code(), absl::StatusCode::kCancelled);
}

TEST(EngineTest, StatsCountTokens) {
  FakeRunnerLog log;
  auto engine = StartEngine(log, Blocks(64));
  Request request = MakeRequest(RandomPrompt(40, 1), 7);
  request.num_choices = 2;
  Ask(*engine, request);
  const EngineStats stats = engine->stats();
  EXPECT_EQ(stats.prompt_tokens, 80u);  // of them 32 shared
  EXPECT_EQ(stats.generated_tokens, 14u);
  EXPECT_EQ(stats.preemptions, 0u);
  EXPECT_EQ(stats.kv_blocks_total, 64);
  EXPECT_GE(stats.steps, 7u);
  ExpectNothingLeft(*engine);
}

}  // namespace
}  // namespace mj
