#include "engine/model/architecture_tensors.h"

#include <cassert>
#include <utility>

#include "engine/model/invalid.h"

namespace mj {
namespace {

using Optional = std::optional<TensorSpec>;

void Append(std::vector<TensorSpec>& all, TensorSpec spec) {
  all.push_back(std::move(spec));
}

void Append(std::vector<TensorSpec>& all, Optional spec) {
  if (spec.has_value()) all.push_back(*std::move(spec));
}

void AppendLayer(std::vector<TensorSpec>& all, LayerTensors layer) {
  const auto append = [&all](auto&... specs) {
    (Append(all, std::move(specs)), ...);
  };
  append(layer.attention_norm, layer.q, layer.k, layer.v, layer.q_norm,
         layer.k_norm, layer.attention_output, layer.post_attention_norm,
         layer.feed_forward_norm, layer.gate, layer.up, layer.down,
         layer.post_feed_forward_norm, layer.q_bias, layer.k_bias, layer.v_bias,
         layer.attention_output_bias, layer.gate_bias, layer.up_bias,
         layer.down_bias);
}

}  // namespace

LayerTensors LayerTensorsOf(const ModelConfig& config, int layer) {
  assert(layer >= 0 && layer < config.num_layers);
  const auto matrix = [layer](const char* name, int64_t rows, int64_t cols) {
    return TensorSpec{Concat("blk.", layer, ".", name), rows, cols};
  };
  const auto vector_if = [&](bool there, const char* name, int64_t size) {
    return there ? Optional(matrix(name, 1, size)) : std::nullopt;
  };
  const int64_t hidden = config.hidden;
  const int64_t q = int64_t{config.num_heads} * config.head_dim;
  const int64_t kv = int64_t{config.num_kv_heads} * config.head_dim;
  const int64_t inner = config.intermediate;
  const bool qk = config.has_qk_norms;
  const bool post = config.has_post_norms;
  const bool ff_bias = config.has_feed_forward_bias;
  return {
      .attention_norm = matrix("attn_norm.weight", 1, hidden),
      .q = matrix("attn_q.weight", q, hidden),
      .k = matrix("attn_k.weight", kv, hidden),
      .v = matrix("attn_v.weight", kv, hidden),
      .attention_output = matrix("attn_output.weight", hidden, q),
      .feed_forward_norm = matrix("ffn_norm.weight", 1, hidden),
      .gate = matrix("ffn_gate.weight", inner, hidden),
      .up = matrix("ffn_up.weight", inner, hidden),
      .down = matrix("ffn_down.weight", hidden, inner),
      .q_norm = vector_if(qk, "attn_q_norm.weight", config.head_dim),
      .k_norm = vector_if(qk, "attn_k_norm.weight", config.head_dim),
      .post_attention_norm =
          vector_if(post, "post_attention_norm.weight", hidden),
      .post_feed_forward_norm = vector_if(post, "post_ffw_norm.weight", hidden),
      .q_bias = vector_if(config.has_qkv_bias, "attn_q.bias", q),
      .k_bias = vector_if(config.has_qkv_bias, "attn_k.bias", kv),
      .v_bias = vector_if(config.has_qkv_bias, "attn_v.bias", kv),
      .attention_output_bias =
          vector_if(config.has_output_bias, "attn_output.bias", hidden),
      .gate_bias = vector_if(ff_bias, "ffn_gate.bias", inner),
      .up_bias = vector_if(ff_bias, "ffn_up.bias", inner),
      .down_bias = vector_if(ff_bias, "ffn_down.bias", hidden),
  };
}

ModelTensors ModelTensorsOf(const ModelConfig& config) {
  ModelTensors tensors{
      .embedding = {"token_embd.weight", config.vocab, config.hidden},
      .output_norm = {"output_norm.weight", 1, config.hidden},
      .head = std::nullopt,
      .rope_factors = std::nullopt};
  if (!config.tied_embeddings) {
    tensors.head = {"output.weight", config.vocab, config.hidden};
  }
  if (config.rope.has_factors) {
    tensors.rope_factors = {"rope_freqs.weight", 1, config.rope.dimensions / 2};
  }
  return tensors;
}

std::vector<TensorSpec> AllTensorsOf(const ModelConfig& config) {
  std::vector<TensorSpec> all;
  ModelTensors outer = ModelTensorsOf(config);
  Append(all, std::move(outer.embedding));
  for (int layer = 0; layer < config.num_layers; ++layer) {
    AppendLayer(all, LayerTensorsOf(config, layer));
  }
  Append(all, std::move(outer.output_norm));
  Append(all, std::move(outer.head));
  Append(all, std::move(outer.rope_factors));
  return all;
}

}  // namespace mj
