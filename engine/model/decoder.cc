#include "engine/model/decoder.h"

#include <algorithm>
#include <cassert>
#include <span>
#include <utility>

namespace mj {
namespace {

// Logits held at once: a large vocabulary's whole rows are read out in parts,
// so that 256 sequences do not cost 256 rows of 262,144 floats.
constexpr int kMaxLogits = 4 << 20;

}  // namespace

Decoder::Decoder(DecoderWeights weights, const ModelShape& shape,
                 Backend& backend)
    : weights_(std::move(weights)),
      head_{.matrix = weights_.head,
            .norm = InputNorm{weights_.final_norm, weights_.norm_epsilon}},
      vocab_(shape.vocab),
      hidden_(shape.hidden),
      backend_(backend),
      residual_(backend.AddBuffer(shape.hidden)),
      normed_(backend.AddBuffer(shape.hidden)),
      qkv_(backend.AddBuffer((shape.num_heads + 2 * shape.num_kv_heads) *
                             shape.head_dim)),
      attended_(backend.AddBuffer(shape.num_heads * shape.head_dim)),
      gated_(backend.AddBuffer(shape.intermediate)) {}

StepOutcome Decoder::Run(const ForwardBatch& batch, const LogitsSink& sink) {
  Begin(batch);
  if (batch.tap == nullptr && batch.hidden == nullptr) {
    return Finish(0, batch.logits_rows, sink);
  }
  // A tap behind the last layer keeps no state within.
  const int num_layers = static_cast<int>(weights_.layers.size());
  int first = 0;
  if (batch.tap != nullptr && batch.tap->layer < num_layers) {
    first = batch.tap->layer;
    RunLayers(0, first);
    TakeResidual(batch.tap->row, *batch.tap);
  }
  std::span<const int> hidden;
  if (batch.hidden != nullptr) hidden = batch.hidden->rows;
  RunRest(first, batch.logits_rows, hidden);
  Normalise();
  if (batch.tap != nullptr) TakeOutput(*batch.tap);
  if (batch.hidden != nullptr) TakeHidden(*batch.hidden);
  EmitLogits(sink);
  return {.report = backend_.EndStep()};
}

StepOutcome Decoder::Finish(int first, std::span<const LogitsRow> rows,
                            const LogitsSink& sink) {
  RunRest(first, rows);
  EmitLogits(sink);
  return {.report = backend_.EndStep()};
}

void Decoder::RunRest(int first, std::span<const LogitsRow> rows,
                      std::span<const int> hidden) {
  NoteWanted(rows, hidden);
  const int last = static_cast<int>(weights_.layers.size()) - 1;
  if (first <= last) {
    RunLayers(first, last);
    RunLayer(weights_.layers.back(), kept_);
  } else {
    backend_.KeepRows(kept_, {&residual_, 1});
  }
}

void Decoder::Begin(const ForwardBatch& batch) {
  backend_.BeginStep({.tokens = batch.tokens, .sequences = batch.sequences});
  backend_.Embed(weights_.embedding, weights_.embedding_scale, residual_);
}

void Decoder::RunLayers(int first, int last) {
  for (int i = first; i < last; ++i) {
    RunLayer(weights_.layers[i], /*kept=*/std::nullopt);
  }
}

void Decoder::SkipLayers(int first) {
  for (const LayerWeights& layer : std::span(weights_.layers).subspan(first)) {
    StoreKv(layer);
  }
}

void Decoder::NoteWanted(std::span<const LogitsRow> rows,
                         std::span<const int> hidden) {
  kept_.assign(hidden.begin(), hidden.end());
  for (const LogitsRow& row : rows) kept_.push_back(row.row);
  std::ranges::sort(kept_);
  kept_.erase(std::unique(kept_.begin(), kept_.end()), kept_.end());
  wanted_.clear();
  for (const LogitsRow& row : rows) {
    wanted_.push_back({KeptRow(row.row), row.top});
  }
}

int Decoder::KeptRow(int row) const {
  const auto kept = std::ranges::lower_bound(kept_, row);
  assert(kept != kept_.end() && *kept == row);
  return static_cast<int>(kept - kept_.begin());
}

void Decoder::StoreKv(const LayerWeights& layer) {
  backend_.Linear(
      {.matrix = layer.qkv,
       .norm = InputNorm{layer.attention_norm, weights_.norm_epsilon}},
      residual_, qkv_);
  backend_.RopeAndWriteKv(layer.attention, qkv_);
}

void Decoder::RunLayer(const LayerWeights& layer,
                       std::optional<std::span<const int>> kept) {
  StoreKv(layer);
  if (kept) {
    const BufferId live[] = {residual_, qkv_};
    backend_.KeepRows(*kept, live);
  }
  backend_.Attention(layer.attention, qkv_, attended_);
  AddToResidual(layer.output, attended_, layer.post_attention_norm);

  backend_.Linear({.matrix = layer.gate_up,
                   .norm = InputNorm{layer.ffn_norm, weights_.norm_epsilon},
                   .gate = weights_.activation},
                  residual_, gated_);
  AddToResidual(layer.down, gated_, layer.post_ffn_norm);
  layers_done_.fetch_add(1, std::memory_order_relaxed);
}

void Decoder::AddToResidual(WeightId matrix, BufferId in,
                            std::optional<WeightId> post_norm) {
  if (!post_norm.has_value()) {
    backend_.Linear({.matrix = matrix, .accumulate = true}, in, residual_);
    return;
  }
  backend_.Linear({.matrix = matrix}, in, normed_);
  backend_.RmsNorm(normed_, *post_norm, weights_.norm_epsilon,
                   /*accumulate=*/true, residual_);
}

void Decoder::TakeResidual(int row, HiddenTap& tap) {
  tap.residual.resize(hidden_);
  backend_.ReadRows(residual_, row, tap.residual);
}

void Decoder::Normalise() {
  backend_.RmsNorm(residual_, weights_.final_norm, weights_.norm_epsilon,
                   /*accumulate=*/false, normed_);
}

void Decoder::TakeOutput(HiddenTap& tap) {
  const int row = KeptRow(tap.row);
  if (tap.layer == std::ssize(weights_.layers)) TakeResidual(row, tap);
  tap.output.resize(hidden_);
  backend_.ReadRows(normed_, row, tap.output);
}

void Decoder::TakeHidden(HiddenRows& hidden) {
  hidden.values.resize(hidden.rows.size() * hidden_);
  std::span<float> rest(hidden.values);
  for (int row : hidden.rows) {
    backend_.ReadRows(normed_, KeptRow(row), rest.first(hidden_));
    rest = rest.subspan(hidden_);
  }
}

void Decoder::EmitLogits(const LogitsSink& sink) {
  const std::span<const LogitsRow> rows = wanted_;
  const int at_once = std::max(1, kMaxLogits / vocab_);
  const auto wants_all = [](const LogitsRow& row) { return row.top == 0; };
  for (size_t first = 0; first < rows.size();) {
    size_t last = first;
    for (int held = 0; last < rows.size(); ++last) {
      if (wants_all(rows[last]) && held++ == at_once) break;
    }
    EmitPart(rows.subspan(first, last - first), static_cast<int>(first), sink);
    first = last;
  }
}

void Decoder::EmitPart(std::span<const LogitsRow> rows, int first_index,
                       const LogitsSink& sink) {
  const auto size_of_list = [&](const LogitsRow& row) {
    return static_cast<size_t>(std::min(row.top, vocab_));
  };
  size_t num_all = 0, num_top = 0;
  for (const LogitsRow& row : rows) {
    if (row.top == 0) num_all += vocab_;
    num_top += size_of_list(row);
  }
  all_.resize(std::max(all_.size(), num_all));
  top_.resize(std::max(top_.size(), num_top));
  std::span<float> all(all_.data(), num_all);
  std::span<TokenLogit> top(top_.data(), num_top);
  backend_.Logits(head_, residual_, rows, all, top);
  for (size_t i = 0; i < rows.size(); ++i) {
    const size_t floats = rows[i].top == 0 ? vocab_ : 0;
    const size_t tokens = size_of_list(rows[i]);
    sink(first_index + static_cast<int>(i),
         {.all = all.first(floats), .top = top.first(tokens)});
    all = all.subspan(floats);
    top = top.subspan(tokens);
  }
}

}  // namespace mj
