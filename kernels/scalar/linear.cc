#include "kernels/linear.h"

#include "kernels/panel.h"
#include "kernels/scalar/panel_group.h"

namespace mj::scalar {
namespace {

float AddGroup(const PanelGroup& weights, const PanelLayout& layout,
               const float* x, const float* sum, float acc) {
  for (int first = 0; first < kPanelGroup; first += layout.step) {
    float s = 0;
    for (int k = first; k < first + layout.step; ++k) {
      s += weights.code[k] * x[k];
    }
    acc += layout.bits == 0 ? s : weights.scale[first / 16] * s;
  }
  return layout.has_min ? acc + weights.min * *sum : acc;
}

void Store(const LinearArgs& args, int64_t row, int64_t n, float value) {
  float* y = args.y + row * args.y_stride + n;
  if (args.bias != nullptr) value += args.bias[n];
  *y = args.accumulate ? *y + value : value;
}

constexpr int64_t kRowChunk = 64;  // rows that share the reading of a group

void LinearOutput(const LinearArgs& args, const PanelLayout& layout, int64_t n,
                  int64_t first_row, int64_t rows) {
  const std::byte* panel =
      args.panels + n / kPanelRows * PanelBytes(args.type, args.groups);
  float acc[kRowChunk] = {};
  PanelGroup group;
  for (int64_t g = 0; g < args.groups; ++g) {
    ReadPanelGroup(args.type, panel, args.groups, g,
                   static_cast<int>(n % kPanelRows), &group);
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t row = first_row + r;
      const float* sum =
          layout.has_min ? args.sums + row * args.sums_stride + g : nullptr;
      acc[r] =
          AddGroup(group, layout,
                   args.x + row * args.x_stride + g * kPanelGroup, sum, acc[r]);
    }
  }
  for (int64_t r = 0; r < rows; ++r) Store(args, first_row + r, n, acc[r]);
}

}  // namespace

void Linear(const LinearArgs& args) {
  const PanelLayout layout = PanelLayoutOf(args.type);
  for (int64_t row = 0; row < args.rows; row += kRowChunk) {
    const int64_t rows =
        args.rows - row < kRowChunk ? args.rows - row : kRowChunk;
    for (int64_t n = 0; n < args.num_outputs; ++n) {
      LinearOutput(args, layout, n, row, rows);
    }
  }
}

void GroupSums(const float* x, int64_t x_stride, int64_t rows, int64_t groups,
               float* sums, int64_t sums_stride) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t g = 0; g < groups; ++g) {
      const float* values = x + r * x_stride + g * kPanelGroup;
      float sum = 0;
      for (int k = 0; k < kPanelGroup; ++k) sum += values[k];
      sums[r * sums_stride + g] = sum;
    }
  }
}

}  // namespace mj::scalar
