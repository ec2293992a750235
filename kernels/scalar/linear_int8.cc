#include "kernels/linear_int8.h"

#include "kernels/panel.h"
#include "kernels/scalar/panel_group.h"

namespace mj::scalar {
namespace {

float AddGroup(const PanelGroup& weights, const PanelLayout& layout,
               const Int8Rows& x, int64_t at, float acc) {
  for (int first = 0; first < kPanelGroup; first += layout.step) {
    int32_t sum = 0;
    for (int k = first; k < first + layout.step; ++k) {
      sum += static_cast<int32_t>(weights.code[k]) * x.codes[32 * at + k];
    }
    acc += static_cast<float>(sum) * (weights.scale[first / 16] * x.scales[at]);
  }
  return layout.has_min ? acc + weights.min * x.totals[at] : acc;
}

float Output(const LinearInt8Args& args, const PanelLayout& layout, int64_t row,
             int64_t n) {
  const std::byte* panel =
      args.panels + n / kPanelRows * PanelBytes(args.type, args.groups);
  float acc = 0;
  PanelGroup weights;
  for (int64_t g = 0; g < args.groups; ++g) {
    ReadPanelGroup(args.type, panel, args.groups, g,
                   static_cast<int>(n % kPanelRows), &weights);
    acc = AddGroup(weights, layout, args.x, g * args.x.stride + row, acc);
  }
  return acc;
}

}  // namespace

void LinearInt8(const LinearInt8Args& args) {
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
