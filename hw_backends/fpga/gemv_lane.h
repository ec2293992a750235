// What a lane of int8 products makes of one row of weights: integer sums in a
// group of inputs, each requantised by its group's factor, added up saturating:
//   y = sum over groups g of Requantise(sum_k x[k] w[k], multipliers[g] /
//                                       2^shift)
// hw_backends/rtl/gemv_lane.sv does the same, bit for bit.
#ifndef MILLIJOULE_HW_BACKENDS_FPGA_GEMV_LANE_H_
#define MILLIJOULE_HW_BACKENDS_FPGA_GEMV_LANE_H_

#include <cstdint>
#include <span>

namespace mj {

// x, w: [inputs]; multipliers: [ceil(inputs / group)], the last group may be
// shorter. REQUIRES: 1 <= group <= 2^17 (int32 sums), 0 <= shift <= 62
int32_t GroupedDot(std::span<const int8_t> x, std::span<const int8_t> w,
                   int group, std::span<const int32_t> multipliers, int shift);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_FPGA_GEMV_LANE_H_
