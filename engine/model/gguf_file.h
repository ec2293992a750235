// An open GGUF file: its head in memory, its tensors mapped read-only.
#ifndef MILLIJOULE_ENGINE_MODEL_GGUF_FILE_H_
#define MILLIJOULE_ENGINE_MODEL_GGUF_FILE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/gguf.h"
#include "kernels/tensor_view.h"

namespace mj {

// Reads the head by read(2), so a file that shrinks meanwhile gives an error;
// the tensors are mapped, so reading them needs the file as it was opened.
// Immutable but for Drop(): any thread may call.
class GgufFile final {
 public:
  // NOT_FOUND, PERMISSION_DENIED, ...: what open(2) and mmap(2) said, with
  // the path. INVALID_ARGUMENT: Gguf::Parse's errors.
  static absl::StatusOr<GgufFile> Open(const std::string& path);

  GgufFile(GgufFile&&) noexcept;
  GgufFile& operator=(GgufFile&&) noexcept;
  ~GgufFile();

  const Gguf& gguf() const { return gguf_; }
  uint64_t size() const { return size_; }
  // The first gguf().head_bytes() bytes of the file.
  std::span<const std::byte> head() const;
  // REQUIRES: `tensor` is one of gguf().tensors(), Drop() was not called.
  TensorView View(const GgufTensor& tensor) const;
  // Unmaps the tensors; the metadata stays.
  void Drop();

 private:
  GgufFile() = default;

  std::vector<std::byte> head_;  // what gguf_ views
  Gguf gguf_;
  uint64_t size_ = 0;
  std::byte* mapping_ = nullptr;  // size_ bytes, or nullptr
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_GGUF_FILE_H_
