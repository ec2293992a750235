// Codes as bit planes: the order in which bit-serial arrays read them.
//
// The planes of 32 codes are words of 32 bits: bit k of plane p is bit p of
// code k. Activations have 8 of them (two's complement). Weights lie in the
// panels of kernels/panel.h, but the codes of a group are [bits][16 rows]
// planes of code - offset: in two's complement for types with an offset and for
// Q8, so that their top plane counts negative; unsigned for the others. They
// take the same bytes.
#ifndef MILLIJOULE_KERNELS_BIT_PLANES_H_
#define MILLIJOULE_KERNELS_BIT_PLANES_H_

#include <cstddef>
#include <cstdint>

#include "kernels/panel.h"

namespace mj {

inline constexpr int kInputPlanes = 8;  // of an activation

// Whether the top plane of a weight counts negative.
constexpr bool HasSignPlane(const PanelLayout& layout) {
  return layout.offset != 0 || layout.bits == 8;
}

// planes [8] of codes [32].
void ToPlanes(const uint8_t* codes, uint32_t* planes);

// out[0 .. 32 * groups) = row `lane` of a panel of planes, dequantised: what
// scalar::ReadPanelRow reads of the panel as kernels/panel.h has it.
// REQUIRES: `type` is quantised.
void ReadPlaneRow(TensorType type, const std::byte* panel, int64_t groups,
                  int lane, float* out);

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_BIT_PLANES_H_
