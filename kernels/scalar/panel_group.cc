#include "kernels/scalar/panel_group.h"

#include <cstring>

#include "kernels/half.h"

namespace mj::scalar {
namespace {

template <class T>
T Load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

// The 32-bit word of row `lane` in the i-th 64 bytes.
uint32_t Word(const std::byte* codes, int i, int lane) {
  return Load<uint32_t>(codes + 64 * i + 4 * lane);
}

// Column 4j + b of a quantised group, offset not subtracted.
int Code(int bits, const std::byte* codes, int lane, int j, int b) {
  if (bits == 8) return static_cast<int8_t>(Word(codes, j, lane) >> (8 * b));
  const int low = (Word(codes, j / 2, lane) >> (8 * b + 4 * (j % 2))) & 15;
  if (bits == 5)
    return low | (((Word(codes, 4, lane) >> (8 * b + j)) & 1) << 4);
  if (bits == 6) {
    const uint32_t plane = Word(codes, 4 + j / 4, lane);
    return low | (((plane >> (8 * b + 2 * (j % 4))) & 3) << 4);
  }
  return low;
}

float FloatCode(TensorType type, const std::byte* codes, int lane, int k) {
  const int index = k * kPanelRows + lane;
  if (type == TensorType::kF32) return Load<float>(codes + 4 * index);
  if (type == TensorType::kF16) {
    return HalfToFloat(Load<uint16_t>(codes + 2 * index));
  }
  const int pair = ((k / 4 * 2 + k % 2) * kPanelRows + lane) * 2 + k % 4 / 2;
  return BFloat16ToFloat(Load<uint16_t>(codes + 2 * pair));
}

float Half(const std::byte* halves, int lane) {
  return HalfToFloat(Load<uint16_t>(halves + 2 * lane));
}

void ReadHalves(const std::byte* block, bool has_min, int lane,
                PanelScales* out) {
  out->scale[0] = out->scale[1] = Half(block, lane);
  if (has_min) out->min = Half(block + 2 * kPanelRows, lane);
}

void ReadSixBits(const std::byte* block, const std::byte* integers, int lane,
                 PanelScales* out) {
  const auto low = Load<uint8_t>(integers + lane);
  const int high =
      Load<uint8_t>(integers + 16 + lane % 8) >> (4 * (lane / 8)) & 15;
  const int scale = (low & 15) | (high & 3) << 4;
  const int min = low >> 4 | high >> 2 << 4;
  out->scale[0] = out->scale[1] = Half(block, lane) * static_cast<float>(scale);
  out->min = Half(block + 2 * kPanelRows, lane) * static_cast<float>(min);
}

void ReadBytes(const std::byte* block, const std::byte* integers, int lane,
               PanelScales* out) {
  for (int i = 0; i < 2; ++i) {
    out->scale[i] =
        Half(block, lane) *
        static_cast<float>(Load<int8_t>(integers + kPanelRows * i + lane));
  }
}

void ReadScales(const PanelLayout& layout, const std::byte* scales,
                int64_t group, int lane, PanelScales* out) {
  const std::byte* block = scales + layout.block_at(group);
  const std::byte* integers = scales + layout.integers_at(group);
  switch (layout.scales) {
    case ScaleForm::kNone:
      return;
    case ScaleForm::kHalves:
      return ReadHalves(block, layout.has_min, lane, out);
    case ScaleForm::kSixBits:
      return ReadSixBits(block, integers, lane, out);
    case ScaleForm::kBytes:
      return ReadBytes(block, integers, lane, out);
  }
}

}  // namespace

void ReadPanelScales(TensorType type, const std::byte* panel, int64_t groups,
                     int64_t group, int lane, PanelScales* out) {
  const PanelLayout layout = PanelLayoutOf(type);
  *out = {};
  ReadScales(layout, panel + groups * layout.code_bytes, group, lane, out);
}

void ReadPanelGroup(TensorType type, const std::byte* panel, int64_t groups,
                    int64_t group, int lane, PanelGroup* out) {
  const PanelLayout layout = PanelLayoutOf(type);
  const std::byte* codes = panel + group * layout.code_bytes;
  for (int k = 0; k < kPanelGroup; ++k) {
    out->code[k] =
        layout.bits == 0
            ? FloatCode(type, codes, lane, k)
            : static_cast<float>(Code(layout.bits, codes, lane, k / 4, k % 4) -
                                 layout.offset);
  }
  ReadPanelScales(type, panel, groups, group, lane, out);
}

void ReadPanelRow(TensorType type, const std::byte* panel, int64_t groups,
                  int lane, float* out) {
  const bool has_min = PanelLayoutOf(type).has_min;
  PanelGroup group;
  for (int64_t g = 0; g < groups; ++g) {
    ReadPanelGroup(type, panel, groups, g, lane, &group);
    for (int k = 0; k < kPanelGroup; ++k) {
      const float weight = group.scale[k / 16] * group.code[k];
      out[g * kPanelGroup + k] = has_min ? weight + group.min : weight;
    }
  }
}

}  // namespace mj::scalar
