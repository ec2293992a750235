// What a model file is known by.
#ifndef MILLIJOULE_ENGINE_MODEL_GGUF_FINGERPRINT_H_
#define MILLIJOULE_ENGINE_MODEL_GGUF_FINGERPRINT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/gguf_file.h"

namespace mj {

// SHA-256, in hex, over each part's size and head (all metadata and tensor
// descriptions) and the first and last 64 KiB of each of its tensors: cheap,
// different for different models, but no proof that the bytes between are
// whole.
// REQUIRES: Drop() was not called.
absl::StatusOr<std::string> Fingerprint(const std::vector<GgufFile>& parts);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_GGUF_FINGERPRINT_H_
