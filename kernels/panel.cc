#include "kernels/panel.h"

namespace mj {
namespace {

PanelLayout Quantised(int bits, int offset, int scale_bytes, bool has_min,
                      int step = kPanelGroup) {
  const int scales = kPanelGroup / step + (has_min ? 1 : 0);
  return {.bits = bits,
          .offset = offset,
          .scale_bytes = scale_bytes,
          .step = step,
          .has_min = has_min,
          .code_bytes = bits * kPanelGroup * kPanelRows / 8,
          .group_scale_bytes = scales * scale_bytes * kPanelRows};
}

PanelLayout Float(int bytes) {
  return {.code_bytes = bytes * kPanelGroup * kPanelRows};
}

}  // namespace

PanelLayout PanelLayoutOf(TensorType type) {
  switch (type) {
    case TensorType::kF32:
      return Float(4);
    case TensorType::kF16:
    case TensorType::kBF16:
      return Float(2);
    case TensorType::kQ4_0:
      return Quantised(4, 8, 2, false);
    case TensorType::kQ4_1:
      return Quantised(4, 0, 2, true);
    case TensorType::kQ5_0:
      return Quantised(5, 16, 2, false);
    case TensorType::kQ5_1:
      return Quantised(5, 0, 2, true);
    case TensorType::kQ8_0:
      return Quantised(8, 0, 2, false);
    case TensorType::kQ4_K:
      return Quantised(4, 0, 4, true);
    case TensorType::kQ5_K:
      return Quantised(5, 0, 4, true);
    case TensorType::kQ6_K:
      return Quantised(6, 32, 4, false, 16);
  }
  return {};
}

size_t PanelBytes(TensorType type, int64_t groups) {
  const PanelLayout layout = PanelLayoutOf(type);
  const size_t bytes = static_cast<size_t>(groups) *
                       (layout.code_bytes + layout.group_scale_bytes);
  return (bytes + 63) / 64 * 64;
}

}  // namespace mj
