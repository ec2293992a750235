// The walk over panels that products of rounded activations share. A product P
// names its Args and its weights W (kernels/body/weights.h), and has
//   Group             what Load() makes of one group of a panel
//   Load(codes, scales, first_row, group)   as many rows as a vector has lanes
//   AddRow(group, x, at, total)             total plus row `at`'s part
// One row keeps its sums in registers, more keep theirs in the first-level
// cache and share the loading of a group; the arithmetic of a row is the same.
#ifndef MILLIJOULE_KERNELS_BODY_PANEL_WALK_H_
#define MILLIJOULE_KERNELS_BODY_PANEL_WALK_H_

#include <cstddef>
#include <cstdint>

#include "kernels/body/finish_outputs.h"
#include "kernels/body/inline.h"

namespace mj {
namespace {

template <class V, class P>
struct PanelWalk {
  using F = typename V::F;
  using W = typename P::W;
  using Args = typename P::Args;
  static constexpr int kVecs = 16 / V::kLanes;  // a panel's 16 rows
  static constexpr int kMaxRows = 64;  // their sums: 4 KB of the first cache

  static void OneRow(const Args& args, const std::byte* panel, float* acc) {
    const std::byte* codes = panel;
    const std::byte* scales = panel + args.groups * W::kCodeBytes;
    F total[kVecs];
    Unroll<kVecs>([&](auto v) MJ_LAMBDA { total[v.value] = V::Zero(); });
    for (int64_t g = 0; g < args.groups; ++g) {
      Unroll<kVecs>([&](auto v) MJ_LAMBDA {
        typename P::Group group;
        P::Load(codes, scales, v.value * V::kLanes, group);
        total[v.value] =
            P::AddRow(group, args.x, g * args.x.stride, total[v.value]);
      });
      codes += W::kCodeBytes;
      scales += W::kGroupScaleBytes;
    }
    Unroll<kVecs>([&](auto v) MJ_LAMBDA {
      V::Store(acc + v.value * V::kLanes, total[v.value]);
    });
  }

  // acc [rows][16]
  static void ManyRows(const Args& args, const std::byte* panel, int64_t row,
                       int rows, float* acc) {
    const std::byte* codes = panel;
    const std::byte* scales = panel + args.groups * W::kCodeBytes;
    for (int i = 0; i < 16 * rows; ++i) acc[i] = 0;
    for (int64_t g = 0; g < args.groups; ++g) {
      const int64_t at = g * args.x.stride + row;
      Unroll<kVecs>([&](auto v) MJ_LAMBDA {
        typename P::Group group;
        P::Load(codes, scales, v.value * V::kLanes, group);
        float* sums = acc + v.value * V::kLanes;
        for (int r = 0; r < rows; ++r, sums += 16) {
          V::Store(sums, P::AddRow(group, args.x, at + r, V::Load(sums)));
        }
      });
      codes += W::kCodeBytes;
      scales += W::kGroupScaleBytes;
    }
  }

  static void Run(const Args& args) {
    const int64_t size =
        (args.groups * (W::kCodeBytes + W::kGroupScaleBytes) + 63) / 64 * 64;
    alignas(64) float acc[16 * kMaxRows];
    for (int64_t row = 0; row < args.rows; row += kMaxRows) {
      const int64_t left = args.rows - row;
      const int rows = left < kMaxRows ? static_cast<int>(left) : kMaxRows;
      const std::byte* panel = args.panels;
      for (int64_t first = 0; first < args.num_outputs; first += 16) {
        if (args.rows == 1) {
          OneRow(args, panel, acc);
        } else {
          ManyRows(args, panel, row, rows, acc);
        }
        for (int r = 0; r < rows; ++r) {
          FinishOutputs(args, row + r, first, acc + 16 * r);
        }
        panel += size;
      }
    }
  }
};

}  // namespace
}  // namespace mj

#endif  // MILLIJOULE_KERNELS_BODY_PANEL_WALK_H_
