#include "kernels/op_cost.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace mj {
namespace {

// Operations an element.
constexpr int64_t kNormOperations = 4;  // square, sum, scale, gamma
constexpr int64_t kRopeOperations = 3;  // 4 products and 2 sums a pair
constexpr int64_t kActivationOperations = 5;

// Positions before `end` that rows from `begin` on see through the window.
int64_t PositionsRead(int64_t begin, int64_t end, int64_t window) {
  if (end == begin || window == 0) return end == begin ? 0 : end;
  return std::min(end, end - begin + window - 1);
}

// Sum over the rows [begin, end) of min(position + 1, window).
int64_t AttendedPositions(int64_t begin, int64_t end, int64_t window) {
  const auto triangle = [](int64_t n) { return n * (n + 1) / 2; };
  if (window == 0) return triangle(end) - triangle(begin);
  const int64_t growing_end = std::clamp(window, begin, end);
  return triangle(growing_end) - triangle(begin) + (end - growing_end) * window;
}

int64_t KvPositionBytes(const ModelShape& model, const CostOptions& options) {
  return 2 * int64_t{model.num_kv_heads} *
         (model.head_dim * options.kv_element_bytes + options.kv_scale_bytes);
}

int64_t EmbeddingRowBytes(const ModelShape& model) {
  return model.embedding.rows == 0
             ? 0
             : model.embedding.bytes / model.embedding.rows;
}

// Lists the ops of a step; the rows are the same for every layer.
class OpList {
 public:
  OpList(const ModelShape& model, const StepShape& step,
         const CostOptions& options)
      : model_(model), step_(step), options_(options) {
    for (const SequenceShape& s : step.sequences) {
      rows_ += s.num_tokens;
      logits_rows_ += s.num_logits;
    }
  }

  std::vector<OpCost> Build() && {
    if (rows_ == 0) return {};
    Embed();
    for (int layer = 0; layer < std::ssize(model_.layers); ++layer) {
      Layer(layer);
    }
    Norm(-1);
    if (logits_rows_ > 0) {
      Linear(OpKind::kHead, -1, logits_rows_, model_.head);
    }
    return std::move(ops_);
  }

 private:
  void Layer(int layer) {
    const LayerShape& shape = model_.layers[layer];
    Norm(layer);
    Linear(OpKind::kQkv, layer, rows_, shape.qkv);
    RopeAndWriteKv(layer);
    Attention(layer, shape.window);
    Linear(OpKind::kOutput, layer, rows_, shape.output);
    Norm(layer);
    Linear(OpKind::kGateUp, layer, rows_, shape.gate_up);
    GatedActivation(layer);
    Linear(OpKind::kDown, layer, rows_, shape.down);
  }

  void Embed() {
    Push(OpKind::kEmbed, -1, rows_, model_.hidden, 1,
         {.weight_bytes = rows_ * EmbeddingRowBytes(model_),
          .activation_bytes = Bytes(rows_ * model_.hidden)});
  }

  void Norm(int layer) {
    const int64_t elements = rows_ * model_.hidden;
    Push(OpKind::kNorm, layer, rows_, model_.hidden, 1,
         {.other_operations = kNormOperations * elements,
          .activation_bytes = Bytes(2 * elements)});
  }

  void Linear(OpKind kind, int layer, int64_t m, const MatrixShape& w) {
    Push(kind, layer, m, w.rows, w.cols,
         {.linear_operations = 2 * m * w.rows * w.cols,
          .weight_bytes = w.bytes,
          .activation_bytes = Bytes(m * (w.rows + w.cols))});
  }

  void RopeAndWriteKv(int layer) {
    const int64_t width =
        int64_t{model_.num_heads + model_.num_kv_heads} * model_.head_dim;
    Push(OpKind::kRopeAndWriteKv, layer, rows_, width, 1,
         {.other_operations = kRopeOperations * rows_ * width,
          .kv_write_bytes = rows_ * KvPositionBytes(model_, options_),
          .activation_bytes = Bytes(2 * rows_ * width)});
  }

  void Attention(int layer, int window) {
    const int64_t width = int64_t{model_.num_heads} * model_.head_dim;
    int64_t attended = 0, read = 0;
    for (const SequenceShape& s : step_.sequences) {
      const int64_t begin = s.context_tokens, end = begin + s.num_tokens;
      attended += AttendedPositions(begin, end, window);
      read += PositionsRead(begin, end, window);
    }
    Push(OpKind::kAttention, layer, rows_, width, attended,
         {.other_operations = 4 * width * attended,  // q.k and p.v
          .kv_read_bytes = read * KvPositionBytes(model_, options_),
          .activation_bytes = Bytes(2 * rows_ * width)});
  }

  void GatedActivation(int layer) {
    const int64_t elements = rows_ * model_.intermediate;
    Push(OpKind::kActivation, layer, rows_, model_.intermediate, 1,
         {.other_operations = kActivationOperations * elements,
          .activation_bytes = Bytes(3 * elements)});
  }

  int64_t Bytes(int64_t elements) const {
    return elements * options_.activation_bytes;
  }

  void Push(OpKind kind, int layer, int64_t m, int64_t n, int64_t k,
            const Work& work) {
    ops_.push_back({kind, layer, m, n, k, work});
  }

  const ModelShape& model_;
  const StepShape& step_;
  const CostOptions& options_;
  int64_t rows_ = 0, logits_rows_ = 0;
  std::vector<OpCost> ops_;
};

// Weights read once a step, whatever the rows.
bool IsWeightPass(OpKind kind) {
  return kind == OpKind::kQkv || kind == OpKind::kOutput ||
         kind == OpKind::kGateUp || kind == OpKind::kDown;
}

}  // namespace

Work& Work::operator+=(const Work& o) {
  linear_operations += o.linear_operations;
  other_operations += o.other_operations;
  weight_bytes += o.weight_bytes;
  kv_read_bytes += o.kv_read_bytes;
  kv_write_bytes += o.kv_write_bytes;
  activation_bytes += o.activation_bytes;
  return *this;
}

Work operator*(int64_t k, const Work& w) {
  return {k * w.linear_operations, k * w.other_operations,
          k * w.weight_bytes,      k * w.kv_read_bytes,
          k * w.kv_write_bytes,    k * w.activation_bytes};
}

std::vector<OpCost> StepOps(const ModelShape& model, const StepShape& step,
                            const CostOptions& options) {
  return OpList(model, step, options).Build();
}

Work TotalWork(const std::vector<OpCost>& ops) {
  Work total;
  for (const OpCost& op : ops) total += op.work;
  return total;
}

// The coefficients come from the list itself, for one row that wants logits:
// apart from attention every op is linear in its rows.
StepCost::StepCost(const ModelShape& model, const CostOptions& options)
    : query_width_(int64_t{model.num_heads} * model.head_dim),
      kv_position_bytes_(KvPositionBytes(model, options)) {
  const StepShape one_row{{{.num_tokens = 1, .num_logits = 1}}};
  for (OpCost& op : StepOps(model, one_row, options)) {
    if (op.kind == OpKind::kAttention) {
      op.work.other_operations = op.work.kv_read_bytes = 0;
    }
    Work* pass = op.kind == OpKind::kHead ? &head_pass_
                 : IsWeightPass(op.kind)  ? &layer_pass_
                                          : nullptr;
    if (pass != nullptr) {
      pass->weight_bytes += std::exchange(op.work.weight_bytes, 0);
    }
    (op.kind == OpKind::kHead ? per_logits_row_ : per_row_) += op.work;
  }
  for (const LayerShape& layer : model.layers) {
    auto group = std::find_if(
        windows_.begin(), windows_.end(),
        [&](const WindowGroup& g) { return g.window == layer.window; });
    if (group == windows_.end()) {
      group = windows_.insert(group, {.window = layer.window});
    }
    ++group->num_layers;
  }
}

Work StepCost::Marginal(const SequenceShape& s) const {
  assert(0 <= s.num_logits && s.num_logits <= s.num_tokens);
  assert(s.context_tokens >= 0);
  Work work = s.num_tokens * per_row_ + s.num_logits * per_logits_row_;
  const int64_t begin = s.context_tokens, end = begin + s.num_tokens;
  for (const WindowGroup& group : windows_) {
    work.other_operations += group.num_layers * 4 * query_width_ *
                             AttendedPositions(begin, end, group.window);
    work.kv_read_bytes += group.num_layers * kv_position_bytes_ *
                          PositionsRead(begin, end, group.window);
  }
  return work;
}

Work StepCost::Total(const StepShape& step) const {
  Work total;
  bool rows = false, logits = false;
  for (const SequenceShape& s : step.sequences) {
    total += Marginal(s);
    rows |= s.num_tokens > 0;
    logits |= s.num_logits > 0;
  }
  if (rows) total += layer_pass_;
  if (logits) total += head_pass_;
  return total;
}

}  // namespace mj
