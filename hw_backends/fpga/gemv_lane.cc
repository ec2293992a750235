#include "hw_backends/fpga/gemv_lane.h"

#include <algorithm>
#include <cassert>

#include "hw_backends/fpga/fixed_point.h"

namespace mj {
namespace {

int32_t Dot(std::span<const int8_t> x, std::span<const int8_t> w) {
  int32_t sum = 0;
  for (size_t k = 0; k < x.size(); ++k) sum += x[k] * w[k];
  return sum;
}

}  // namespace

int32_t GroupedDot(std::span<const int8_t> x, std::span<const int8_t> w,
                   int group, std::span<const int32_t> multipliers, int shift) {
  assert(x.size() == w.size());
  assert(group >= 1 && multipliers.size() == (x.size() + group - 1) / group);
  int64_t row = 0;
  for (size_t g = 0; g < multipliers.size(); ++g) {
    const size_t first = g * group;
    const size_t size = std::min<size_t>(group, x.size() - first);
    const int32_t sum = Dot(x.subspan(first, size), w.subspan(first, size));
    row = Saturate(row + Requantise(sum, {multipliers[g], shift}, 32), 32);
  }
  return static_cast<int32_t>(row);
}

}  // namespace mj
