#include "kernels/linear_bit_serial.h"

#include <bit>
#include <cstring>

#include "kernels/bit_planes.h"
#include "kernels/scalar/panel_group.h"

namespace mj::scalar {
namespace {

// Of one weight plane with all planes of an activation.
int32_t CountOnes(uint32_t weights, const uint32_t* x) {
  int32_t sum = 0;
  for (int a = 0; a < kInputPlanes; ++a) {
    const int32_t ones = std::popcount(weights & x[a]) << a;
    sum += a == kInputPlanes - 1 ? -ones : ones;
  }
  return sum;
}

// S over the columns of `mask`.
int32_t GroupSum(const PanelLayout& layout, const std::byte* codes, int lane,
                 uint32_t mask, const uint32_t* x) {
  int32_t sum = 0;
  for (int p = 0; p < layout.bits; ++p) {
    uint32_t plane;
    std::memcpy(&plane, codes + 64 * p + 4 * lane, sizeof plane);
    const int32_t part = CountOnes(plane & mask, x) * (1 << p);
    sum += p == layout.bits - 1 && HasSignPlane(layout) ? -part : part;
  }
  return sum;
}

float AddGroup(const PanelScales& scales, const PanelLayout& layout,
               const std::byte* codes, int lane, const BitRows& x, int64_t at,
               float acc) {
  const uint32_t columns = layout.step == kPanelGroup ? ~0u : 0xFFFF;
  for (int first = 0; first < kPanelGroup; first += layout.step) {
    const int32_t sum =
        GroupSum(layout, codes, lane, columns << first, x.planes + 8 * at);
    acc += static_cast<float>(sum) * (scales.scale[first / 16] * x.scales[at]);
  }
  return layout.has_min ? acc + scales.min * x.totals[at] : acc;
}

float Output(const LinearBitSerialArgs& args, const PanelLayout& layout,
             int64_t row, int64_t n) {
  const std::byte* panel =
      args.panels + n / kPanelRows * PanelBytes(args.type, args.groups);
  const int lane = static_cast<int>(n % kPanelRows);
  float acc = 0;
  PanelScales scales;
  for (int64_t g = 0; g < args.groups; ++g) {
    ReadPanelScales(args.type, panel, args.groups, g, lane, &scales);
    acc = AddGroup(scales, layout, panel + g * layout.code_bytes, lane, args.x,
                   g * args.x.stride + row, acc);
  }
  return acc;
}

}  // namespace

void LinearBitSerial(const LinearBitSerialArgs& args) {
  const PanelLayout layout = PanelLayoutOf(args.type);
  for (int64_t row = 0; row < args.rows; ++row) {
    for (int64_t n = 0; n < args.num_outputs; ++n) {
      float value = Output(args, layout, row, n);
      if (args.bias != nullptr) value += args.bias[n];
      float* y = args.y + row * args.y_stride + n;
      *y = args.accumulate ? *y + value : value;
    }
  }
}

}  // namespace mj::scalar
