// What distinguishes the supported architectures, one entry each: a new one
// that fits these traits is a new entry.
#ifndef MILLIJOULE_ENGINE_MODEL_ARCHITECTURE_H_
#define MILLIJOULE_ENGINE_MODEL_ARCHITECTURE_H_

#include <string>
#include <string_view>

#include "kernels/model_shape.h"

namespace mj {

// What `attention.sliding_window` means.
enum class WindowRule {
  kRefused,   // only a window that never matters is accepted
  kEvery,     // every layer has it
  kPatterned  // all but each sixth layer, or as sliding_window_pattern says
};

struct ArchitectureTraits {
  std::string_view name;  // general.architecture
  // The converters permute the rows of q and k of `llama` files, so that
  // neighbours form the pairs.
  bool rope_interleaved = false;
  bool has_qk_norms = false;
  bool has_post_norms = false;
  Activation activation = Activation::kSilu;
  bool scales_embedding = false;  // by sqrt(hidden)
  WindowRule window = WindowRule::kRefused;
  // Layers with a window turn by a base of their own, unscaled.
  float local_rope_base = 0;  // 0: as the others
};

// nullptr for an unknown architecture.
const ArchitectureTraits* FindArchitecture(std::string_view name);
std::string KnownArchitectures();  // "llama, qwen2, ..."

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_ARCHITECTURE_H_
