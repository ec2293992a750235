// The tensors an architecture's decoder is made of: names and shapes.
#ifndef MILLIJOULE_ENGINE_MODEL_ARCHITECTURE_TENSORS_H_
#define MILLIJOULE_ENGINE_MODEL_ARCHITECTURE_TENSORS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/model_config.h"

namespace mj {

// A matrix [rows, cols] of weights; vectors are one row.
struct TensorSpec {
  std::string name;
  int64_t rows = 1;
  int64_t cols = 0;
};

// nullopt: this model has none.
struct LayerTensors {
  TensorSpec attention_norm;                 // [hidden]
  TensorSpec q;                              // [heads * head_dim, hidden]
  TensorSpec k, v;                           // [kv_heads * head_dim, hidden]
  TensorSpec attention_output;               // [hidden, heads * head_dim]
  TensorSpec feed_forward_norm;              // [hidden]
  TensorSpec gate, up;                       // [intermediate, hidden]
  TensorSpec down;                           // [hidden, intermediate]
  std::optional<TensorSpec> q_norm, k_norm;  // [head_dim]
  std::optional<TensorSpec> post_attention_norm, post_feed_forward_norm;
  std::optional<TensorSpec> q_bias, k_bias, v_bias, attention_output_bias;
  std::optional<TensorSpec> gate_bias, up_bias, down_bias;
};

struct ModelTensors {
  TensorSpec embedding;                    // [vocab, hidden]
  TensorSpec output_norm;                  // [hidden]
  std::optional<TensorSpec> head;          // [vocab, hidden]; else tied
  std::optional<TensorSpec> rope_factors;  // [rope.dimensions / 2]
};

// REQUIRES: 0 <= layer < config.num_layers
LayerTensors LayerTensorsOf(const ModelConfig& config, int layer);
ModelTensors ModelTensorsOf(const ModelConfig& config);
// All of both: exactly what a file must hold.
std::vector<TensorSpec> AllTensorsOf(const ModelConfig& config);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_ARCHITECTURE_TENSORS_H_
