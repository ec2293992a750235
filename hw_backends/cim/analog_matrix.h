// A weight matrix in the cells of an analog device, at one age.
//
// Output c of a tile has a scale s_c = (largest conductance) / max |w_c|, and a
// weight w is a pair of cells: |w| s_c in the one of its sign, 0 in the other
// (differential pair). What their programming, drift and 1/f noise leave is
// cell_noise.h's. Drift compensation (Joshi et al. 2020): a tile's outputs are
// multiplied by how much less is read of it, input after input, mean |y|, than
// after programming; converters and reads are taken to average out in that.
#ifndef MILLIJOULE_HW_BACKENDS_CIM_ANALOG_MATRIX_H_
#define MILLIJOULE_HW_BACKENDS_CIM_ANALOG_MATRIX_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "hw_backends/cim/analog_device.h"
#include "hw_backends/cim/analog_options.h"
#include "hw_backends/cpu/mapped_memory.h"
#include "hw_backends/cpu/packed_matrix.h"
#include "hw_backends/cpu/worker_pool.h"

namespace mj {

// Tiles that share their inputs, side by side.
struct AnalogTiles {
  // [N, inputs]: differences of pairs over the largest conductance; times the
  // device's weight_levels where it has such. In segments as the matrix's.
  PackedMatrix cells;
  std::vector<float> scales;  // [N]: the weight of a difference of 1
  std::vector<float> means;   // [N]: of |difference| over the inputs
};

struct AnalogMatrix {
  PackedMatrix packed;  // as the file has it
  uint64_t tensor = 0;
  std::vector<AnalogTiles> tiles;  // device.rows inputs each, the last fewer
};

// `tensor` tells the matrices of a device apart: of each cell, noise is a
// function of the seed, the tensor and its place.
// RESOURCE_EXHAUSTED: there is no memory for the cells.
absl::StatusOr<AnalogMatrix> ProgramMatrix(PackedMatrix packed, uint64_t tensor,
                                           const AnalogDevice& device,
                                           const AnalogOptions& options,
                                           WorkerPool& pool, Arena& arena);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CIM_ANALOG_MATRIX_H_
