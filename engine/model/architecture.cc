#include "engine/model/architecture.h"

namespace mj {
namespace {

constexpr ArchitectureTraits kArchitectures[] = {
    {.name = "llama",  // Llama 2 and 3, SmolLM2, Mistral
     .rope_interleaved = true,
     .window = WindowRule::kEvery},
    {.name = "qwen2"},
    {.name = "qwen3", .has_qk_norms = true},
    {.name = "gemma3",
     .has_qk_norms = true,
     .has_post_norms = true,
     .activation = Activation::kGeluTanh,
     .scales_embedding = true,
     .window = WindowRule::kPatterned,
     .local_rope_base = 10000},
};

}  // namespace

const ArchitectureTraits* FindArchitecture(std::string_view name) {
  for (const ArchitectureTraits& traits : kArchitectures) {
    if (traits.name == name) return &traits;
  }
  return nullptr;
}

std::string KnownArchitectures() {
  std::string names;
  for (const ArchitectureTraits& traits : kArchitectures) {
    if (!names.empty()) names += ", ";
    names += traits.name;
  }
  return names;
}

}  // namespace mj
