// The buffers that hold what a step's rows have become so far.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_ACTIVATIONS_H_
#define MILLIJOULE_HW_BACKENDS_CPU_ACTIVATIONS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "hw_backends/backend.h"
#include "hw_backends/cpu/mapped_memory.h"
#include "hw_backends/cpu/matrix_ref.h"

namespace mj {

class Activations final {
 public:
  explicit Activations(int64_t max_rows) : max_rows_(max_rows) {}

  // Of [max_rows, cols], zero. What the system refuses, status() tells.
  BufferId Add(int64_t cols);
  // RESOURCE_EXHAUSTED: a buffer is missing; then none may be used.
  const absl::Status& status() const { return status_; }

  int64_t max_rows() const { return max_rows_; }
  int64_t cols(BufferId id) const { return Get(id).cols; }
  MatrixRef rows(BufferId id) const { return Get(id).rows; }
  // Rows of `id` side by side: where they lie, or copied, until the next call.
  MatrixRef Gather(BufferId id, std::span<const LogitsRow> rows);
  // Whole rows from `first` on.
  void Read(BufferId id, int64_t first, std::span<float> out) const;
  void Write(BufferId id, int64_t first, std::span<const float> in);

 private:
  struct Buffer {
    MappedMemory memory;  // zeros: no verb writes beyond cols
    int64_t cols = 0;
    MatrixRef rows;
  };
  const Buffer& Get(BufferId id) const {
    return buffers_[static_cast<size_t>(id)];
  }

  const int64_t max_rows_;
  std::vector<Buffer> buffers_;
  absl::Status status_;
  std::vector<float> gathered_;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_ACTIVATIONS_H_
