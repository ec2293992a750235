// How repacked weights lie in memory: panels of 16 rows, so that a vector's
// 32-bit lanes are rows and no kernel adds across lanes.
//
// A panel of a [rows, cols] matrix holds its rows 16 p .. 16 p + 15 in groups
// of 32 columns: first the codes of all groups, then the scales of all groups.
// Missing rows and columns are zeros (code 0 with scale 0).
//
// Codes of one group; "lane" r is the r-th 32-bit word of 64 bytes, row r of
// the panel; little-endian bytes b = 0..3 inside it:
//   Q4, Q5, Q6  4 x 64 bytes: word i, byte b holds the low four bits of column
//               8i + b in its low nibble and of 8i + 4 + b in its high nibble.
//   Q5          + 64 bytes: bit 8b + j is bit 4 of column 4j + b.
//   Q6          + 128 bytes: word p, bits 8b + 2j .. + 1 are bits 4..5 of
//               column 16p + 4j + b.
//   Q8          8 x 64 bytes: word j, byte b is column 4j + b, signed.
//   F32, F16    [32 columns][16 rows].
//   BF16        [16 column pairs][16 rows][2], pair 2j + e being columns
//               4j + e and 4j + e + 2, as bytes unpack into halves.
// So four bytes of a lane are four consecutive columns, as integer dot-product
// instructions and matrix tiles want them.
//
// Scales of one group, each [16 rows]: d (Q6_K: two, one per 16 columns), then
// m for types with a minimum. Halves as in the file for Q4_0, Q4_1, Q5_0,
// Q5_1, Q8_0; float32 for the K types, their sub-scales multiplied in.
//   weight = d * (code - offset) + m, offset 8 (Q4_0), 16 (Q5_0), 32 (Q6_K)
#ifndef MILLIJOULE_KERNELS_PANEL_H_
#define MILLIJOULE_KERNELS_PANEL_H_

#include <cstddef>
#include <cstdint>

#include "kernels/tensor_type.h"

namespace mj {

inline constexpr int kPanelRows = 16;
inline constexpr int kPanelGroup = 32;  // columns

struct PanelLayout {
  int bits = 0;         // of a code; 0 for float types
  int offset = 0;       // subtracted from a code
  int scale_bytes = 0;  // of one scale: 0 (float types), 2 or 4
  int step = 32;        // columns that share a scale
  bool has_min = false;
  int code_bytes = 0;         // of one group
  int group_scale_bytes = 0;  // of one group
};

PanelLayout PanelLayoutOf(TensorType type);
// Of one whole panel: a multiple of 64.
size_t PanelBytes(TensorType type, int64_t groups);

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_PANEL_H_
