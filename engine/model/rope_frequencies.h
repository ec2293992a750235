// The angles per position of a model's rotary embedding.
#ifndef MILLIJOULE_ENGINE_MODEL_ROPE_FREQUENCIES_H_
#define MILLIJOULE_ENGINE_MODEL_ROPE_FREQUENCIES_H_

#include <span>

#include "engine/model/model_config.h"
#include "hw_backends/backend.h"

namespace mj {

// inverse_frequency[i] = base^(-2 i / dimensions), scaled as the config says:
// linear (Chen et al. 2023), YaRN's ramp between interpolated and plain
// frequencies (Peng et al. 2023, "NTK-by-parts"), or divided by `factors`
// (Llama 3; empty or dimensions / 2 of them).
RopeSpec MakeRopeSpec(const RopeConfig& config, std::span<const float> factors,
                      bool interleaved);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_ROPE_FREQUENCIES_H_
