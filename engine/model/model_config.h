// What a decoder needs to know of a model, whatever its architecture: the
// validated facts of a file's metadata, as plain data.
#ifndef MILLIJOULE_ENGINE_MODEL_MODEL_CONFIG_H_
#define MILLIJOULE_ENGINE_MODEL_MODEL_CONFIG_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/gguf.h"
#include "engine/model/tensor_index.h"
#include "kernels/model_shape.h"

namespace mj {

enum class RopeScaling {
  kNone,
  kLinear,  // positions / factor (Chen et al. 2023)
  kYarn,    // by wavelength (Peng et al. 2023)
};

// How positions turn the first `dimensions` elements of a head.
struct RopeConfig {
  float base = 10000;
  int dimensions = 0;  // even, <= head_dim
  RopeScaling scaling = RopeScaling::kNone;
  float factor = 1;  // of linear and YaRN scaling
  // YaRN only.
  int original_context = 0;
  float beta_fast = 32;
  float beta_slow = 1;
  float magnitude = 1;  // multiplies cos and sin
  // Divides frequency i by element i of the tensor rope_freqs.weight, of
  // dimensions / 2 elements (Llama 3's scaling).
  bool has_factors = false;
};

struct ModelConfig {
  std::string name;          // general.name, or the architecture's
  std::string architecture;  // "llama"
  int context_length = 0;
  int hidden = 0;
  int num_layers = 0;
  int num_heads = 0;
  int num_kv_heads = 0;  // divides num_heads
  int head_dim = 0;      // even
  int intermediate = 0;
  int vocab = 0;  // rows of the embedding
  float norm_epsilon = 0;
  Activation activation = Activation::kSilu;
  float embedding_scale = 1;  // multiplies embedded tokens
  float attention_scale = 1;  // multiplies q.k
  // One a layer: attends to the last windows[i] positions, 0: to all.
  std::vector<int> windows;
  RopeConfig rope;                // of layers that attend to all positions
  RopeConfig local_rope;          // of layers with a window
  bool rope_interleaved = false;  // pairs (2i, 2i+1) rather than (i, i + n)
  bool has_qk_norms = false;      // per-head norms of q and k before the rope
  bool has_post_norms = false;    // norms after attention and feed-forward
  bool tied_embeddings = false;   // logits by the embedding's rows
  // Which projections have biases, in every layer.
  bool has_qkv_bias = false;
  bool has_output_bias = false;
  bool has_feed_forward_bias = false;
};

// Reads and checks the metadata (its ranges, and that they fit together) and
// which optional tensors there are. INVALID_ARGUMENT or NOT_FOUND name the
// key; an unknown architecture's message lists the known ones.
absl::StatusOr<ModelConfig> ReadModelConfig(const Gguf& file,
                                            const TensorIndex& tensors);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_MODEL_CONFIG_H_
