// A weight matrix in this backend's layout: parts (q|k|v, gate|up) stacked by
// rows, each in panels of its own tensor type.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_PACKED_MATRIX_H_
#define MILLIJOULE_HW_BACKENDS_CPU_PACKED_MATRIX_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "hw_backends/cpu/mapped_memory.h"
#include "hw_backends/cpu/repack.h"
#include "hw_backends/cpu/worker_pool.h"
#include "kernels/tensor_view.h"

namespace mj {

struct PackedMatrix {
  struct Segment {
    TensorType type = TensorType::kF32;
    int64_t first_row = 0;
    int64_t rows = 0;
    int64_t panels = 0;
    size_t panel_bytes = 0;
    const std::byte* data = nullptr;
  };
  CodeOrder order = CodeOrder::kPanels;
  std::vector<Segment> segments;
  int64_t rows = 0;
  int64_t cols = 0;
  int64_t groups = 0;       // of 32 columns
  int64_t panels = 0;       // of all segments
  std::vector<float> bias;  // [rows], or empty
};

// Repacks `parts` into `arena`, in parallel.
// INVALID_ARGUMENT: the parts or biases do not stack, their bytes are not
// those of their shape, or a value is not finite.
absl::StatusOr<PackedMatrix> PackMatrix(std::span<const TensorView> parts,
                                        std::span<const TensorView> biases,
                                        WorkerPool& pool, Arena& arena,
                                        CodeOrder order = CodeOrder::kPanels);

// A vector's values as float32.
absl::StatusOr<std::vector<float>> ReadVector(const TensorView& values);

// out[0 .. 32 * groups) = row `row`, dequantised; zeros beyond cols.
void ReadMatrixRow(const PackedMatrix& matrix, int64_t row, float* out);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_PACKED_MATRIX_H_
