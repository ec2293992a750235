// How repacked weights lie in memory: panels of 16 rows, so that a vector's
// 32-bit lanes are rows and no kernel adds across lanes.
//
// A panel of a [rows, cols] matrix holds its rows 16 p .. 16 p + 15 in groups
// of 32 columns: first the codes of all groups, then the scales of all groups.
// Missing rows and columns are zeros (code 0 with scale 0). A panel takes the
// bits that the file takes, to the next multiple of 64 bytes.
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
//   weight = d * (code - offset) + m, offset 8 (Q4_0), 16 (Q5_0), 32 (Q6_K)
// Scales, in blocks of one group, but of 8 for the K types:
//   Q4_0 .. Q8_0  halves d [16 rows], then m [16 rows] for Q4_1 and Q5_1.
//   Q4_K, Q5_K    halves D [16 rows] and M [16 rows]: the file's d and -dmin;
//                 then 24 bytes a group, of the row's six-bit s and t: byte r
//                 holds row r's low four bits, s below t; nibble r / 8 of byte
//                 16 + r % 8 their high two, s below t. d = D s, m = M t.
//   Q6_K          halves D [16 rows]; then 32 signed bytes a group, s [2][16
//                 rows], the columns' halves. d = D s.
// These products are exact in float32.
#ifndef MILLIJOULE_KERNELS_PANEL_H_
#define MILLIJOULE_KERNELS_PANEL_H_

#include <cstddef>
#include <cstdint>

#include "kernels/tensor_type.h"

namespace mj {

inline constexpr int kPanelRows = 16;
inline constexpr int kPanelGroup = 32;  // columns

enum class ScaleForm { kNone, kHalves, kSixBits, kBytes };

struct PanelLayout {
  ScaleForm scales = ScaleForm::kNone;  // of float types
  int bits = 0;                         // of a code; 0 for float types
  int offset = 0;                       // subtracted from a code
  int step = kPanelGroup;               // columns that share a scale
  bool has_min = false;
  int code_bytes = 0;         // of one group
  int block_groups = 1;       // that one block of scales serves
  int block_halves = 0;       // bytes of halves at a block's begin
  int group_scale_bytes = 0;  // after them, of each group

  constexpr int block_bytes() const {
    return block_halves + block_groups * group_scale_bytes;
  }
  // From a panel's scales to the block of `group`, and to its own part.
  constexpr int64_t block_at(int64_t group) const {
    return group / block_groups * block_bytes();
  }
  constexpr int64_t integers_at(int64_t group) const {
    return block_at(group) + block_halves +
           group % block_groups * group_scale_bytes;
  }
};

// The files of an instruction set call these in constant expressions only.
constexpr PanelLayout PanelLayoutOf(TensorType type) {
  constexpr int kCodeBytes = kPanelGroup * kPanelRows / 8;  // of one bit
  constexpr int kHalves = 2 * kPanelRows;
  const auto floats = [](int bytes) {
    return PanelLayout{.code_bytes = 8 * bytes * kCodeBytes};
  };
  const auto halves = [](int bits, int offset, bool has_min) {
    return PanelLayout{.scales = ScaleForm::kHalves,
                       .bits = bits,
                       .offset = offset,
                       .has_min = has_min,
                       .code_bytes = bits * kCodeBytes,
                       .block_halves = has_min ? 2 * kHalves : kHalves};
  };
  const auto six_bits = [](int bits) {
    return PanelLayout{.scales = ScaleForm::kSixBits,
                       .bits = bits,
                       .has_min = true,
                       .code_bytes = bits * kCodeBytes,
                       .block_groups = 8,
                       .block_halves = 2 * kHalves,
                       .group_scale_bytes = 24};
  };
  switch (type) {
    case TensorType::kF32:
      return floats(4);
    case TensorType::kF16:
    case TensorType::kBF16:
      return floats(2);
    case TensorType::kQ4_0:
      return halves(4, 8, false);
    case TensorType::kQ4_1:
      return halves(4, 0, true);
    case TensorType::kQ5_0:
      return halves(5, 16, false);
    case TensorType::kQ5_1:
      return halves(5, 0, true);
    case TensorType::kQ8_0:
      return halves(8, 0, false);
    case TensorType::kQ4_K:
      return six_bits(4);
    case TensorType::kQ5_K:
      return six_bits(5);
    case TensorType::kQ6_K:
      return {.scales = ScaleForm::kBytes,
              .bits = 6,
              .offset = 32,
              .step = 16,
              .code_bytes = 6 * kCodeBytes,
              .block_groups = 8,
              .block_halves = kHalves,
              .group_scale_bytes = 2 * kPanelRows};
  }
  return {};
}

// Of one whole panel: a multiple of 64.
size_t PanelBytes(TensorType type, int64_t groups);

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_PANEL_H_
