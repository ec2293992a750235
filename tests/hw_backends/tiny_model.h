// A model of one layer with every verb, to drive backends by.
#ifndef MILLIJOULE_TESTS_HW_BACKENDS_TINY_MODEL_H_
#define MILLIJOULE_TESTS_HW_BACKENDS_TINY_MODEL_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "hw_backends/backend.h"
#include "tests/kernels/random_weights.h"

namespace mj {

inline constexpr int kHidden = 64, kHeads = 4, kKvHeads = 2, kHeadDim = 20;
inline constexpr int kInner = 96, kVocab = 83;
inline constexpr int kQkv = (kHeads + 2 * kKvHeads) * kHeadDim;

// A layer with every verb: parts of different types, head norms, a window.
class TinyModel {
 public:
  // REQUIRES: steps of kMaxRows rows.
  explicit TinyModel(std::unique_ptr<Backend> backend)
      : backend_(std::move(backend)) {
    using Kind = MatrixRole::Kind;
    embedding_ = Load({{TensorType::kQ8_0, kVocab, kHidden}}, 1, Kind::kHead);
    qkv_ = Load({{TensorType::kQ5_0, kHeads * kHeadDim, kHidden},
                 {TensorType::kQ4_1, kKvHeads * kHeadDim, kHidden},
                 {TensorType::kQ8_0, kKvHeads * kHeadDim, kHidden}},
                2, Kind::kQkv);
    output_ = Load({{TensorType::kF16, kHidden, kHeads * kHeadDim}}, 3,
                   Kind::kOutput);
    gate_up_ = Load({{TensorType::kQ4_0, kInner, kHidden},
                     {TensorType::kBF16, kInner, kHidden}},
                    4, Kind::kGateUp);
    down_ = Load({{TensorType::kQ5_1, kHidden, kInner}}, 5, Kind::kDown);
    norm_ = LoadVector(kHidden, 6);
    spec_ = {.layer = 0,
             .num_heads = kHeads,
             .num_kv_heads = kKvHeads,
             .head_dim = kHeadDim,
             .scale = 0.2f,
             .window = 50,
             .rope = backend_->AddRope({{1.0f, 0.3f, 0.1f}, 1, false}),
             .q_norm = LoadVector(kHeadDim, 7),
             .k_norm = LoadVector(kHeadDim, 8),
             .norm_epsilon = 1e-6f};
    x_ = backend_->AddBuffer(kHidden);
    normed_ = backend_->AddBuffer(kHidden);
    qkv_out_ = backend_->AddBuffer(kQkv);
    heads_ = backend_->AddBuffer(kHeads * kHeadDim);
    gated_ = backend_->AddBuffer(kInner);
    EXPECT_TRUE(backend_->AllocateKv({1, kKvHeads, kHeadDim}, 32).ok());
  }

  // Logits of every row of the step, or of those that each narrowing leaves,
  // once all rows' keys and values are stored, or before.
  std::vector<float> Step(std::span<const int32_t> tokens,
                          std::span<const StepSequence> sequences,
                          const std::vector<std::vector<int>>& kept = {},
                          bool stores_all = true) {
    size_t num_rows = tokens.size();
    backend_->BeginStep({tokens, sequences});
    backend_->Embed(embedding_, 2.0f, x_);
    const InputNorm norm{norm_, 1e-5f};
    backend_->Linear({.matrix = qkv_, .norm = norm}, x_, qkv_out_);
    if (stores_all) backend_->RopeAndWriteKv(spec_, qkv_out_);
    for (const std::vector<int>& rows : kept) {
      const BufferId live[] = {x_, qkv_out_};
      backend_->KeepRows(rows, live);
      num_rows = rows.size();
    }
    if (!stores_all) backend_->RopeAndWriteKv(spec_, qkv_out_);
    backend_->Attention(spec_, qkv_out_, heads_);
    backend_->Linear({.matrix = output_, .accumulate = true}, heads_, x_);
    backend_->Linear(
        {.matrix = gate_up_, .norm = norm, .gate = Activation::kSilu}, x_,
        gated_);
    backend_->Linear({.matrix = down_}, gated_, normed_);
    backend_->RmsNorm(normed_, norm_, 1e-5f, /*accumulate=*/true, x_);
    std::vector<LogitsRow> rows;
    for (size_t r = 0; r < num_rows; ++r) {
      rows.push_back({static_cast<int>(r)});
    }
    std::vector<float> logits(rows.size() * kVocab);
    backend_->Logits({.matrix = embedding_}, x_, rows, logits, {});
    report_ = backend_->EndStep();
    EXPECT_GE(report_.busy.count(), 0);
    return logits;
  }

  // Logits of a whole sequence, `chunk` tokens a step, in blocks from
  // `first_block` on.
  std::vector<float> Run(const std::vector<int32_t>& tokens, int chunk,
                         int first_block) {
    std::vector<int32_t> table(8);
    std::iota(table.begin(), table.end(), first_block);
    std::vector<float> logits;
    const int length = static_cast<int>(tokens.size());
    for (int at = 0; at < length; at += chunk) {
      const int count = std::min(chunk, length - at);
      const StepSequence sequence{0, count, at, table};
      const auto some =
          Step({tokens.data() + at, size_t(count)}, {&sequence, 1});
      logits.insert(logits.end(), some.begin(), some.end());
    }
    return logits;
  }

  Backend& backend() { return *backend_; }
  const StepReport& report() const { return report_; }  // of the last step

  static constexpr int kMaxRows = 160;

 private:
  struct Part {
    TensorType type;
    int64_t rows, cols;
  };
  WeightId Load(const std::vector<Part>& parts, uint32_t seed,
                MatrixRole::Kind kind) {
    std::vector<RandomMatrix> matrices;
    for (const Part& part : parts) {
      matrices.push_back(
          MakeRandomMatrix(part.type, part.rows, part.cols, seed));
    }
    std::vector<TensorView> views;
    for (const RandomMatrix& matrix : matrices) views.push_back(matrix.view());
    return *backend_->LoadMatrix(views, {}, {.kind = kind});
  }
  WeightId LoadVector(int cols, uint32_t seed) {
    const RandomMatrix vector =
        MakeRandomMatrix(TensorType::kF32, 1, cols, seed);
    return *backend_->LoadVector(vector.view());
  }

  std::unique_ptr<Backend> backend_;
  StepReport report_;
  WeightId embedding_, qkv_, output_, gate_up_, down_, norm_;
  BufferId x_, normed_, qkv_out_, heads_, gated_;
  AttentionSpec spec_;
};

inline std::vector<int32_t> Tokens(int count) {
  std::vector<int32_t> tokens(count);
  for (int i = 0; i < count; ++i) tokens[i] = (i * 31 + 7) % kVocab;
  return tokens;
}

}  // namespace mj

#endif  // MILLIJOULE_TESTS_HW_BACKENDS_TINY_MODEL_H_
