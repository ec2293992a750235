#include "hw_backends/cpu/cpu_backend.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "hw_backends/cpu/activations.h"
#include "hw_backends/cpu/attention_phase.h"
#include "hw_backends/cpu/elementwise_phase.h"
#include "hw_backends/cpu/kept_rows.h"
#include "hw_backends/cpu/kv_cache.h"
#include "hw_backends/cpu/logits_phase.h"
#include "hw_backends/cpu/packed_matrix.h"
#include "hw_backends/cpu/panel_matrices.h"
#include "hw_backends/cpu/row_phase.h"
#include "hw_backends/cpu/step_rows.h"
#include "hw_backends/cpu/thread_probe.h"
#include "hw_backends/cpu/worker_pool.h"
#include "kernels/cpu_features.h"
#include "kernels/narrow_activations.h"

namespace mj {
namespace {

using Clock = std::chrono::steady_clock;

// A matrix of the store, or a vector.
struct Weight {
  int matrix = -1;
  std::vector<float> vector;
};

class CpuBackend final : public Backend {
 public:
  CpuBackend(const KernelTable& kernels, const CpuBackendOptions& options,
             BackendInfo info, Numerics numerics, KvType kv_type,
             std::unique_ptr<MatrixStore> matrices)
      : kernels_(kernels),
        kv_type_(kv_type),
        probe_threads_(options.probe_threads),
        info_(std::move(info)),
        thread_limit_(options.threads),
        pool_(options.threads),
        matrices_(std::move(matrices)),
        activations_(options.max_rows),
        attention_(numerics) {}

  const BackendInfo& info() const override { return info_; }

  absl::Status CheckModel(const ModelShape& shape) const override {
    return matrices_->CheckModel(shape);
  }

  absl::StatusOr<WeightId> LoadMatrix(std::span<const TensorView> parts,
                                      std::span<const TensorView> biases,
                                      MatrixRole role) override {
    absl::StatusOr<int> matrix = matrices_->LoadAs(role, parts, biases, pool_);
    if (!matrix.ok()) return matrix.status();
    num_matrices_ = *matrix + 1;
    weights_.push_back({.matrix = *matrix});
    return static_cast<WeightId>(weights_.size() - 1);
  }

  absl::StatusOr<WeightId> LoadVector(const TensorView& values) override {
    absl::StatusOr<std::vector<float>> vector = ReadVector(values);
    if (!vector.ok()) return vector.status();
    weights_.push_back({.vector = *std::move(vector)});
    return static_cast<WeightId>(weights_.size() - 1);
  }

  RopeId AddRope(RopeSpec spec) override {
    ropes_.push_back(
        {.spec = std::move(spec), .ready = false, .cosines = {}, .sines = {}});
    return static_cast<RopeId>(ropes_.size() - 1);
  }

  BufferId AddBuffer(int cols) override { return activations_.Add(cols); }

  absl::Status AllocateKv(const KvShape& shape, int num_blocks) override {
    if (!activations_.status().ok()) return activations_.status();
    absl::StatusOr<KvCache> cache =
        KvCache::Create(shape, num_blocks, kv_type_);
    if (!cache.ok()) return cache.status();
    cache_ = *std::move(cache);
    if (probe_threads_)
      info_.thread_timings = TimeThreads(*matrices_, num_matrices_, pool_);
    return absl::OkStatus();
  }

  int64_t KvBytesPerBlock(const KvShape& shape) const override {
    return KvCache::BytesPerBlock(shape, kv_type_);
  }

  void CopyKvBlock(int32_t from, int32_t to) override {
    cache_.CopyBlock(from, to);
  }

  void LimitThreads(int threads) override {
    assert(threads >= 1);
    thread_limit_.store(threads, std::memory_order_relaxed);
  }

  void BeginStep(const StepView& step) override {
    start_ = Clock::now();
    assert(std::ssize(step.tokens) <= activations_.max_rows());
    rows_.Begin(step);
    NoteRows();
    activity_.assign(step.sequences.size(), {});
  }

  void Embed(WeightId table, float scale, BufferId out) override {
    assert(rows_.all());
    const int matrix = Matrix(table);
    const int64_t cols = matrices_->cols(matrix);
    ForRows(pool_, rows_.size(), cols, [&](int64_t first, int64_t count) {
      for (int64_t r = first; r < first + count; ++r) {
        float* row = Rows(out).row(r);
        matrices_->ReadRow(matrix, rows_.tokens()[r], row);
        if (scale == 1) continue;
        for (int64_t c = 0; c < cols; ++c) row[c] *= scale;
      }
    });
  }

  void RmsNorm(BufferId x, WeightId gamma, float epsilon, bool accumulate,
               BufferId y) override {
    const std::vector<float>& weights = Vector(gamma);
    RunRmsNorm(kernels_, pool_,
               {.x = Rows(x).data,
                .x_stride = Rows(x).stride,
                .gamma = weights.data(),
                .epsilon = epsilon,
                .accumulate = accumulate,
                .y = Rows(y).data,
                .y_stride = Rows(y).stride,
                .rows = rows_.size(),
                .cols = static_cast<int64_t>(weights.size())});
  }

  void Linear(const LinearSpec& spec, BufferId x, BufferId y) override {
    if (rows_.size() == 0) return;
    const int matrix = Matrix(spec.matrix);
    assert(x != y);
    assert(matrices_->cols(matrix) <= activations_.cols(x));
    assert(matrices_->rows(matrix) / (spec.gate ? 2 : 1) <=
           activations_.cols(y));
    LinearOp op{.x = Rows(x),
                .rows = rows_.size(),
                .positions = rows_.positions().data(),
                .gate = spec.gate,
                .accumulate = spec.accumulate,
                .y = Rows(y)};
    if (spec.norm) SetNorm(*spec.norm, op);
    matrices_->Multiply(matrix, op, pool_);
  }

  void RopeAndWriteKv(const AttentionSpec& spec, BufferId qkv) override {
    RotationTable& rope = ropes_[static_cast<size_t>(spec.rope)];
    if (!rope.ready) ComputeRotations(pool_, rows_.places(), rope);
    RunRopeAndWriteKv(kernels_, pool_, spec, rope, NormOf(spec.q_norm),
                      NormOf(spec.k_norm), rows_.places(), Rows(qkv), cache_);
  }

  void Attention(const AttentionSpec& spec, BufferId qkv,
                 BufferId out) override {
    attention_.Run(kernels_, pool_, spec, rows_.sequences(), Rows(qkv), cache_,
                   Rows(out));
  }

  void KeepRows(std::span<const int> rows,
                std::span<const BufferId> buffers) override {
    if (std::ssize(rows) == rows_.size()) return;
    CollectActivity([this](size_t row) { return rows_.owner(row); });
    for (BufferId id : buffers) {
      MoveRowsUp(rows, activations_.cols(id), Rows(id));
    }
    rows_.Keep(rows);
    NoteRows();
  }

  void Logits(const HeadSpec& head, BufferId x, std::span<const LogitsRow> rows,
              std::span<float> all, std::span<TokenLogit> top) override {
    logits_positions_.clear();
    for (const LogitsRow& row : rows) {
      logits_positions_.push_back(rows_.positions()[row.row]);
    }
    LinearOp op{.x = activations_.Gather(x, rows),
                .rows = std::ssize(rows),
                .positions = logits_positions_.data()};
    if (head.norm) SetNorm(*head.norm, op);
    CollectActivity([this](size_t row) { return rows_.owner(row); });
    logits_.Run(pool_, *matrices_, Matrix(head.matrix), op, rows, all, top);
    CollectActivity([&](size_t row) { return rows_.owner(rows[row].row); });
  }

  void ReadRows(BufferId x, int first, std::span<float> out) override {
    assert(first + std::ssize(out) / activations_.cols(x) <= rows_.size());
    activations_.Read(x, first, out);
  }

  void WriteRows(BufferId x, int first, std::span<const float> in) override {
    assert(first + std::ssize(in) / activations_.cols(x) <= rows_.size());
    activations_.Write(x, first, in);
  }

  StepReport EndStep() override {
    CollectActivity([this](size_t row) { return rows_.owner(row); });
    StepReport report{.busy = Clock::now() - start_};
    if (counts_bits_) report.bit_activity = activity_;
    return report;
  }

 private:
  // After a change of rows_: other angles, and other threads that may pay.
  void NoteRows() {
    for (RotationTable& rope : ropes_) rope.ready = false;
    pool_.Use(std::min(ThreadsFor(static_cast<int>(rows_.size()),
                                  info_.thread_timings, info_.threads),
                       thread_limit_.load(std::memory_order_relaxed)));
  }
  // What products since the last call did goes to the sequences of their rows:
  // row r of a product is one of sequence owner(r).
  template <class Owner>
  void CollectActivity(const Owner& owner) {
    const std::vector<BitActivity> taken = matrices_->TakeBitActivity();
    counts_bits_ |= !taken.empty();
    for (size_t r = 0; r < taken.size(); ++r) activity_[owner(r)] += taken[r];
  }
  MatrixRef Rows(BufferId id) const { return activations_.rows(id); }
  int Matrix(WeightId id) const {
    return weights_[static_cast<size_t>(id)].matrix;
  }
  const std::vector<float>& Vector(WeightId id) const {
    return weights_[static_cast<size_t>(id)].vector;
  }
  const float* NormOf(std::optional<WeightId> id) const {
    return id ? Vector(*id).data() : nullptr;
  }

  void SetNorm(const InputNorm& norm, LinearOp& op) const {
    op.gamma = Vector(norm.gamma).data();
    op.epsilon = norm.epsilon;
  }

  const KernelTable kernels_;
  const KvType kv_type_;
  const bool probe_threads_;
  BackendInfo info_;
  std::atomic<int> thread_limit_;
  WorkerPool pool_;
  const std::unique_ptr<MatrixStore> matrices_;
  int num_matrices_ = 0;
  std::vector<Weight> weights_;
  Activations activations_;
  std::vector<RotationTable> ropes_;
  KvCache cache_;
  AttentionPhase attention_;
  LogitsPhase logits_;
  // The current step.
  StepRows rows_;
  std::vector<int32_t> logits_positions_;
  std::vector<BitActivity> activity_;  // of the step's sequences
  bool counts_bits_ = false;
  Clock::time_point start_;
};

absl::StatusOr<KernelTable> KernelsFor(const CpuBackendOptions& options) {
  if (options.threads < 1 || options.max_rows < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("CPU backend: ", options.threads, " threads and ",
                     options.max_rows, " rows must be positive"));
  }
  const CpuFeatures cpu = ReadCpuFeatures();
  const std::optional<KernelTable> kernels = ChooseKernels(cpu, options.isa);
  if (!kernels) return absl::InvalidArgumentError(WhyNot(cpu, *options.isa));
  return *kernels;
}

absl::Status NarrowActivations(int bits, Numerics numerics,
                               KernelTable& kernels) {
  if (bits == 0) return absl::OkStatus();
  if (bits != 2 && bits != 4 && bits != 8) {
    return absl::InvalidArgumentError(
        absl::StrCat("activation bits: ", bits, ", must be 2, 4 or 8"));
  }
  if (numerics != Numerics::kInt8) {
    return absl::InvalidArgumentError(
        absl::StrCat("activation bits: ", bits, " need numerics int8, not ",
                     std::string(NumericsName(numerics))));
  }
  if (bits < 8) kernels.quantise_rows = NarrowQuantiseRows(bits);
  return absl::OkStatus();
}

std::unique_ptr<Backend> Assemble(const CpuBackendOptions& options,
                                  const KernelTable& kernels,
                                  const BackendParts& parts) {
  const KvType kv_type = options.kv_type.value_or(
      parts.numerics == Numerics::kF32 ? KvType::kF32 : KvType::kBF16);
  BackendInfo info{.name = parts.name,
                   .isa = std::string(IsaName(kernels.isa)),
                   .numerics = std::string(NumericsName(parts.numerics)),
                   .kv_dtype = std::string(KvTypeName(kv_type)),
                   .threads = options.threads,
                   .batch_invariant = parts.batch_invariant};
  return std::make_unique<CpuBackend>(kernels, options, std::move(info),
                                      parts.numerics, kv_type,
                                      parts.make_matrices(kernels));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Backend>> MakeCpuBackend(
    const CpuBackendOptions& options) {
  absl::StatusOr<KernelTable> kernels = KernelsFor(options);
  if (!kernels.ok()) return kernels.status();
  const Numerics numerics =
      options.numerics.value_or(DefaultNumerics(*kernels));
  const absl::Status narrowed =
      NarrowActivations(options.activation_bits, numerics, *kernels);
  if (!narrowed.ok()) return narrowed;
  return Assemble(options, *kernels,
                  {.name = "cpu",
                   .numerics = numerics,
                   .batch_invariant = true,
                   .make_matrices = [numerics](const KernelTable& kernels) {
                     return std::make_unique<PanelMatrices>(kernels, numerics);
                   }});
}

absl::StatusOr<std::unique_ptr<Backend>> MakeCpuBackend(
    const CpuBackendOptions& options, const BackendParts& parts) {
  absl::StatusOr<KernelTable> kernels = KernelsFor(options);
  if (!kernels.ok()) return kernels.status();
  if (options.numerics.value_or(parts.numerics) != parts.numerics) {
    return absl::InvalidArgumentError(
        absl::StrCat("numerics ", std::string(NumericsName(*options.numerics)),
                     ": the backend ", parts.name, " has ",
                     std::string(NumericsName(parts.numerics)), " only"));
  }
  if (parts.change_kernels != nullptr) parts.change_kernels(*kernels);
  const absl::Status narrowed =
      NarrowActivations(options.activation_bits, parts.numerics, *kernels);
  if (!narrowed.ok()) return narrowed;
  return Assemble(options, *kernels, parts);
}

}  // namespace mj
