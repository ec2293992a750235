// Where the tensors of a GGUF file lie.
#ifndef MILLIJOULE_ENGINE_MODEL_GGUF_LAYOUT_H_
#define MILLIJOULE_ENGINE_MODEL_GGUF_LAYOUT_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "engine/model/gguf.h"

namespace mj {

// Turns the tensors' offsets in the data section, as the file has them, into
// offsets in the file. The section follows the head's `head_bytes`, aligned
// to `alignment` (the value of general.alignment; nullptr: absent).
// INVALID_ARGUMENT: an alignment that is none, an offset that is not aligned,
// a tensor that ends beyond the file or overlaps another.
absl::Status PlaceTensors(const GgufValue* alignment, uint64_t head_bytes,
                          uint64_t file_size, std::vector<GgufTensor>& tensors);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_GGUF_LAYOUT_H_
