// A backend that counts what the verbs of another one move, in elements, where
// a feed-forward part and attention are units of their own: what such a unit
// keeps inside must be read by nobody else.
#ifndef MILLIJOULE_TESTS_FAKES_COUNTING_BACKEND_H_
#define MILLIJOULE_TESTS_FAKES_COUNTING_BACKEND_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "hw_backends/backend.h"
#include "hw_backends/models/device_cost.h"
#include "kernels/model_shape.h"

namespace mj {

class CountingBackend final : public Backend {
 public:
  explicit CountingBackend(std::unique_ptr<Backend> backend)
      : backend_(std::move(backend)) {}

  // Since the last call.
  BytesByClass TakeMlp() { return std::exchange(mlp_, {}); }
  BytesByClass TakeAttention() { return std::exchange(attention_, {}); }

  const BackendInfo& info() const override { return backend_->info(); }
  absl::Status CheckModel(const ModelShape& shape) const override {
    return backend_->CheckModel(shape);
  }
  absl::StatusOr<WeightId> LoadMatrix(std::span<const TensorView> parts,
                                      std::span<const TensorView> biases,
                                      MatrixRole role) override {
    absl::StatusOr<WeightId> id = backend_->LoadMatrix(parts, biases, role);
    if (!id.ok()) return id;
    MatrixShape shape{.cols = parts.front().cols};
    for (const TensorView& part : parts) shape.rows += part.rows;
    const auto index = static_cast<size_t>(*id);
    matrices_.resize(std::max(matrices_.size(), index + 1));
    matrices_[index] = shape;
    return id;
  }
  absl::StatusOr<WeightId> LoadVector(const TensorView& values) override {
    return backend_->LoadVector(values);
  }
  RopeId AddRope(RopeSpec spec) override {
    return backend_->AddRope(std::move(spec));
  }
  BufferId AddBuffer(int cols) override { return backend_->AddBuffer(cols); }
  absl::Status AllocateKv(const KvShape& shape, int num_blocks) override {
    return backend_->AllocateKv(shape, num_blocks);
  }
  int64_t KvBytesPerBlock(const KvShape& shape) const override {
    return backend_->KvBytesPerBlock(shape);
  }
  void CopyKvBlock(int32_t from, int32_t to) override {
    backend_->CopyKvBlock(from, to);
  }
  void LimitThreads(int threads) override { backend_->LimitThreads(threads); }

  void BeginStep(const StepView& step) override {
    rows_ = static_cast<double>(step.tokens.size());
    sequences_.assign(step.sequences.begin(), step.sequences.end());
    backend_->BeginStep(step);
  }
  void Embed(WeightId table, float scale, BufferId out) override {
    backend_->Embed(table, scale, out);
  }
  void RmsNorm(BufferId x, WeightId gamma, float epsilon, bool accumulate,
               BufferId y) override {
    ExpectOutside(x);
    backend_->RmsNorm(x, gamma, epsilon, accumulate, y);
  }
  void Linear(const LinearSpec& spec, BufferId x, BufferId y) override {
    const MatrixShape& matrix = matrices_[static_cast<size_t>(spec.matrix)];
    const double weights = static_cast<double>(matrix.rows * matrix.cols);
    if (spec.gate) {  // gate, up and their product stay in the unit
      ExpectOutside(x);
      mlp_.weights += weights;
      mlp_.activations += rows_ * static_cast<double>(matrix.cols);
      inside_ = y;
    } else if (inside_ == x) {
      mlp_.weights += weights;
      mlp_.activations += rows_ * static_cast<double>(matrix.rows);
      inside_.reset();
    }
    backend_->Linear(spec, x, y);
  }
  void RopeAndWriteKv(const AttentionSpec& spec, BufferId qkv) override {
    backend_->RopeAndWriteKv(spec, qkv);
  }
  void Attention(const AttentionSpec& spec, BufferId qkv,
                 BufferId out) override {
    const int64_t width = int64_t{spec.num_heads} * spec.head_dim;
    attention_.activations += 2 * rows_ * static_cast<double>(width);
    for (const StepSequence& s : sequences_) {
      int64_t positions = s.start_position + s.num_rows;
      if (spec.window > 0) {
        positions = std::min<int64_t>(positions, spec.window + s.num_rows - 1);
      }
      attention_.kv += static_cast<double>(2 * positions * spec.num_kv_heads *
                                           spec.head_dim);
    }
    backend_->Attention(spec, qkv, out);
  }
  void KeepRows(std::span<const int> rows,
                std::span<const BufferId> buffers) override {
    rows_ = static_cast<double>(rows.size());
    backend_->KeepRows(rows, buffers);
  }
  void Logits(const HeadSpec& head, BufferId x, std::span<const LogitsRow> rows,
              std::span<float> all, std::span<TokenLogit> top) override {
    ExpectOutside(x);
    backend_->Logits(head, x, rows, all, top);
  }
  void ReadRows(BufferId x, int first, std::span<float> out) override {
    ExpectOutside(x);
    backend_->ReadRows(x, first, out);
  }
  void WriteRows(BufferId x, int first, std::span<const float> in) override {
    backend_->WriteRows(x, first, in);
  }
  StepReport EndStep() override {
    EXPECT_FALSE(inside_.has_value()) << "a gated product that nobody takes";
    return backend_->EndStep();
  }

 private:
  void ExpectOutside(BufferId x) const { EXPECT_NE(inside_, x); }

  const std::unique_ptr<Backend> backend_;
  std::vector<MatrixShape> matrices_;  // by WeightId
  double rows_ = 0;
  std::vector<StepSequence> sequences_;
  std::optional<BufferId> inside_;
  BytesByClass mlp_, attention_;
};

}  // namespace mj

#endif  // MILLIJOULE_TESTS_FAKES_COUNTING_BACKEND_H_
