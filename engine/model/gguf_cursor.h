// A bounds-checked walk through the head of a file.
#ifndef MILLIJOULE_ENGINE_MODEL_GGUF_CURSOR_H_
#define MILLIJOULE_ENGINE_MODEL_GGUF_CURSOR_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace mj {

// `head` holds the first bytes of a file of `file_size` bytes.
// INVALID_ARGUMENT: the file is too short for what is asked.
// OUT_OF_RANGE: the file goes on, but not `head`.
class GgufCursor final {
 public:
  GgufCursor(std::span<const std::byte> head, uint64_t file_size)
      : head_(head), file_size_(file_size) {}

  uint64_t position() const { return position_; }
  uint64_t left_in_file() const { return file_size_ - position_; }

  absl::StatusOr<std::span<const std::byte>> Take(uint64_t size) {
    if (size > left_in_file()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "needs ", size, " bytes at offset ", position_, ", the file has ",
          left_in_file(), " there: it is truncated or corrupt"));
    }
    if (size > head_.size() - position_) {
      return absl::OutOfRangeError("more of the file is needed");
    }
    const auto bytes = head_.subspan(position_, size);
    position_ += size;
    return bytes;
  }

  template <typename T>
  absl::StatusOr<T> Read() {
    auto bytes = Take(sizeof(T));
    if (!bytes.ok()) return bytes.status();
    T value;
    std::memcpy(&value, bytes->data(), sizeof(T));
    return value;
  }

  // A length of 8 bytes, then as many bytes of text.
  absl::StatusOr<std::string_view> ReadString() {
    auto size = Read<uint64_t>();
    if (!size.ok()) return size.status();
    auto bytes = Take(*size);
    if (!bytes.ok()) return bytes.status();
    return std::string_view(reinterpret_cast<const char*>(bytes->data()),
                            bytes->size());
  }

  // What was passed since `start`.
  std::span<const std::byte> Since(uint64_t start) const {
    return head_.subspan(start, position_ - start);
  }

 private:
  std::span<const std::byte> head_;
  uint64_t file_size_;
  uint64_t position_ = 0;  // <= head_.size() <= file_size_
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_GGUF_CURSOR_H_
