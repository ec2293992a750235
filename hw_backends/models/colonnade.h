// A reconfigurable digital bit-serial SRAM macro: H. Kim et al., "Colonnade",
// JSSC 2021. A weight takes b_w + ceil(log2 rows) columns, so that its sums
// fit; `registers` cut a column into stages, and a cycle is as long as the
// carries through one:
//   weights side by side  p = floor(columns / (b_w + ceil(log2 rows)))
//   cycle                 t = delay (b_w + ceil(log2 rows) + rows / registers
//                             + 2)
//   energy a cycle        that of the array at one measured point, whatever
//                         the precision: every cell toggles
// An input of b_x bits takes b_x cycles.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_COLONNADE_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_COLONNADE_H_

#include <cstdint>

#include "hw_backends/models/bit_serial_column.h"
#include "hw_backends/quantities.h"

namespace mj {

struct Colonnade {
  int64_t rows = 0, columns = 0;
  int64_t registers = 0;  // stages of a column
  Seconds delay{0};       // of one adder
};

constexpr int64_t ColonnadeWeights(const Colonnade& c, int weight_bits) {
  return c.columns / (weight_bits + CeilLog2(c.rows));
}

constexpr Seconds ColonnadeCycle(const Colonnade& c, int weight_bits) {
  return c.delay * static_cast<double>(weight_bits + CeilLog2(c.rows) +
                                       CeilDiv(c.rows, c.registers) + 2);
}

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_COLONNADE_H_
