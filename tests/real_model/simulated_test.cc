// Simulated devices on real models, against the CPU's int8 numerics.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <memory>
#include <sstream>
#include <utility>
#include <vector>

#include "hw_backends/models/fusion_ledger.h"
#include "hw_backends/simulated_backend.h"
#include "tests/fakes/counting_backend.h"
#include "tests/real_model/log_softmax.h"
#include "tests/real_model/model_fixture.h"

namespace mj {
namespace {

constexpr const char* kModels[] = {"SmolLM2-135M-Instruct.Q4_1.gguf",
                                   "gemma-3-270m-q4_k_m.gguf"};
constexpr CpuBackendOptions kOptions = {
    .threads = 2, .numerics = Numerics::kInt8, .max_rows = kMaxTestRows};

absl::StatusOr<std::unique_ptr<Backend>> Simulated(const std::string& name) {
  return MakeSimulatedBackend(*FindSimulated(name, ""), SimulationOptions(),
                              kOptions);
}

// Logits of every position, or none where the model is not there.
std::vector<std::vector<float>> RunText(std::unique_ptr<LoadedModel> model) {
  std::vector<std::vector<float>> logits;
  if (model == nullptr) return logits;
  std::vector<int32_t> ids = model->tokenizer->Encode(
      "Weights stay where they are, and activations pass through them a bit "
      "at a time; what is counted is the same.");
  SingleSequence(*model).Append(
      ids, /*all_logits=*/true, [&](int, const RowLogits& row) {
        logits.emplace_back(row.all.begin(), row.all.end());
      });
  return logits;
}

class SimulatedTest : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Models, SimulatedTest, testing::ValuesIn(kModels),
                         [](const auto& info) {
                           return std::string(info.param).substr(0, 5);
                         });

TEST_P(SimulatedTest, DigitalLogitsAreTheCpusBitForBit) {
  const std::string file = GetParam();
  const auto want = RunText(LoadForTest(file, Numerics::kInt8));
  if (want.empty()) GTEST_SKIP() << MissingModel(file);
  EXPECT_EQ(RunText(LoadForTest(file, Simulated("cim:cimple-28nm"))), want);
}

TEST_P(SimulatedTest, FixedPointStaysNearInt8) {
  const std::string file = GetParam();
  const auto want = RunText(LoadForTest(file, Numerics::kInt8));
  if (want.empty()) GTEST_SKIP() << MissingModel(file);
  const auto got = RunText(LoadForTest(file, Simulated("fpga:kv260-llama2")));
  ASSERT_EQ(got.size(), want.size());
  double divergence = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    const std::vector<double> p = LogSoftmax(want[i]), q = LogSoftmax(got[i]);
    for (size_t t = 0; t < p.size(); ++t) {
      divergence += std::exp(p[t]) * (p[t] - q[t]);
    }
  }
  const double mean = divergence / static_cast<double>(got.size());
  RecordProperty("mean_divergence", std::to_string(mean));
  EXPECT_LT(mean, 0.03);  // nats a token
}

// The fused side of the ledger is what the decoder has the backend move, in
// elements, where each feed-forward part and attention is one unit.
TEST_P(SimulatedTest, FpgaMovesWhatTheFusionLedgerSays) {
  const std::string file = GetParam();
  if (FindModel(file).empty()) GTEST_SKIP() << MissingModel(file);
  auto fpga = Simulated("fpga:artix7-fused");
  ASSERT_TRUE(fpga.ok()) << fpga.status();
  auto counting = std::make_unique<CountingBackend>(*std::move(fpga));
  CountingBackend& counter = *counting;
  const auto model = LoadForTest(
      file, absl::StatusOr<std::unique_ptr<Backend>>(std::move(counting)));
  SingleSequence sequence(*model);
  const auto run = [&](const std::vector<int32_t>& ids) {
    sequence.Append(ids, /*all_logits=*/true, [](int, const RowLogits&) {});
  };
  const std::vector<int32_t> prompt(20, 5);
  run(prompt);
  const BytesByClass prefill = counter.TakeMlp();
  const FusionLedger wanted = LedgerOfMlps(model->shape, 20, {});
  EXPECT_EQ(prefill.activations, wanted.fused.activations);
  EXPECT_EQ(prefill.weights, wanted.fused.weights);
  EXPECT_LT(prefill.activations, 0.15 * wanted.layer_by_layer.activations);

  counter.TakeAttention();
  run({7});
  const BytesByClass decode = counter.TakeAttention();
  const BytesByClass fused = LedgerOfAttentions(model->shape, 1, 21, {}).fused;
  EXPECT_EQ(decode.activations, fused.activations);
  EXPECT_EQ(decode.kv, fused.kv);
  EXPECT_EQ(decode.scores, fused.scores);
  EXPECT_EQ(counter.TakeMlp().activations,
            LedgerOfMlps(model->shape, 1, {}).fused.activations);
}

}  // namespace
}  // namespace mj
