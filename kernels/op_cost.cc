#include "kernels/op_cost.h"

#include <algorithm>
#include <cassert>
#include <span>
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

// Lists the ops of a step. `rows_` are those that run: all of the step until
// the last layer's K and V are stored, then those that pass it whole, then
// those that want logits.
class OpList {
 public:
  OpList(const ModelShape& model, const StepShape& step,
         const CostOptions& options)
      : model_(model),
        step_(step),
        options_(options),
        counts_(CountRows(step)),
        rows_(counts_.all) {}

  std::vector<OpCost> Build() && {
    if (rows_ == 0) return {};
    Embed();
    const int last = static_cast<int>(model_.layers.size()) - 1;
    for (int layer = 0; layer < last; ++layer) {
      StoreKv(layer);
      Finish(layer);
    }
    if (last >= 0) StoreKv(last);
    rows_ = counts_.whole;
    only_whole_ = true;
    if (rows_ == 0) return std::move(ops_);
    if (last >= 0) Finish(last);
    Norm(-1);
    rows_ = counts_.logits;
    if (rows_ > 0) Linear(OpKind::kHead, -1, model_.head);
    return std::move(ops_);
  }

 private:
  void StoreKv(int layer) {
    Norm(layer);
    Linear(OpKind::kQkv, layer, model_.layers[layer].qkv);
    RopeAndWriteKv(layer);
  }

  void Finish(int layer) {
    const LayerShape& shape = model_.layers[layer];
    Attention(layer, shape.window);
    Linear(OpKind::kOutput, layer, shape.output);
    Norm(layer);
    Linear(OpKind::kGateUp, layer, shape.gate_up);
    GatedActivation(layer);
    Linear(OpKind::kDown, layer, shape.down);
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

  void Linear(OpKind kind, int layer, const MatrixShape& w) {
    Push(kind, layer, rows_, w.rows, w.cols,
         {.linear_operations = 2 * rows_ * w.rows * w.cols,
          .weight_bytes = w.bytes,
          .activation_bytes = Bytes(rows_ * (w.rows + w.cols))});
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
      const int64_t end = s.context_tokens + s.num_tokens;
      const int64_t begin = end - (only_whole_ ? s.num_whole() : s.num_tokens);
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
  const RowCounts counts_;
  int64_t rows_;
  bool only_whole_ = false;
  std::vector<OpCost> ops_;
};

// Whether its weights are read once a step, whatever the rows.
bool IsLinear(OpKind kind) {
  return kind == OpKind::kQkv || kind == OpKind::kOutput ||
         kind == OpKind::kGateUp || kind == OpKind::kDown ||
         kind == OpKind::kHead;
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

// The coefficients come from the list itself, for one row: apart from attention
// every op is linear in its rows. What a whole row adds comes after what every
// row does, the head last.
StepCost::StepCost(const ModelShape& model, const CostOptions& options)
    : query_width_(int64_t{model.num_heads} * model.head_dim),
      kv_position_bytes_(KvPositionBytes(model, options)) {
  const StepShape row{{{.num_tokens = 1}}};
  const StepShape logits_row{{{.num_tokens = 1, .num_logits = 1}}};
  const size_t num_of_any_row = StepOps(model, row, options).size();
  std::vector<OpCost> ops = StepOps(model, logits_row, options);
  for (size_t i = 0; i < ops.size(); ++i) {
    Work work = ops[i].work;
    const bool of_head = ops[i].kind == OpKind::kHead;
    const bool of_any_row = i < num_of_any_row;
    Work& per_row = of_head      ? per_logits_row_
                    : of_any_row ? per_row_
                                 : per_whole_row_;
    Work& pass = of_head      ? head_pass_
                 : of_any_row ? layer_pass_
                              : last_layer_pass_;
    if (ops[i].kind == OpKind::kAttention) {
      work.other_operations = work.kv_read_bytes = 0;
    }
    if (IsLinear(ops[i].kind)) {
      pass.weight_bytes += std::exchange(work.weight_bytes, 0);
    }
    per_row += work;
  }
  if (model.layers.empty()) return;
  last_ = {.window = model.layers.back().window, .num_layers = 1};
  for (const LayerShape& layer :
       std::span(model.layers).first(model.layers.size() - 1)) {
    auto group = std::find_if(
        windows_.begin(), windows_.end(),
        [&](const WindowGroup& g) { return g.window == layer.window; });
    if (group == windows_.end()) {
      group = windows_.insert(group, {.window = layer.window});
    }
    ++group->num_layers;
  }
}

Work StepCost::Attention(int64_t begin, int64_t end,
                         const WindowGroup& layers) const {
  return {.other_operations = layers.num_layers * 4 * query_width_ *
                              AttendedPositions(begin, end, layers.window),
          .kv_read_bytes = layers.num_layers * kv_position_bytes_ *
                           PositionsRead(begin, end, layers.window)};
}

Work StepCost::Marginal(const SequenceShape& s) const {
  return s.num_tokens * per_row_ + s.num_whole() * per_whole_row_ +
         s.num_logits * per_logits_row_ + Attention(s);
}

Work StepCost::Attention(const SequenceShape& s) const {
  assert(s.num_logits >= 0 && s.num_hidden >= 0 && s.context_tokens >= 0);
  assert(s.num_whole() <= s.num_tokens);
  Work work;
  const int64_t begin = s.context_tokens, end = begin + s.num_tokens;
  for (const WindowGroup& layers : windows_) {
    work += Attention(begin, end, layers);
  }
  return work + Attention(end - s.num_whole(), end, last_);
}

Work StepCost::Total(const StepShape& step) const {
  Work total;
  for (const SequenceShape& s : step.sequences) total += Marginal(s);
  const RowCounts rows = CountRows(step);
  if (rows.all > 0) total += layer_pass_;
  if (rows.whole > 0) total += last_layer_pass_;
  if (rows.logits > 0) total += head_pass_;
  return total;
}

}  // namespace mj
