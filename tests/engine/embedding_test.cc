// Embeddings through whole engines: the mean of what the model computes, and
// the same bits in whatever company.
#include <cmath>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "hw_backends/cpu/cpu_backend.h"
#include "tests/fakes/fake_model.h"
#include "tests/fakes/requests.h"

namespace mj {
namespace {

using ::testing::HasSubstr;
using Embedding = std::vector<float>;

const Clock& TestClock() {
  static const SteadyClock clock;
  return clock;
}

Request MakeEmbedRequest(Tokens prompt) {
  Request request;
  request.task = Task::kEmbed;
  request.prompt = std::move(prompt);
  request.stop.max_tokens = 0;
  return request;
}

struct Outcome {
  absl::Status status;
  Embedding embedding;
  Usage usage;
};

Outcome ReadEmbedding(ResponseChannel& channel) {
  Outcome outcome;
  for (bool last = false; !last;) {
    Delta delta = channel.Pop();
    EXPECT_TRUE(delta.tokens.empty());
    if (!delta.embedding.empty()) outcome.embedding = delta.embedding;
    last = delta.last;
    outcome.status = delta.status;
    outcome.usage = delta.usage;
  }
  return outcome;
}

Outcome Embed(Engine& engine, Request request) {
  auto channel = engine.Submit(std::move(request), nullptr);
  if (!channel.ok()) return {channel.status(), {}, {}};
  return ReadEmbedding(**channel);
}

double Norm(const Embedding& e) {
  return std::sqrt(std::inner_product(e.begin(), e.end(), e.begin(), 0.0));
}

std::unique_ptr<Engine> StartFake(FakeRunnerLog& log, EngineOptions options,
                                  int num_blocks) {
  options.kv_memory_bytes = num_blocks * FakeBackend::kBytesPerBlock;
  auto engine = Engine::Start(options, MakeFakeModel(log), TestClock());
  EXPECT_TRUE(engine.ok()) << engine.status();
  return *std::move(engine);
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
    {"few blocks", 64, 512, 40, false, true},
    {"shared beginnings", 64, 512, 4096, true, false},
    {"shared beginnings in a small pool", 64, 100, 40, true, true},
};

// Prompts that begin alike, among replies that outgrow the pool.
TEST(EmbeddingTest, DependsOnNothingButThePrompt) {
  std::vector<Request> crowd;
  for (int i = 0; i < 24; ++i) {
    Tokens prompt = RandomTokens(i % 3 == 0 ? 100 : 7 * i + 1, i);
    for (int k = 0; k < std::min<int>(70, std::ssize(prompt)); ++k) {
      prompt[k] = k;
    }
    if (i % 2 == 0) {
      crowd.push_back(MakeEmbedRequest(prompt));
    } else {
      crowd.push_back(MakeRequest(prompt, 300));
    }
  }
  FakeRunnerLog log;
  EngineOptions plain;
  plain.prefix_cache = false;
  auto lone = StartFake(log, plain, 4096);
  std::vector<Embedding> alone;
  for (const Request& request : crowd) {
    if (request.task == Task::kGenerate) continue;
    alone.push_back(Embed(*lone, request).embedding);
    EXPECT_NEAR(Norm(alone.back()), 1, 1e-6);
  }
  for (const CompanyCase& c : kCompanyCases) {
    SCOPED_TRACE(c.name);
    EngineOptions options;
    options.max_num_seqs = c.max_num_seqs;
    options.max_batched_tokens = c.max_batched_tokens;
    options.prefix_cache = c.shares;
    auto engine = StartFake(log, options, c.num_blocks);
    std::vector<std::shared_ptr<ResponseChannel>> channels;
    for (const Request& request : crowd) {
      channels.push_back(*engine->Submit(request, nullptr));
    }
    std::vector<Embedding> together;
    for (size_t i = 0; i < crowd.size(); ++i) {
      if (crowd[i].task == Task::kGenerate) {
        EXPECT_TRUE(ReadAll(*channels[i]).status.ok());
        continue;
      }
      const Outcome outcome = ReadEmbedding(*channels[i]);
      EXPECT_TRUE(outcome.status.ok()) << outcome.status;
      EXPECT_EQ(outcome.usage.cached_tokens, 0);
      together.push_back(outcome.embedding);
    }
    EXPECT_EQ(together, alone);
    EXPECT_EQ(engine->stats().preemptions > 0, c.preempts);
    EXPECT_EQ(engine->stats().kv_blocks_used, 0);
  }
}

TEST(EmbeddingTest, CountsPromptsAndTheCacheItCannotUse) {
  FakeRunnerLog log;
  auto engine = StartFake(log, {}, 64);
  const Tokens prompt = RandomTokens(100, 1);
  EXPECT_TRUE(Ask(*engine, MakeRequest(prompt, 3)).status.ok());
  const Outcome outcome = Embed(*engine, MakeEmbedRequest(prompt));
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.usage.prompt_tokens, 100);
  EXPECT_EQ(outcome.usage.completion_tokens, 0);
  EXPECT_GT(outcome.usage.energy.total.value(), 0);
  EXPECT_EQ(engine->stats().prefix->lost_scored, 96);
  // What it computed is there for others.
  EXPECT_GE(Ask(*engine, MakeRequest(prompt, 3)).usage.cached_tokens, 96);
}

// A scored prompt runs the head too, a plain one only the last layer's end of
// one row.
TEST(EmbeddingTest, PaysForTheWholeModelButTheHead) {
  FakeRunnerLog log;
  EngineOptions options;
  options.prefix_cache = false;
  auto engine = StartFake(log, options, 64);
  const Tokens prompt = RandomTokens(100, 1);
  const Joules embedded =
      Embed(*engine, MakeEmbedRequest(prompt)).usage.energy.total;
  Request scored = MakeRequest(prompt, 0);
  scored.logprobs.prompt = 0;
  EXPECT_LT(embedded, Ask(*engine, scored).usage.energy.total);
  EXPECT_GT(embedded,
            Ask(*engine, MakeRequest(prompt, 1)).usage.energy.prefill);
}

TEST(EmbeddingTest, RefusesWhatGenerates) {
  FakeRunnerLog log;
  auto engine = StartFake(log, {}, 64);
  Request request = MakeEmbedRequest({1, 2});
  request.stop.max_tokens = 1;
  EXPECT_THAT(std::string(Embed(*engine, request).status.message()),
              HasSubstr("an embedding needs max_tokens = 0"));
  request = MakeEmbedRequest({1, 2});
  request.logprobs.prompt = 1;
  EXPECT_EQ(Embed(*engine, request).status.code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(EmbeddingTest, EndsWhereItsJoulesDo) {
  FakeRunnerLog log;
  EngineOptions options;
  options.max_batched_tokens = 16;
  auto engine = StartFake(log, options, 64);
  Request request = MakeEmbedRequest(RandomTokens(100, 1));
  request.max_energy = Joules(1e-12);
  const Outcome outcome = Embed(*engine, request);
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(outcome.status.message()),
              HasSubstr("before the prompt's embedding was computed"));
  EXPECT_TRUE(outcome.embedding.empty());
}

constexpr int kMaxRows = 64;

std::unique_ptr<LoadedModel> LoadTiny(const std::string& name,
                                      Numerics numerics, int threads) {
  auto backend = MakeCpuBackend(
      {.threads = threads, .numerics = numerics, .max_rows = kMaxRows});
  EXPECT_TRUE(backend.ok()) << backend.status();
  auto model = LoadModel(MJ_SOURCE_DIR "/tests/data/tiny/" + name + ".gguf",
                         *std::move(backend), kMaxRows);
  EXPECT_TRUE(model.ok()) << model.status();
  return *std::move(model);
}

// The mean by hand: one token a step, its residual through all layers, normed.
Embedding MeanByHand(LoadedModel& model, const Tokens& tokens) {
  Backend& backend = *model.backend;
  Decoder& decoder = *model.decoder;
  const int hidden = model.config.hidden;
  const BufferId normed = backend.AddBuffer(hidden);
  std::vector<int32_t> table(4);
  std::iota(table.begin(), table.end(), 0);
  EXPECT_TRUE(backend.AllocateKv(model.kv_shape, 4).ok());
  std::vector<double> sum(hidden);
  std::vector<float> row(hidden);
  for (int i = 0; i < std::ssize(tokens); ++i) {
    ForwardBatch batch{.tokens = {tokens[i]}};
    batch.sequences.push_back(
        {.num_rows = 1, .start_position = i, .block_table = table});
    decoder.Begin(batch);
    decoder.RunLayers(0, model.config.num_layers);
    backend.RmsNorm(decoder.residual(), decoder.weights().final_norm,
                    model.config.norm_epsilon, /*accumulate=*/false, normed);
    backend.ReadRows(normed, 0, row);
    backend.EndStep();
    for (int c = 0; c < hidden; ++c) sum[c] += row[c];
  }
  double squares = 0;
  for (double x : sum) squares += x * x;
  Embedding mean;
  for (double x : sum)
    mean.push_back(static_cast<float>(x / std::sqrt(squares)));
  return mean;
}

TEST(EmbeddingTest, IsTheMeanOfTheModelsLastHiddenStates) {
  for (const char* name : {"llama-quantised", "qwen3", "gemma3"}) {
    for (Numerics numerics : {Numerics::kF32, Numerics::kInt8}) {
      SCOPED_TRACE(testing::Message() << name << NumericsName(numerics));
      Tokens tokens;
      for (int i = 0; i < 70; ++i) tokens.push_back((37 * i + 5) % 90);
      const Embedding want = MeanByHand(*LoadTiny(name, numerics, 1), tokens);
      EXPECT_NEAR(Norm(want), 1, 1e-6);
      for (int rows : {7, kMaxRows}) {
        EngineOptions options;
        options.kv_memory_bytes = int64_t{16} << 20;
        options.max_batched_tokens = rows;
        auto engine =
            Engine::Start(options, LoadTiny(name, numerics, 2), TestClock());
        ASSERT_TRUE(engine.ok()) << engine.status();
        // A reply decodes beside it.
        auto beside = (*engine)->Submit(MakeRequest({5, 6, 7}, 60), nullptr);
        const Outcome got = Embed(**engine, MakeEmbedRequest(tokens));
        ASSERT_TRUE(got.status.ok()) << got.status;
        EXPECT_EQ(got.embedding, want);
        EXPECT_TRUE(ReadAll(**beside).status.ok());
      }
    }
  }
}

}  // namespace
}  // namespace mj
