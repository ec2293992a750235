// Whole engines on the tiny random models: a reply's tokens do not depend on
// what else is told about them, on company, or on threads.
#include <gtest/gtest.h>

#include "engine/engine.h"
#include "hw_backends/cpu/cpu_backend.h"
#include "tests/fakes/reply.h"

namespace mj {
namespace {

constexpr const char* kModels[] = {"llama-quantised", "qwen3", "gemma3"};
constexpr int kNumTokens = 200;

std::unique_ptr<Engine> OpenTiny(const std::string& name, Numerics numerics,
                                 int threads) {
  static const SteadyClock clock;
  constexpr int kMaxRows = 64;
  auto backend = MakeCpuBackend(
      {.threads = threads, .numerics = numerics, .max_rows = kMaxRows});
  EXPECT_TRUE(backend.ok()) << backend.status();
  auto model = LoadModel(MJ_SOURCE_DIR "/tests/data/tiny/" + name + ".gguf",
                         *std::move(backend), kMaxRows);
  EXPECT_TRUE(model.ok()) << model.status();
  EngineOptions options;
  options.kv_memory_bytes = int64_t{16} << 20;
  options.max_batched_tokens = kMaxRows;
  auto engine = Engine::Start(options, *std::move(model), clock);
  EXPECT_TRUE(engine.ok()) << engine.status();
  return *std::move(engine);
}

// Greedy, sampled from few, and sampled from all.
std::vector<Request> Requests() {
  std::vector<Request> requests(3);
  requests[0].sampling.temperature = 0;
  requests[1].sampling.top_k = 20;
  requests[2].sampling.top_p = 0.9f;
  for (size_t i = 0; i < requests.size(); ++i) {
    requests[i].prompt = std::vector<TokenId>{7, static_cast<TokenId>(40 + i)};
    requests[i].sampling.seed = i;
    requests[i].stop = {.max_tokens = kNumTokens, .ignore_eos = true};
  }
  return requests;
}

std::vector<std::vector<TokenId>> Ask(Engine& engine,
                                      const std::vector<Request>& requests) {
  std::vector<std::shared_ptr<ResponseChannel>> channels;
  for (const Request& request : requests) {
    channels.push_back(*engine.Submit(request, nullptr));
  }
  std::vector<std::vector<TokenId>> tokens;
  for (auto& channel : channels) {
    const Reply reply = ReadAll(*channel);
    EXPECT_TRUE(reply.status.ok()) << reply.status;
    tokens.push_back(reply.choices[0].tokens);
  }
  return tokens;
}

TEST(TinyModelsTest, TokensDependNeitherOnLogprobsNorThreadsNorCompany) {
  for (const char* name : kModels) {
    for (Numerics numerics : {Numerics::kF32, Numerics::kInt8}) {
      SCOPED_TRACE(testing::Message() << name << NumericsName(numerics));
      const std::vector<Request> plain = Requests();
      std::vector<Request> told = plain;
      for (Request& request : told) request.logprobs.generated = 2;
      auto one = OpenTiny(name, numerics, 1);
      std::vector<std::vector<TokenId>> alone;
      for (const Request& request : told) {
        alone.push_back(Ask(*one, {request})[0]);
      }
      for (const auto& tokens : alone) EXPECT_EQ(tokens.size(), kNumTokens);
      EXPECT_EQ(Ask(*one, plain), alone);
      auto two = OpenTiny(name, numerics, 2);
      EXPECT_EQ(Ask(*two, plain), alone);
      EXPECT_EQ(Ask(*two, told), alone);
    }
  }
}

}  // namespace
}  // namespace mj
