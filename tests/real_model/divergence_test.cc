// How far each numerics profile is from float32, on running text: the mean
// Kullback-Leibler divergence of the next token's distribution,
//   KL(p || q) = sum_i p_i (log p_i - log q_i), p of f32, q of the profile.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "absl/strings/str_format.h"
#include "tests/real_model/log_softmax.h"
#include "tests/real_model/model_fixture.h"

namespace mj {
namespace {

constexpr int kMaxTokens = 320;

struct DivergenceCase {
  const char* name;
  const char* model;
  Numerics numerics;
  double max_mean;  // nats a token
};

constexpr const char* kSmolLm2 = "SmolLM2-135M-Instruct.Q4_1.gguf";
constexpr const char* kGemma3 = "gemma-3-270m-q4_k_m.gguf";
constexpr DivergenceCase kDivergenceCases[] = {
    {"SmolLM2Bf16", kSmolLm2, Numerics::kBf16, 5e-4},
    {"SmolLM2Int8", kSmolLm2, Numerics::kInt8, 5e-3},
    {"Gemma3Bf16", kGemma3, Numerics::kBf16, 5e-4},
    {"Gemma3Int8", kGemma3, Numerics::kInt8, 5e-3},
};

std::string Prose() {
  std::ifstream file(MJ_SOURCE_DIR "/tests/data/prose.txt");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// False: the model is not there.
bool RunProse(const DivergenceCase& c, Numerics numerics,
              const LogitsSink& sink) {
  std::unique_ptr<LoadedModel> model = LoadForTest(c.model, numerics);
  if (model == nullptr) return false;
  std::vector<int32_t> ids = model->tokenizer->Encode(Prose());
  ids.resize(std::min<size_t>(ids.size(), kMaxTokens));
  SingleSequence(*model).Append(ids, /*all_logits=*/true, sink);
  return true;
}

double Divergence(const std::vector<double>& p, const std::vector<double>& q) {
  double sum = 0;
  for (size_t i = 0; i < p.size(); ++i) sum += std::exp(p[i]) * (p[i] - q[i]);
  return sum;
}

class DivergenceTest : public testing::TestWithParam<DivergenceCase> {};

TEST_P(DivergenceTest, StaysWithinItsProfilesBound) {
  const DivergenceCase& c = GetParam();
  std::vector<std::vector<float>> wanted;
  const bool found =
      RunProse(c, Numerics::kF32, [&](int, const RowLogits& logits) {
        wanted.emplace_back(logits.all.begin(), logits.all.end());
      });
  if (!found) GTEST_SKIP() << MissingModel(c.model);
  double sum = 0, largest = 0;
  int same = 0;
  RunProse(c, c.numerics, [&](int row, const RowLogits& logits) {
    const std::vector<double> want = LogSoftmax(wanted[row]);
    const std::vector<double> got = LogSoftmax(logits.all);
    const double divergence = Divergence(want, got);
    sum += divergence;
    largest = std::max(largest, divergence);
    same += Argmax(want) == Argmax(got);
  });
  const double mean = sum / wanted.size();
  absl::PrintF("%s: %d tokens, KL mean %.6f, largest %.6f, same argmax %d\n",
               c.name, wanted.size(), mean, largest, same);
  EXPECT_LE(mean, c.max_mean);
}

INSTANTIATE_TEST_SUITE_P(Models, DivergenceTest,
                         testing::ValuesIn(kDivergenceCases),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace mj
