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

float Scale(const PanelLayout& layout, const std::byte* scales, int index,
            int lane) {
  const std::byte* at =
      scales + layout.scale_bytes * (index * kPanelRows + lane);
  return layout.scale_bytes == 2 ? HalfToFloat(Load<uint16_t>(at))
                                 : Load<float>(at);
}

}  // namespace

void ReadPanelGroup(TensorType type, const std::byte* panel, int64_t groups,
                    int64_t group, int lane, PanelGroup* out) {
  const PanelLayout layout = PanelLayoutOf(type);
  const std::byte* codes = panel + group * layout.code_bytes;
  const std::byte* scales =
      panel + groups * layout.code_bytes + group * layout.group_scale_bytes;
  out->scale[0] = out->scale[1] = 1;
  out->min = 0;
  for (int k = 0; k < kPanelGroup; ++k) {
    out->code[k] =
        layout.bits == 0
            ? FloatCode(type, codes, lane, k)
            : static_cast<float>(Code(layout.bits, codes, lane, k / 4, k % 4) -
                                 layout.offset);
  }
  if (layout.bits == 0) return;
  const int steps = kPanelGroup / layout.step;
  out->scale[0] = Scale(layout, scales, 0, lane);
  out->scale[1] = Scale(layout, scales, steps - 1, lane);
  if (layout.has_min) out->min = Scale(layout, scales, steps, lane);
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
