// Rotary embedding: what a file's keys say about it.
#ifndef MILLIJOULE_ENGINE_MODEL_ARCHITECTURE_ROPE_H_
#define MILLIJOULE_ENGINE_MODEL_ARCHITECTURE_ROPE_H_

#include "engine/model/metadata_reader.h"
#include "engine/model/model_config.h"

namespace mj {

// The keys rope.*, but for those of layers with a window; errors are left in
// `keys`. `config` has its head_dim and context_length.
RopeConfig ReadRope(MetadataReader& keys, const ModelConfig& config);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_ARCHITECTURE_ROPE_H_
