#include "hw_backends/cpu/activations.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace mj {
namespace {

// A buffer's row stride in floats: whole groups of 32, and no multiple of 1 KB,
// which would put every row into the same few sets of the first-level cache.
int64_t RowStride(int64_t cols) {
  const int64_t stride = (cols + 31) / 32 * 32;
  return stride % 256 == 0 ? stride + 16 : stride;
}

bool AreConsecutive(std::span<const LogitsRow> rows) {
  for (size_t i = 1; i < rows.size(); ++i) {
    if (rows[i].row != rows[0].row + static_cast<int>(i)) return false;
  }
  return true;
}

}  // namespace

BufferId Activations::Add(int64_t cols) {
  const int64_t stride = RowStride(cols);
  absl::StatusOr<MappedMemory> memory = MappedMemory::Map(
      max_rows_ * stride * sizeof(float), /*huge_pages=*/false);
  if (memory.ok()) {
    const MatrixRef rows{reinterpret_cast<float*>(memory->data()), stride};
    buffers_.push_back({*std::move(memory), cols, rows});
  } else {
    status_ = absl::ResourceExhaustedError(
        absl::StrCat("activations of ", max_rows_,
                     " rows a step: ", memory.status().message()));
    buffers_.push_back({});
  }
  return static_cast<BufferId>(buffers_.size() - 1);
}

MatrixRef Activations::Gather(BufferId id, std::span<const LogitsRow> rows) {
  const MatrixRef from = Get(id).rows;
  if (rows.empty()) return from;
  if (AreConsecutive(rows)) return {from.row(rows[0].row), from.stride};
  gathered_.resize(std::max(gathered_.size(), rows.size() * from.stride));
  for (size_t i = 0; i < rows.size(); ++i) {
    std::copy_n(from.row(rows[i].row), from.stride,
                gathered_.data() + i * from.stride);
  }
  return {gathered_.data(), from.stride};
}

void Activations::Read(BufferId id, int64_t first, std::span<float> out) const {
  const auto& [memory, cols, from] = Get(id);
  assert(std::ssize(out) % cols == 0);
  for (int64_t r = 0; r < std::ssize(out) / cols; ++r) {
    std::copy_n(from.row(first + r), cols, out.data() + r * cols);
  }
}

void Activations::Write(BufferId id, int64_t first, std::span<const float> in) {
  const auto& [memory, cols, to] = Get(id);
  assert(std::ssize(in) % cols == 0);
  for (int64_t r = 0; r < std::ssize(in) / cols; ++r) {
    std::copy_n(in.data() + r * cols, cols, to.row(first + r));
  }
}

}  // namespace mj
