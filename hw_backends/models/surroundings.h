// What every device has around its units: memories, wires, static power, and
// a unit for what is no product with weights.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_SURROUNDINGS_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_SURROUNDINGS_H_

#include "hw_backends/models/coefficient_fields.h"
#include "hw_backends/quantities.h"

namespace mj {

struct Surroundings {
  Joules dram_byte{0};
  double dram_bytes_per_second = 0;
  Joules buffer_byte{0};      // of activations, in or out
  Joules noc_byte{0};         // of partial sums between arrays
  Watts idle{0};              // static, while an op runs
  Joules other_operation{0};  // attention and element-wise
  double other_per_second = 0;
};

// Keys dram.*, buffer.byte, noc.byte, static.power, other.*.
Surroundings ReadSurroundings(CoefficientFields& fields);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_SURROUNDINGS_H_
