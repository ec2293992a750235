#include "hw_backends/cpu/mapped_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace mj {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kArenaChunk = size_t{64} << 20;
constexpr size_t kCacheLine = 64;

}  // namespace

absl::StatusOr<MappedMemory> MappedMemory::Map(size_t bytes, bool huge_pages) {
  const size_t slack = huge_pages ? kHugePage : 0;
  const bool too_large = bytes > SIZE_MAX / 2;
  void* base = too_large
                   ? MAP_FAILED
                   : mmap(nullptr, bytes + slack, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) {
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot map ", bytes, " bytes of memory"));
  }
  MappedMemory memory;
  memory.base_ = base;
  memory.mapped_ = bytes + slack;
  memory.size_ = bytes;
  auto address = reinterpret_cast<uintptr_t>(base);
  if (huge_pages) {
    address = (address + kHugePage - 1) / kHugePage * kHugePage;
    // A hint: without huge pages the memory works as well, only slower.
    madvise(reinterpret_cast<void*>(address), bytes, MADV_HUGEPAGE);
  }
  memory.data_ = reinterpret_cast<std::byte*>(address);
  return memory;
}

MappedMemory::~MappedMemory() {
  if (base_ != nullptr) munmap(base_, mapped_);
}

MappedMemory::MappedMemory(MappedMemory&& other) noexcept {
  *this = std::move(other);
}

MappedMemory& MappedMemory::operator=(MappedMemory&& other) noexcept {
  std::swap(base_, other.base_);
  std::swap(mapped_, other.mapped_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

absl::StatusOr<std::byte*> Arena::Allocate(size_t bytes) {
  if (bytes > SIZE_MAX / 2) {
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot map ", bytes, " bytes of memory"));
  }
  const size_t size = (bytes + kCacheLine - 1) / kCacheLine * kCacheLine;
  if (chunks_.empty() || chunks_.back().size() - used_ < size) {
    absl::StatusOr<MappedMemory> chunk =
        MappedMemory::Map(std::max(size, kArenaChunk), /*huge_pages=*/true);
    if (!chunk.ok()) return chunk.status();
    chunks_.push_back(*std::move(chunk));
    used_ = 0;
  }
  std::byte* piece = chunks_.back().data() + used_;
  used_ += size;
  return piece;
}

}  // namespace mj
