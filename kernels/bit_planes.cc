#include "kernels/bit_planes.h"

#include <cstring>

#include "kernels/scalar/panel_group.h"

namespace mj {
namespace {

// Bit j of byte i becomes bit i of byte j.
// Source: Warren, Hacker's Delight, 7-3.
uint64_t Transpose(uint64_t x) {
  uint64_t t = (x ^ (x >> 7)) & 0x00AA00AA00AA00AA;
  x ^= t ^ (t << 7);
  t = (x ^ (x >> 14)) & 0x0000CCCC0000CCCC;
  x ^= t ^ (t << 14);
  t = (x ^ (x >> 28)) & 0x00000000F0F0F0F0;
  return x ^ t ^ (t << 28);
}

int PlaneCode(const PanelLayout& layout, const std::byte* codes, int lane,
              int column) {
  int code = 0;
  for (int p = 0; p < layout.bits; ++p) {
    uint32_t plane;
    std::memcpy(&plane, codes + 64 * p + 4 * lane, sizeof plane);
    const int bit = static_cast<int>((plane >> column) & 1) << p;
    const bool negative = p == layout.bits - 1 && HasSignPlane(layout);
    code += negative ? -bit : bit;
  }
  return code;
}

}  // namespace

void ToPlanes(const uint8_t* codes, uint32_t* planes) {
  for (int p = 0; p < kInputPlanes; ++p) planes[p] = 0;
  for (int eight = 0; eight < kPanelGroup / 8; ++eight) {
    uint64_t bytes;
    std::memcpy(&bytes, codes + 8 * eight, sizeof bytes);
    bytes = Transpose(bytes);
    for (int p = 0; p < kInputPlanes; ++p) {
      planes[p] |= static_cast<uint32_t>((bytes >> (8 * p)) & 0xFF)
                   << (8 * eight);
    }
  }
}

void ReadPlaneRow(TensorType type, const std::byte* panel, int64_t groups,
                  int lane, float* out) {
  const PanelLayout layout = PanelLayoutOf(type);
  scalar::PanelScales scales;
  for (int64_t g = 0; g < groups; ++g) {
    scalar::ReadPanelScales(type, panel, groups, g, lane, &scales);
    const std::byte* codes = panel + g * layout.code_bytes;
    for (int k = 0; k < kPanelGroup; ++k) {
      const auto code = static_cast<float>(PlaneCode(layout, codes, lane, k));
      const float weight = scales.scale[k / 16] * code;
      out[g * kPanelGroup + k] = layout.has_min ? weight + scales.min : weight;
    }
  }
}

}  // namespace mj
