#include "hw_backends/cpu/cpu_backend.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "hw_backends/cpu/attention_phase.h"
#include "hw_backends/cpu/elementwise_phase.h"
#include "hw_backends/cpu/kept_rows.h"
#include "hw_backends/cpu/kv_cache.h"
#include "hw_backends/cpu/logits_phase.h"
#include "hw_backends/cpu/mapped_memory.h"
#include "hw_backends/cpu/packed_matrix.h"
#include "hw_backends/cpu/panel_matrices.h"
#include "hw_backends/cpu/row_phase.h"
#include "hw_backends/cpu/thread_probe.h"
#include "hw_backends/cpu/worker_pool.h"
#include "kernels/cpu_features.h"
#include "kernels/narrow_activations.h"

namespace mj {
namespace {

using Clock = std::chrono::steady_clock;

// A buffer's row stride in floats: whole groups of 32, and no multiple of 1 KB,
// which would put every row into the same few sets of the first-level cache.
int64_t RowStride(int64_t cols) {
  const int64_t stride = (cols + 31) / 32 * 32;
  return stride % 256 == 0 ? stride + 16 : stride;
}

// A matrix of the store, or a vector.
struct Weight {
  int matrix = -1;
  std::vector<float> vector;
};

struct Buffer {
  MappedMemory memory;  // zeros: no verb writes beyond cols
  int64_t cols = 0;
  MatrixRef rows;
};

class CpuBackend final : public Backend {
 public:
  CpuBackend(const KernelTable& kernels, const CpuBackendOptions& options,
             BackendInfo info, Numerics numerics, KvType kv_type,
             std::unique_ptr<MatrixStore> matrices)
      : kernels_(kernels),
        kv_type_(kv_type),
        max_rows_(options.max_rows),
        probe_threads_(options.probe_threads),
        info_(std::move(info)),
        thread_limit_(options.threads),
        pool_(options.threads),
        matrices_(std::move(matrices)),
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

  BufferId AddBuffer(int cols) override {
    buffers_.push_back(MakeBuffer(cols));
    return static_cast<BufferId>(buffers_.size() - 1);
  }

  absl::Status AllocateKv(const KvShape& shape, int num_blocks) override {
    if (!buffers_status_.ok()) return buffers_status_;
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
    step_ = step;
    assert(std::ssize(step.tokens) <= max_rows_);
    SetRows(std::ssize(step.tokens));
    places_.resize(step.tokens.size());
    owners_.resize(step.tokens.size());
    for (size_t index = 0; index < step.sequences.size(); ++index) {
      const StepSequence& sequence = step.sequences[index];
      for (int r = 0; r < sequence.num_rows; ++r) {
        const int position = sequence.start_position + r;
        places_[sequence.first_row + r] = {
            position, sequence.block_table[position / kBlockSize]};
        owners_[sequence.first_row + r] = index;
      }
    }
    NotePlaces();
    activity_.assign(step.sequences.size(), {});
  }

  void Embed(WeightId table, float scale, BufferId out) override {
    assert(has_all_rows());
    const int matrix = Matrix(table);
    const int64_t cols = matrices_->cols(matrix);
    ForRows(pool_, num_rows_, cols, [&](int64_t first, int64_t count) {
      for (int64_t r = first; r < first + count; ++r) {
        float* row = Rows(out).row(r);
        matrices_->ReadRow(matrix, step_.tokens[r], row);
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
                .rows = num_rows_,
                .cols = static_cast<int64_t>(weights.size())});
  }

  void Linear(const LinearSpec& spec, BufferId x, BufferId y) override {
    if (num_rows_ == 0) return;
    const int matrix = Matrix(spec.matrix);
    assert(x != y);
    assert(matrices_->cols(matrix) <= Get(x).cols);
    assert(matrices_->rows(matrix) / (spec.gate ? 2 : 1) <= Get(y).cols);
    LinearOp op{.x = Rows(x),
                .rows = num_rows_,
                .positions = positions_.data(),
                .gate = spec.gate,
                .accumulate = spec.accumulate,
                .y = Rows(y)};
    if (spec.norm) SetNorm(*spec.norm, op);
    matrices_->Multiply(matrix, op, pool_);
  }

  void RopeAndWriteKv(const AttentionSpec& spec, BufferId qkv) override {
    RotationTable& rope = ropes_[static_cast<size_t>(spec.rope)];
    if (!rope.ready) ComputeRotations(pool_, places_, rope);
    RunRopeAndWriteKv(kernels_, pool_, spec, rope, NormOf(spec.q_norm),
                      NormOf(spec.k_norm), places_, Rows(qkv), cache_);
  }

  void Attention(const AttentionSpec& spec, BufferId qkv,
                 BufferId out) override {
    attention_.Run(kernels_, pool_, spec, step_.sequences, Rows(qkv), cache_,
                   Rows(out));
  }

  void KeepRows(std::span<const int> rows,
                std::span<const BufferId> buffers) override {
    if (std::ssize(rows) == num_rows_) return;
    CollectActivity([this](size_t row) { return owners_[row]; });
    for (BufferId id : buffers) MoveRowsUp(rows, Get(id).cols, Rows(id));
    kept_sequences_ = SequencesOfRows(rows, step_.sequences);
    step_.sequences = kept_sequences_;
    for (size_t i = 0; i < rows.size(); ++i) {
      places_[i] = places_[rows[i]];
      owners_[i] = owners_[rows[i]];
    }
    places_.resize(rows.size());
    NotePlaces();
    SetRows(std::ssize(rows));
  }

  void Logits(const HeadSpec& head, BufferId x, std::span<const LogitsRow> rows,
              std::span<float> all, std::span<TokenLogit> top) override {
    logits_positions_.clear();
    for (const LogitsRow& row : rows) {
      logits_positions_.push_back(positions_[row.row]);
    }
    LinearOp op{.x = Gather(x, rows),
                .rows = std::ssize(rows),
                .positions = logits_positions_.data()};
    if (head.norm) SetNorm(*head.norm, op);
    CollectActivity([this](size_t row) { return owners_[row]; });
    logits_.Run(pool_, *matrices_, Matrix(head.matrix), op, rows, all, top);
    CollectActivity([&](size_t row) { return owners_[rows[row].row]; });
  }

  void ReadRows(BufferId x, int first, std::span<float> out) override {
    const int64_t cols = Get(x).cols;
    const int64_t rows = std::ssize(out) / cols;
    assert(std::ssize(out) == rows * cols && first + rows <= num_rows_);
    for (int64_t r = 0; r < rows; ++r) {
      std::copy_n(Rows(x).row(first + r), cols, out.data() + r * cols);
    }
  }

  void WriteRows(BufferId x, int first, std::span<const float> in) override {
    const int64_t cols = Get(x).cols;
    const int64_t rows = std::ssize(in) / cols;
    assert(std::ssize(in) == rows * cols && first + rows <= num_rows_);
    for (int64_t r = 0; r < rows; ++r) {
      std::copy_n(in.data() + r * cols, cols, Rows(x).row(first + r));
    }
  }

  StepReport EndStep() override {
    CollectActivity([this](size_t row) { return owners_[row]; });
    step_ = {};
    StepReport report{.busy = Clock::now() - start_};
    if (counts_bits_) report.bit_activity = activity_;
    return report;
  }

 private:
  // After a change of places_.
  void NotePlaces() {
    positions_.clear();
    for (const RowPlace& place : places_) positions_.push_back(place.position);
    for (RotationTable& rope : ropes_) rope.ready = false;
  }
  // The rows that verbs cover from now on, and the threads that run them.
  void SetRows(int64_t num_rows) {
    num_rows_ = num_rows;
    pool_.Use(std::min(ThreadsFor(static_cast<int>(num_rows),
                                  info_.thread_timings, info_.threads),
                       thread_limit_.load(std::memory_order_relaxed)));
  }
  bool has_all_rows() const { return num_rows_ == std::ssize(step_.tokens); }
  // What products since the last call did goes to the sequences of their rows:
  // row r of a product is one of sequence owner(r).
  template <class Owner>
  void CollectActivity(const Owner& owner) {
    const std::vector<BitActivity> taken = matrices_->TakeBitActivity();
    counts_bits_ |= !taken.empty();
    for (size_t r = 0; r < taken.size(); ++r) activity_[owner(r)] += taken[r];
  }
  Buffer& Get(BufferId id) { return buffers_[static_cast<size_t>(id)]; }
  MatrixRef Rows(BufferId id) { return Get(id).rows; }
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

  // What the system refuses is told by AllocateKv, before the first step.
  Buffer MakeBuffer(int64_t cols) {
    const int64_t stride = RowStride(cols);
    absl::StatusOr<MappedMemory> memory = MappedMemory::Map(
        max_rows_ * stride * sizeof(float), /*huge_pages=*/false);
    if (!memory.ok()) {
      buffers_status_ = absl::ResourceExhaustedError(
          absl::StrCat("activations of ", max_rows_,
                       " rows a step: ", memory.status().message()));
      return {};
    }
    const MatrixRef rows{reinterpret_cast<float*>(memory->data()), stride};
    return {*std::move(memory), cols, rows};
  }

  // Rows of x side by side: where they lie, or copied.
  MatrixRef Gather(BufferId x, std::span<const LogitsRow> rows) {
    const MatrixRef from = Rows(x);
    const auto consecutive = [&] {
      for (size_t i = 1; i < rows.size(); ++i) {
        if (rows[i].row != rows[0].row + static_cast<int>(i)) return false;
      }
      return true;
    };
    if (rows.empty()) return from;
    if (consecutive()) return {from.row(rows[0].row), from.stride};
    gathered_.resize(std::max(gathered_.size(), rows.size() * from.stride));
    for (size_t i = 0; i < rows.size(); ++i) {
      std::copy_n(from.row(rows[i].row), from.stride,
                  gathered_.data() + i * from.stride);
    }
    return {gathered_.data(), from.stride};
  }

  const KernelTable kernels_;
  const KvType kv_type_;
  const int64_t max_rows_;
  const bool probe_threads_;
  BackendInfo info_;
  std::atomic<int> thread_limit_;
  WorkerPool pool_;
  const std::unique_ptr<MatrixStore> matrices_;
  int num_matrices_ = 0;
  std::vector<Weight> weights_;
  std::vector<Buffer> buffers_;
  absl::Status buffers_status_;  // why one of them is missing
  std::vector<RotationTable> ropes_;
  KvCache cache_;
  AttentionPhase attention_;
  LogitsPhase logits_;
  std::vector<float> gathered_;  // scratch of Logits
  // The current step.
  StepView step_;
  int64_t num_rows_ = 0;
  std::vector<RowPlace> places_;    // of the rows that are left
  std::vector<int32_t> positions_;  // theirs
  std::vector<int32_t> logits_positions_;
  std::vector<size_t> owners_;         // their sequences in the step
  std::vector<BitActivity> activity_;  // of the step's sequences
  bool counts_bits_ = false;
  std::vector<StepSequence> kept_sequences_;  // once rows were dropped
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
