// Tiny random models of each architecture, on every backend this host has,
// against frozen float32 logits of an independent implementation
// (tests/tools/make_tiny_models.py).
#include "engine/model/decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "engine/model/load_weights.h"
#include "hw_backends/cpu/cpu_backend.h"
#include "hw_backends/onednn/onednn_backend.h"
#include "kernels/cpu_features.h"
#include "nlohmann/json.hpp"

namespace mj {
namespace {

constexpr const char* kModels[] = {"llama3", "llama-quantised", "mistral",
                                   "qwen2",  "qwen2-yarn",      "qwen3",
                                   "gemma3"};
constexpr int kMaxRows = 64;
constexpr int kNumBlocks = 4;

struct BackendCase {
  std::string name;
  Numerics numerics;
  std::function<absl::StatusOr<std::unique_ptr<Backend>>(int threads)> make;
};

std::vector<BackendCase> Backends() {
  std::vector<BackendCase> cases;
  for (Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512, Isa::kAmx}) {
    if (!Supports(ReadCpuFeatures(), isa)) continue;
    for (Numerics numerics :
         {Numerics::kF32, Numerics::kBf16, Numerics::kInt8}) {
      const std::string name =
          std::string(IsaName(isa)) + " " + std::string(NumericsName(numerics));
      cases.push_back({name, numerics, [=](int threads) {
                         return MakeCpuBackend({.threads = threads,
                                                .isa = isa,
                                                .numerics = numerics,
                                                .max_rows = kMaxRows});
                       }});
    }
  }
  cases.push_back({"onednn", Numerics::kF32, [](int threads) {
                     return MakeOneDnnBackend(
                         {.threads = threads, .max_rows = kMaxRows});
                   }});
  return cases;
}

nlohmann::json Reference(const std::string& model) {
  return nlohmann::json::parse(
      std::ifstream(MJ_SOURCE_DIR "/tests/data/tiny/" + model + ".json"));
}

// A model on a backend, with one sequence's blocks in reverse order.
struct Runner {
  Runner(const std::string& model, const BackendCase& backend_case, int threads,
         const WeightReduction& reduction = {}) {
    auto file =
        ModelFile::Open(MJ_SOURCE_DIR "/tests/data/tiny/" + model + ".gguf");
    EXPECT_TRUE(file.ok()) << file.status();
    const absl::Status reduced = file->Reduce(reduction);
    EXPECT_TRUE(reduced.ok()) << reduced;
    backend = *backend_case.make(threads);
    auto weights = LoadWeights(*file, *backend);
    EXPECT_TRUE(weights.ok()) << weights.status();
    const ModelConfig& config = file->config();
    decoder = std::make_unique<Decoder>(*std::move(weights),
                                        ShapeOf(config, *file), *backend);
    const absl::Status allocated = backend->AllocateKv(
        {config.num_layers, config.num_kv_heads, config.head_dim}, kNumBlocks);
    EXPECT_TRUE(allocated.ok()) << allocated;
    std::iota(block_table.rbegin(), block_table.rend(), 0);
  }

  // Logits of every row of `ids`, which go in `chunk` rows at a time.
  std::vector<std::vector<float>> Logits(const std::vector<int32_t>& ids,
                                         int chunk) {
    std::vector<std::vector<float>> all;
    const int total = ids.size();
    for (int start = 0; start < total; start += chunk) {
      const int rows = std::min(chunk, total - start);
      ForwardBatch batch;
      batch.tokens.assign(ids.begin() + start, ids.begin() + start + rows);
      batch.sequences.push_back({.num_rows = rows,
                                 .start_position = start,
                                 .block_table = block_table});
      for (int r = 0; r < rows; ++r) batch.logits_rows.push_back({r});
      batch.shape.sequences.push_back({rows, start, rows});
      decoder->Run(batch, [&](int, const RowLogits& logits) {
        all.emplace_back(logits.all.begin(), logits.all.end());
      });
    }
    return all;
  }

  std::unique_ptr<Backend> backend;
  std::unique_ptr<Decoder> decoder;
  std::vector<int32_t> block_table = std::vector<int32_t>(kNumBlocks);
};

class DecoderTest : public testing::TestWithParam<const char*> {};

TEST_P(DecoderTest, FollowsTheFloat32ReferenceOnEveryBackend) {
  const nlohmann::json reference = Reference(GetParam());
  const std::vector<int32_t> ids = reference["ids"];
  const std::vector<std::vector<float>> want = reference["logits"];
  for (const BackendCase& backend : Backends()) {
    const auto got = Runner(GetParam(), backend, 2).Logits(ids, ids.size());
    ASSERT_EQ(got.size(), ids.size());
    double worst = 0;
    for (size_t i = 0; i < want.size(); ++i) {
      const std::vector<float>& row = got[ids.size() - want.size() + i];
      ASSERT_EQ(row.size(), want[i].size());
      for (size_t k = 0; k < row.size(); ++k) {
        worst = std::max<double>(worst, std::abs(row[k] - want[i][k]));
      }
    }
    // What rounds activations is bounded on the real models, by their golden
    // logits; these tiny ones are random and not trained to bear it.
    EXPECT_LE(worst, backend.numerics == Numerics::kF32 ? 5e-5 : 0.5)
        << backend.name;
  }
}

TEST_P(DecoderTest, BitsDependOnNeitherChunksNorThreads) {
  const std::vector<int32_t> ids = Reference(GetParam())["ids"];
  for (const BackendCase& backend : Backends()) {
    Runner one(GetParam(), backend, 1);
    if (!one.backend->info().batch_invariant) continue;
    const auto want = one.Logits(ids, ids.size());
    for (int chunk : {1, 7, 32}) {
      EXPECT_EQ(one.Logits(ids, chunk), want) << backend.name << " " << chunk;
    }
    EXPECT_EQ(Runner(GetParam(), backend, 3).Logits(ids, 13), want)
        << backend.name;
  }
}

BackendCase NarrowActivations(Isa isa, int bits) {
  return {absl::StrCat(std::string(IsaName(isa)), " activations of ", bits),
          Numerics::kInt8, [=](int threads) {
            return MakeCpuBackend({.threads = threads,
                                   .isa = isa,
                                   .numerics = Numerics::kInt8,
                                   .activation_bits = bits,
                                   .max_rows = kMaxRows});
          }};
}

TEST_P(DecoderTest, ReducedModelsObeyTheRuleOfBitsToo) {
  const std::vector<int32_t> ids = Reference(GetParam())["ids"];
  const WeightReduction reductions[] = {{{Sparsity::Kind::kNofM, 2, 4}, 4},
                                        {{Sparsity::Kind::kBlock, 1, 2}, 2}};
  for (Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512, Isa::kAmx}) {
    if (!Supports(ReadCpuFeatures(), isa)) continue;
    for (const WeightReduction& reduction : reductions) {
      const BackendCase backend = NarrowActivations(isa, reduction.bits);
      Runner one(GetParam(), backend, 1, reduction);
      const auto want = one.Logits(ids, ids.size());
      EXPECT_NE(want,
                Runner(GetParam(), NarrowActivations(isa, 8), 1, reduction)
                    .Logits(ids, ids.size()));
      for (int chunk : {1, 7}) {
        EXPECT_EQ(one.Logits(ids, chunk), want) << backend.name << " " << chunk;
      }
      EXPECT_EQ(Runner(GetParam(), backend, 3, reduction).Logits(ids, 13), want)
          << backend.name;
    }
  }
}

TEST(DecoderProgressTest, EveryLayerCounts) {
  const nlohmann::json reference = Reference("llama3");
  const std::vector<int32_t> ids = reference["ids"];
  Runner runner("llama3", Backends()[0], 1);
  EXPECT_EQ(runner.decoder->layers_done(), 0u);
  const int chunks = 2, rows = (std::ssize(ids) + 1) / chunks;
  runner.Logits(ids, rows);
  EXPECT_EQ(runner.decoder->layers_done(),
            chunks * runner.decoder->weights().layers.size());
}

TEST(DecoderReductionTest, DenseAndEightBitsChangeNoBit) {
  constexpr const char* kModel = "llama-quantised";
  const std::vector<int32_t> ids = Reference(kModel)["ids"];
  for (Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512, Isa::kAmx}) {
    if (!Supports(ReadCpuFeatures(), isa)) continue;
    EXPECT_EQ(
        Runner(kModel, NarrowActivations(isa, 8), 2, {.bits = 8})
            .Logits(ids, ids.size()),
        Runner(kModel, NarrowActivations(isa, 0), 2).Logits(ids, ids.size()))
        << IsaName(isa);
  }
}

// Rows that want all and rows that want the largest, in one pass.
TEST_P(DecoderTest, EveryRowGetsWhatItWantsInOrder) {
  const std::vector<int32_t> ids = Reference(GetParam())["ids"];
  const int rows = static_cast<int>(ids.size());
  for (const BackendCase& backend : Backends()) {
    Runner runner(GetParam(), backend, 2);
    if (!runner.backend->info().batch_invariant) continue;
    const auto want = runner.Logits(ids, rows);
    ForwardBatch batch;
    batch.tokens = ids;
    batch.sequences.push_back(
        {.num_rows = rows, .block_table = runner.block_table});
    for (int r = 0; r < rows; ++r) batch.logits_rows.push_back({r, r % 3});
    batch.logits_rows.back().top = 1000;  // as many as there are
    int next = 0;
    runner.decoder->Run(batch, [&](int i, const RowLogits& got) {
      EXPECT_EQ(i, next++);
      const int top = batch.logits_rows[i].top;
      const std::vector<TokenLogit> order = TopOf(want[i], std::max(top, 1));
      EXPECT_EQ(got.all.size(), top == 0 ? want[i].size() : 0u);
      EXPECT_EQ(got.top.size(), top == 0 ? 0u : order.size());
      for (size_t k = 0; k < got.all.size(); ++k) {
        ASSERT_EQ(got.all[k], want[i][k]);
      }
      for (size_t k = 0; k < got.top.size(); ++k) {
        ASSERT_EQ(got.top[k].id, order[k].id);
        ASSERT_EQ(got.top[k].logit, order[k].logit);
      }
    });
    EXPECT_EQ(next, rows) << backend.name;
  }
}

using Rows = std::vector<LogitsRow>;

Rows RowsOf(std::initializer_list<int> rows) {
  Rows wanted;
  for (int row : rows) wanted.push_back({row});
  return wanted;
}

// [first, end), every `step`-th.
Rows RowsOf(int first, int end, int step = 1) {
  Rows wanted;
  for (int row = first; row < end; row += step) wanted.push_back({row});
  return wanted;
}

// Three sequences in a fresh cache: their contexts; then a step of the second
// chunk of a prompt, a decode, and a prompt's first chunk; then a row of each.
class MixedSteps {
 public:
  static constexpr int kContext = 9 + 6, kRows = 13 + 1 + 20;

  MixedSteps(const char* model, const BackendCase& backend,
             const std::vector<int32_t>& ids)
      : ids_(ids), runner_(model, backend, 2) {}

  // What the last two steps gave, row after row. Of rows that do not want all,
  // the largest alone.
  std::vector<std::vector<float>> Run(const Rows& of_context,
                                      const Rows& wanted) {
    Step({{0, 9, 0}, {1, 6, 0}}, of_context);
    got_.clear();
    Step({{0, 13, 9}, {1, 1, 6}, {2, 20, 0}}, wanted);
    Step({{0, 1, 22}, {1, 1, 7}, {2, 1, 20}}, RowsOf({0, 1, 2}));
    return got_;
  }
  bool exact() const { return runner_.backend->info().batch_invariant; }

 private:
  struct Part {
    int sequence, count, start;
  };
  void Step(const std::vector<Part>& parts, const Rows& wanted) {
    ForwardBatch batch;
    for (const Part& part : parts) {
      batch.sequences.push_back({static_cast<int>(batch.tokens.size()),
                                 part.count, part.start,
                                 tables_[part.sequence]});
      // Sequences differ: each starts elsewhere in the text.
      const auto first = ids_.begin() + 3 * part.sequence + part.start;
      batch.tokens.insert(batch.tokens.end(), first, first + part.count);
    }
    batch.logits_rows = wanted;
    runner_.decoder->Run(batch, [&](int, const RowLogits& logits) {
      got_.emplace_back(logits.all.begin(), logits.all.end());
      if (logits.all.empty()) got_.back() = {logits.top[0].logit};
    });
  }

  const std::vector<int32_t>& ids_;
  Runner runner_;
  const std::vector<int32_t> tables_[3] = {{3}, {0}, {2}};
  std::vector<std::vector<float>> got_;
};

const struct WantedCase {
  const char* name;
  Rows wanted;
} kWantedCases[] = {
    {"none", {}},
    {"the first", RowsOf({0})},
    {"the last", RowsOf({MixedSteps::kRows - 1})},
    {"the last of each sequence", RowsOf({12, 13, 33})},
    {"the decode alone", RowsOf({13})},
    {"in the middle of a chunk", RowsOf({4, 5, 6})},
    {"the starts", RowsOf({0, 1, 14, 15})},
    {"parted", RowsOf({0, 2, 3, 11, 14, 16, 32})},
    {"every second", RowsOf(0, MixedSteps::kRows, 2)},
    {"all but the first", RowsOf(1, MixedSteps::kRows)},
    {"all", RowsOf(0, MixedSteps::kRows)},
    {"a row's all and its largest", {{3}, {3, 1}, {20, 2}, {20}}},
};

// Rows that nobody asks for end in the last layer, once their K and V are
// stored: those who are asked for, then and later, must not see it.
TEST_P(DecoderTest, ARowsLogitsDoNotDependOnWhichOthersAreWanted) {
  const std::vector<int32_t> ids = Reference(GetParam())["ids"];
  for (const BackendCase& backend : Backends()) {
    const auto every =
        MixedSteps(GetParam(), backend, ids)
            .Run(RowsOf(0, MixedSteps::kContext), RowsOf(0, MixedSteps::kRows));
    ASSERT_EQ(every.size(), MixedSteps::kRows + 3u);
    for (const WantedCase& c : kWantedCases) {
      SCOPED_TRACE(testing::Message() << backend.name << ", " << c.name);
      std::vector<std::vector<float>> want;
      for (const LogitsRow& row : c.wanted) {
        want.push_back(every[row.row]);
        if (row.top > 0) want.back() = {std::ranges::max(want.back())};
      }
      want.insert(want.end(), every.end() - 3, every.end());
      MixedSteps steps(GetParam(), backend, ids);
      const auto got = steps.Run({}, c.wanted);
      if (steps.exact()) {
        EXPECT_EQ(got, want);
        continue;
      }
      ASSERT_EQ(got.size(), want.size());
      for (size_t i = 0; i < got.size(); ++i) {
        ASSERT_EQ(got[i].size(), want[i].size());
        for (size_t k = 0; k < got[i].size(); ++k) {
          ASSERT_NEAR(got[i][k], want[i][k], 5e-5) << "row " << i;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, DecoderTest, testing::ValuesIn(kModels),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace mj
