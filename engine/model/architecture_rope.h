// Rotary embedding: from a file's keys to the angles a backend turns by.
#ifndef MILLIJOULE_ENGINE_MODEL_ARCHITECTURE_ROPE_H_
#define MILLIJOULE_ENGINE_MODEL_ARCHITECTURE_ROPE_H_

#include <span>

#include "engine/model/metadata_reader.h"
#include "engine/model/model_config.h"
#include "hw_backends/backend.h"

namespace mj {

// The keys rope.*; `config` has its head_dim and context_length.
RopeConfig ReadRope(MetadataReader& keys, const ModelConfig& config);

// frequency[i] = base^(-2i / dimensions), then scaled as `rope` says and
// divided by factors[i].
// REQUIRES: factors holds dimensions / 2 values > 0 if rope.has_factors, else
// none.
RopeSpec MakeRopeSpec(const RopeConfig& rope, bool interleaved,
                      std::span<const float> factors);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_ARCHITECTURE_ROPE_H_
