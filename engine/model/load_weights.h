// A model file's tensors into a backend, named and fused as the decoder wants
// them.
#ifndef MILLIJOULE_ENGINE_MODEL_LOAD_WEIGHTS_H_
#define MILLIJOULE_ENGINE_MODEL_LOAD_WEIGHTS_H_

#include "absl/status/statusor.h"
#include "engine/model/decoder.h"
#include "engine/model/model_file.h"
#include "hw_backends/backend.h"

namespace mj {

// Errors name the tensor: NOT_FOUND, or INVALID_ARGUMENT with the shape found
// and the one wanted, or what the backend refused.
absl::StatusOr<DecoderWeights> LoadWeights(const ModelFile& file,
                                           Backend& backend);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_LOAD_WEIGHTS_H_
