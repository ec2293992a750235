#include "engine/model/decoder.h"

#include <algorithm>
#include <span>
#include <utility>

namespace mj {
namespace {

// Logits held at once: a large vocabulary's rows are read out in parts, so
// that 256 sequences do not cost 256 rows of 262,144 floats.
constexpr int kMaxLogits = 4 << 20;

}  // namespace

Decoder::Decoder(DecoderWeights weights, const ModelShape& shape,
                 Backend& backend)
    : weights_(std::move(weights)),
      vocab_(shape.vocab),
      backend_(backend),
      residual_(backend.AddBuffer(shape.hidden)),
      normed_(backend.AddBuffer(shape.hidden)),
      qkv_(backend.AddBuffer((shape.num_heads + 2 * shape.num_kv_heads) *
                             shape.head_dim)),
      attended_(backend.AddBuffer(shape.num_heads * shape.head_dim)),
      gated_(backend.AddBuffer(shape.intermediate)) {}

StepOutcome Decoder::Run(const ForwardBatch& batch, const LogitsSink& sink) {
  backend_.BeginStep({.tokens = batch.tokens, .sequences = batch.sequences});
  backend_.Embed(weights_.embedding, weights_.embedding_scale, residual_);
  for (const LayerWeights& layer : weights_.layers) RunLayer(layer);
  if (!batch.logits_rows.empty()) {
    backend_.RmsNorm(residual_, weights_.final_norm, weights_.norm_epsilon,
                     /*accumulate=*/false, normed_);
    EmitLogits(batch.logits_rows, sink);
  }
  return {.report = backend_.EndStep()};
}

void Decoder::RunLayer(const LayerWeights& layer) {
  const float epsilon = weights_.norm_epsilon;
  backend_.Linear(
      {.matrix = layer.qkv, .norm = InputNorm{layer.attention_norm, epsilon}},
      residual_, qkv_);
  backend_.RopeAndWriteKv(layer.attention, qkv_);
  backend_.Attention(layer.attention, qkv_, attended_);
  AddToResidual(layer.output, attended_, layer.post_attention_norm);

  backend_.Linear({.matrix = layer.gate_up,
                   .norm = InputNorm{layer.ffn_norm, epsilon},
                   .gate = weights_.activation},
                  residual_, gated_);
  AddToResidual(layer.down, gated_, layer.post_ffn_norm);
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

void Decoder::EmitLogits(const std::vector<int>& rows, const LogitsSink& sink) {
  const int at_once = std::max(1, kMaxLogits / vocab_);
  for (size_t first = 0; first < rows.size(); first += at_once) {
    const size_t count = std::min<size_t>(at_once, rows.size() - first);
    logits_.resize(std::max(logits_.size(), count * vocab_));
    const std::span<float> out(logits_.data(), count * vocab_);
    backend_.Logits(weights_.head, normed_,
                    std::span(rows).subspan(first, count), out);
    for (size_t i = 0; i < count; ++i) {
      sink(first + i, out.subspan(i * vocab_, vocab_));
    }
  }
}

}  // namespace mj
