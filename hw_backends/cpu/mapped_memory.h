// Anonymous memory straight from the system: zero, page-aligned, and without
// cost until a page is touched.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_MAPPED_MEMORY_H_
#define MILLIJOULE_HW_BACKENDS_CPU_MAPPED_MEMORY_H_

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"

namespace mj {

class MappedMemory final {
 public:
  MappedMemory() = default;
  // Aligned to 2 MB where huge_pages asks the system for 2 MB pages.
  // RESOURCE_EXHAUSTED when the system refuses.
  static absl::StatusOr<MappedMemory> Map(size_t bytes, bool huge_pages);
  ~MappedMemory();
  MappedMemory(MappedMemory&& other) noexcept;
  MappedMemory& operator=(MappedMemory&& other) noexcept;

  std::byte* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  void* base_ = nullptr;
  size_t mapped_ = 0;
  std::byte* data_ = nullptr;
  size_t size_ = 0;
};

// Hands out 64-byte aligned pieces that live as long as the arena, packed into
// few mappings of 2 MB pages.
class Arena final {
 public:
  absl::StatusOr<std::byte*> Allocate(size_t bytes);

 private:
  std::vector<MappedMemory> chunks_;
  size_t used_ = 0;  // of the last chunk
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_MAPPED_MEMORY_H_
