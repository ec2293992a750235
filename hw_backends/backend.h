// What runs a transformer's arithmetic. The decoder speaks these verbs and
// never asks which backend answers.
//
// Buffers are float32 [max_rows, cols] in the backend's own memory, named by
// id; row r of a step is row r of every buffer. Verbs cover the rows of the
// current step, or those that KeepRows() left of them, are called in program
// order by one engine thread, and may run asynchronously until Logits() or
// EndStep().
//
// Batch-invariant backends obey the rule of bits: a row's results depend on
// the tokens up to it, the weights, backend, numerics, KV dtype, ISA and CPU
// model alone.
#ifndef MILLIJOULE_HW_BACKENDS_BACKEND_H_
#define MILLIJOULE_HW_BACKENDS_BACKEND_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hw_backends/bit_activity.h"
#include "hw_backends/matrix_role.h"
#include "hw_backends/quantities.h"
#include "hw_backends/top_logits.h"
#include "kernels/model_shape.h"
#include "kernels/tensor_view.h"

namespace mj {

enum class BufferId : int32_t {};
enum class WeightId : int32_t {};
enum class RopeId : int32_t {};

inline constexpr int kBlockSize = 32;  // tokens a KV block holds

// A pass over the weights, measured before the first step.
struct ThreadTiming {
  int rows = 0;
  int threads = 0;
  Seconds taken{0};
};

struct BackendInfo {
  std::string name;      // "cpu", "onednn"
  std::string isa;       // "avx2"
  std::string numerics;  // "f32"
  std::string kv_dtype;  // "f32"
  int threads = 1;
  bool batch_invariant = true;
  // What the choice of threads for steps of few rows rests on; empty: all.
  std::vector<ThreadTiming> thread_timings{};
};

// Rotary position embedding (Su et al. 2021): pair i of a head turns by
// position * inverse_frequency[i]; the first 2 * inverse_frequency.size()
// elements of a head are rotated.
struct RopeSpec {
  std::vector<float> inverse_frequency;
  float magnitude = 1;       // multiplies cos and sin (YaRN)
  bool interleaved = false;  // pairs (2i, 2i+1) rather than (i, i + n)
};

struct KvShape {
  int num_layers = 0;
  int num_kv_heads = 0;
  int head_dim = 0;
};

// A sequence's rows in this step: consecutive rows, consecutive positions.
struct StepSequence {
  int first_row = 0;
  int num_rows = 0;
  int start_position = 0;
  // Block i holds positions [32 i, 32 i + 32); covers every position read or
  // written in this step.
  std::span<const int32_t> block_table;
};

struct StepView {
  std::span<const int32_t> tokens;          // [rows]
  std::span<const StepSequence> sequences;  // in the order of their rows
};

// One layer's attention. q|k|v lie side by side in the qkv buffer:
// [num_heads + 2 * num_kv_heads, head_dim] a row.
struct AttentionSpec {
  int layer = 0;
  int num_heads = 0;
  int num_kv_heads = 0;
  int head_dim = 0;
  float scale = 1;  // multiplies q.k
  int window = 0;   // attends to the last `window` positions; 0: all
  RopeId rope{};
  // Per-head RMS norms of q and k before the rotation (Qwen 3, Gemma 3).
  std::optional<WeightId> q_norm, k_norm;
  float norm_epsilon = 0;
};

// RMS norm of a product's input (Zhang & Sennrich 2019), as RmsNorm().
struct InputNorm {
  WeightId gamma{};
  float epsilon = 0;
};

// The language model's head.
struct HeadSpec {
  WeightId matrix{};
  std::optional<InputNorm> norm{};  // of x, on its way in
};

// A product with weights, and what is fused into it.
struct LinearSpec {
  WeightId matrix{};
  std::optional<InputNorm> norm{};  // of x, on its way in
  // The matrix is gate|up, loaded as two parts of n rows each:
  // y [., n] = activation(gate) * up
  std::optional<Activation> gate{};
  bool accumulate = false;  // y += that; not with a gate
};

// A row whose logits are wanted: all of them, or the largest alone.
struct LogitsRow {
  int row = 0;
  int top = 0;  // how many of the largest; 0: all
};

// What a step took: measured seconds by a backend; once a device's model has
// priced it (engine/model/device_runner.h), that device's seconds and joules.
struct StepReport {
  Seconds busy{0};
  std::optional<Joules> modelled_energy{};
  // Of devices that count bits; of each sequence by itself, as in the step.
  std::vector<BitActivity> bit_activity{};
  // What the sequences' own bits add to, or take from, what the model would
  // say without having seen them; part of modelled_energy. Empty: nothing.
  std::vector<Joules> bit_energy{};
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual const BackendInfo& info() const = 0;

  // Before a model is loaded. INVALID_ARGUMENT: the device does not hold it, or
  // was set up for another one; the message says what was needed.
  virtual absl::Status CheckModel(const ModelShape& /*shape*/) const {
    return absl::OkStatus();
  }

  // Loading: between steps. Views need only live for the call.
  // INVALID_ARGUMENT: shapes do not stack, or values are not finite.

  // Stacks `parts` by rows (q|k|v, gate|up) into one matrix in the backend's
  // layout; `biases`, if any, are one vector a part.
  virtual absl::StatusOr<WeightId> LoadMatrix(
      std::span<const TensorView> parts, std::span<const TensorView> biases,
      MatrixRole role) = 0;
  // One that has no place in the model's own pass.
  absl::StatusOr<WeightId> LoadMatrix(std::span<const TensorView> parts,
                                      std::span<const TensorView> biases) {
    return LoadMatrix(parts, biases, {});
  }
  virtual absl::StatusOr<WeightId> LoadVector(const TensorView& values) = 0;
  virtual RopeId AddRope(RopeSpec spec) = 0;
  virtual BufferId AddBuffer(int cols) = 0;
  // RESOURCE_EXHAUSTED names the bytes wanted and those to be had, of the KV
  // cache or of an earlier buffer.
  virtual absl::Status AllocateKv(const KvShape& shape, int num_blocks) = 0;
  virtual int64_t KvBytesPerBlock(const KvShape& shape) const = 0;
  // Between steps: the keys and values of all layers in block `to` become those
  // of block `from`. REQUIRES: both are blocks of the KV cache
  virtual void CopyKvBlock(int32_t from, int32_t to) = 0;

  // Steps from the next on use at most so many threads, and all of info()'s
  // again once this allows it. Results stay the same. Any thread; threads >= 1.
  virtual void LimitThreads(int threads) = 0;

  // One step.
  virtual void BeginStep(const StepView& step) = 0;
  // out = table[token] * scale
  virtual void Embed(WeightId table, float scale, BufferId out) = 0;
  // y = x * gamma / sqrt(mean(x^2) + epsilon), or y += that.
  virtual void RmsNorm(BufferId x, WeightId gamma, float epsilon,
                       bool accumulate, BufferId y) = 0;
  // y = x W^T (+ bias), as `spec` says. x != y.
  virtual void Linear(const LinearSpec& spec, BufferId x, BufferId y) = 0;
  // Normalises (where asked) and rotates q and k in place, stores k and v.
  virtual void RopeAndWriteKv(const AttentionSpec& spec, BufferId qkv) = 0;
  // out [., num_heads * head_dim] = softmax(scale q k^T) v, causal.
  virtual void Attention(const AttentionSpec& spec, BufferId qkv,
                         BufferId out) = 0;
  // Narrows what follows, until EndStep(), to some rows: row i is what row
  // rows[i] was, in `buffers`; other buffers hold nothing until written again.
  // The rows keep their positions and their sequences' keys and values, so
  // RopeAndWriteKv() and Attention() give them what they would have given among
  // all; only Embed(), which is for every row of a step, must come before.
  // REQUIRES: rows ascend, each once, below the number of rows. May be empty:
  // then nothing is left to do, and verbs do nothing.
  virtual void KeepRows(std::span<const int> rows,
                        std::span<const BufferId> buffers) = 0;
  // Logits of `rows` = (normalised) x W^T, in host memory; waits. Rows that
  // want all go to `all` [such rows, vocab]; of the others min(top, vocab)
  // tokens each to `top`, in the order of top_logits.h, list after list. What
  // a row gets does not depend on what others want.
  virtual void Logits(const HeadSpec& head, BufferId x,
                      std::span<const LogitsRow> rows, std::span<float> all,
                      std::span<TokenLogit> top) = 0;
  // out [n, cols of x] = rows first, first + 1, ... of x, in host memory;
  // waits.
  virtual void ReadRows(BufferId x, int first, std::span<float> out) = 0;
  // The reverse: those rows of x = in [n, cols of x].
  virtual void WriteRows(BufferId x, int first, std::span<const float> in) = 0;
  virtual StepReport EndStep() = 0;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_BACKEND_H_
