#include "hw_backends/cpu/repack.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "hw_backends/cpu/block_group.h"
#include "kernels/bit_planes.h"
#include "kernels/panel.h"

namespace mj {
namespace {

constexpr uint32_t kLowNibbles = 0x0F0F0F0F;

template <class T>
void Store(std::byte* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

// Word `lane` of the i-th 64 bytes.
void StoreWord(std::byte* codes, int i, int lane, uint32_t word) {
  Store(codes + 64 * i + 4 * lane, word);
}

void StoreCodes(int bits, const uint32_t* words, int lane, std::byte* codes) {
  if (bits == 8) {
    for (int j = 0; j < 8; ++j) StoreWord(codes, j, lane, words[j]);
    return;
  }
  uint32_t fifth = 0, pairs[2] = {};
  for (int j = 0; j < 8; ++j) {
    fifth |= ((words[j] >> 4) & 0x01010101) << j;
    pairs[j / 4] |= ((words[j] >> 4) & 0x03030303) << (2 * (j % 4));
  }
  for (int i = 0; i < 4; ++i) {
    StoreWord(codes, i, lane,
              (words[2 * i] & kLowNibbles) | (words[2 * i + 1] & kLowNibbles)
                                                 << 4);
  }
  if (bits == 5) StoreWord(codes, 4, lane, fifth);
  if (bits == 6) StoreWord(codes, 4, lane, pairs[0]);
  if (bits == 6) StoreWord(codes, 5, lane, pairs[1]);
}

void StorePlanes(const PanelLayout& layout, const uint32_t* words, int lane,
                 std::byte* codes) {
  uint8_t bytes[kPanelGroup];
  std::memcpy(bytes, words, sizeof bytes);
  uint32_t planes[kInputPlanes];
  ToPlanes(bytes, planes);
  // An offset of half the range: code - offset has the other top bit.
  if (layout.offset != 0) planes[layout.bits - 1] = ~planes[layout.bits - 1];
  for (int p = 0; p < layout.bits; ++p) StoreWord(codes, p, lane, planes[p]);
}

// `integers`: the group's own part of its block of scales.
void StoreScales(const PanelLayout& layout, const BlockGroup& group, int lane,
                 std::byte* block, std::byte* integers) {
  Store(block + 2 * lane, group.half_scale);
  if (layout.has_min) Store(block + 2 * (kPanelRows + lane), group.half_min);
  if (layout.scales == ScaleForm::kSixBits) {
    const int scale = group.scale[0], min = group.min;
    const int high = scale >> 4 | min >> 4 << 2;
    Store(integers + lane, static_cast<uint8_t>((scale & 15) | min << 4));
    integers[16 + lane % 8] |= static_cast<std::byte>(high << (4 * (lane / 8)));
  }
  if (layout.scales == ScaleForm::kBytes) {
    Store(integers + lane, group.scale[0]);
    Store(integers + kPanelRows + lane, group.scale[1]);
  }
}

// Whether the row's scales are finite.
bool RepackQuantisedRow(TensorType type, const std::byte* row, int64_t groups,
                        int lane, CodeOrder order, std::byte* panel) {
  const PanelLayout layout = PanelLayoutOf(type);
  std::byte* scales = panel + groups * layout.code_bytes;
  bool finite = true;
  for (int64_t g = 0; g < groups; ++g) {
    const BlockGroup group = ReadBlockGroup(type, row, g);
    finite = finite && group.finite;
    std::byte* codes = panel + g * layout.code_bytes;
    if (order == CodeOrder::kPlanes) {
      StorePlanes(layout, group.codes, lane, codes);
    } else {
      StoreCodes(layout.bits, group.codes, lane, codes);
    }
    StoreScales(layout, group, lane, scales + layout.block_at(g),
                scales + layout.integers_at(g));
  }
  return finite;
}

// Whether the row's values are finite. `exponent`: its bits, all set for an
// infinity or a NaN.
template <class Bits>
bool RepackFloatRow(const std::byte* row, int64_t cols, int lane, bool pairs,
                    Bits exponent, std::byte* panel) {
  bool finite = true;
  for (int64_t k = 0; k < cols; ++k) {
    Bits bits;
    std::memcpy(&bits, row + k * sizeof bits, sizeof bits);
    finite = finite && (bits & exponent) != exponent;
    const int64_t index =
        pairs ? ((k / 4 * 2 + k % 2) * kPanelRows + lane) * 2 + k % 4 / 2
              : k * kPanelRows + lane;
    Store(panel + index * sizeof bits, bits);
  }
  return finite;
}

bool RepackRow(const TensorView& matrix, int64_t row, int lane, CodeOrder order,
               std::byte* panel) {
  const int64_t groups = (matrix.cols + kPanelGroup - 1) / kPanelGroup;
  const std::byte* from =
      matrix.bytes.data() + row * RowBytes(matrix.type, matrix.cols);
  switch (matrix.type) {
    case TensorType::kF32:
      return RepackFloatRow<uint32_t>(from, matrix.cols, lane, false,
                                      0x7F800000, panel);
    case TensorType::kF16:
      return RepackFloatRow<uint16_t>(from, matrix.cols, lane, false, 0x7C00,
                                      panel);
    case TensorType::kBF16:
      return RepackFloatRow<uint16_t>(from, matrix.cols, lane, true, 0x7F80,
                                      panel);
    default:
      return RepackQuantisedRow(matrix.type, from, groups, lane, order, panel);
  }
}

}  // namespace

absl::Status RepackPanel(const TensorView& matrix, int64_t panel,
                         std::byte* out, CodeOrder order) {
  const int64_t first = panel * kPanelRows;
  const int64_t last = std::min<int64_t>(matrix.rows, first + kPanelRows);
  for (int64_t row = first; row < last; ++row) {
    const int lane = static_cast<int>(row - first);
    if (RepackRow(matrix, row, lane, order, out)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(InfoOf(matrix.type).name), " row ", row,
                     " holds a value that is not finite"));
  }
  return absl::OkStatus();
}

}  // namespace mj
