// What a step of a transformer costs, without running it: operations and
// bytes, from shapes alone. Attribution, predictors and every hardware model
// read these numbers, as a list of ops or as the same sums in closed form.
//
// Counting rules:
// - A MAC is 2 operations. Element-wise ops count 4 (norm), 3 (rope) and 5
//   (gated activation) operations an element; softmax is not counted.
// - A weight matrix is read once a pass, whatever the number of rows; of the
//   embedding each token reads its own row. Norm weights are not in ModelShape
//   (0.15 % of SmolLM2's bytes) and not counted.
// - A position's K and V are read from memory once a step and layer by their
//   sequence, if any of its rows attends to them.
// - What follows the last layer's K and V (attention, output, feed-forward, the
//   final norm) runs only for rows whose logits or hidden state are wanted, the
//   logits projection only for the former. Wanted rows are taken for a
//   sequence's last.
#ifndef MILLIJOULE_KERNELS_OP_COST_H_
#define MILLIJOULE_KERNELS_OP_COST_H_

#include <cstdint>
#include <vector>

#include "kernels/model_shape.h"
#include "kernels/step_shape.h"

namespace mj {

// Operations and bytes. Integers, so that sums do not depend on their order.
struct Work {
  int64_t linear_operations = 0;  // with the weights: in the model's numerics
  int64_t other_operations = 0;   // attention and element-wise: in float
  int64_t weight_bytes = 0;
  int64_t kv_read_bytes = 0;
  int64_t kv_write_bytes = 0;
  int64_t activation_bytes = 0;  // inputs read and outputs written

  int64_t operations() const { return linear_operations + other_operations; }
  bool operator==(const Work&) const = default;
  Work& operator+=(const Work& o);
  friend Work operator+(Work a, const Work& b) { return a += b; }
  friend Work operator*(int64_t k, const Work& w);
};

enum class OpKind {
  kEmbed,
  kNorm,
  kQkv,
  kRopeAndWriteKv,
  kAttention,
  kOutput,
  kGateUp,
  kActivation,
  kDown,
  kHead,
};

// One op over m rows: linear ops are [m, k] x [k, n]; for the others n is the
// width of a row and k is 1. Attention's k is the attended positions, summed
// over the rows.
struct OpCost {
  OpKind kind = OpKind::kEmbed;
  int layer = -1;  // -1: before and after the layers
  int64_t m = 0, n = 0, k = 0;
  Work work;
};

struct CostOptions {
  int64_t kv_element_bytes = 2;
  int64_t kv_scale_bytes = 0;    // per token, KV head, and K or V; quantised KV
  int64_t activation_bytes = 4;  // an element
};

// The ops of one step in program order. A step without rows has none; the list
// of a step without wanted rows ends with the last layer's K and V.
std::vector<OpCost> StepOps(const ModelShape& model, const StepShape& step,
                            const CostOptions& options);
Work TotalWork(const std::vector<OpCost>& ops);

// The same sums split by cause, in O(distinct windows) a sequence: what one
// sequence adds to any step, and what a step costs once for all sequences
// that share it.
//   TotalWork(StepOps(step)) = layer_pass() [if the step has rows]
//       + last_layer_pass() [if it has wanted rows: the last layer's output and
//         feed-forward matrices]
//       + head_pass() [if it has wanted logits] + sum of Marginal(sequence)
// exactly. Immutable: any thread.
class StepCost final {
 public:
  StepCost(const ModelShape& model, const CostOptions& options);

  // REQUIRES: num_logits, num_hidden and context_tokens >= 0,
  // num_whole() <= num_tokens. A sequence without tokens costs nothing.
  Work Marginal(const SequenceShape& sequence) const;
  // Its part that is attention, which alone is not linear in the rows:
  // other_operations and kv_read_bytes. REQUIRES: as Marginal.
  Work Attention(const SequenceShape& sequence) const;
  const Work& layer_pass() const { return layer_pass_; }
  const Work& last_layer_pass() const { return last_layer_pass_; }
  const Work& head_pass() const { return head_pass_; }
  Work Total(const StepShape& step) const;

 private:
  struct WindowGroup {
    int window = 0;
    int64_t num_layers = 0;
  };

  // Attention of the rows [begin, end) in `layers` layers.
  Work Attention(int64_t begin, int64_t end, const WindowGroup& layers) const;

  Work per_row_, per_whole_row_, per_logits_row_;  // the latter on top
  Work layer_pass_, last_layer_pass_, head_pass_;
  int64_t query_width_ = 0;           // num_heads * head_dim
  int64_t kv_position_bytes_ = 0;     // K and V of one position in one layer
  std::vector<WindowGroup> windows_;  // of the layers before the last
  WindowGroup last_;
};

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_OP_COST_H_
