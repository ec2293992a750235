// One pass over the head of a GGUF file. Use Gguf::Parse, which names the
// file in the errors.
#ifndef MILLIJOULE_ENGINE_MODEL_GGUF_PARSER_H_
#define MILLIJOULE_ENGINE_MODEL_GGUF_PARSER_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/model/gguf.h"
#include "engine/model/gguf_cursor.h"

namespace mj {

class GgufParser final {
 public:
  GgufParser(std::span<const std::byte> head, uint64_t file_size)
      : cursor_(head, file_size), file_size_(file_size) {}

  absl::StatusOr<Gguf> Parse();  // once

 private:
  struct Counts {
    uint64_t tensors = 0;
    uint64_t entries = 0;
  };

  absl::StatusOr<Counts> ReadHeader();
  absl::Status ReadMetadata(uint64_t count);
  absl::Status ReadEntry();
  absl::StatusOr<GgufType> ReadType();
  absl::StatusOr<GgufValue> ReadValue(GgufType type, int depth);
  absl::StatusOr<GgufValue> ReadArray(int depth);
  absl::Status SkipElements(const GgufValue& array, int depth);
  absl::Status ReadTensors(uint64_t count);
  absl::Status ReadTensor();
  absl::Status ReadDimensions(GgufTensor& tensor);
  absl::Status ReadTensorType(GgufTensor& tensor);

  GgufCursor cursor_;
  uint64_t file_size_;
  Gguf file_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_GGUF_PARSER_H_
