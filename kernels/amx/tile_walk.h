// The walk over panels of a product by tiles: the weights of one step of
// columns, unpacked, are a tile that up to 64 rows of activations meet; the
// step's sums leave the tiles and are scaled into totals. A row's arithmetic is
// the same in a tile of any height.
//
// A product P names its Args and weights W (kernels/body/weights.h), and
//   kRowBytes              of a group of activations
//   kVectors               of 64 bytes that hold a group's weights
//   StoreWeights(codes, to)
//   Activations(x, at)     where row `at` begins
//   Sum                    an element of a tile of sums
//   Multiply<c, a, b>()
//   AddSums(sums, d, step, x, at, total)   total plus one row's, scaled
//   SumOf(x, at)           of the group's activations, for the minimum
#ifndef MILLIJOULE_KERNELS_AMX_TILE_WALK_H_
#define MILLIJOULE_KERNELS_AMX_TILE_WALK_H_

#include <cstddef>
#include <cstdint>

#include "kernels/amx/tiles.h"
#include "kernels/avx512/vector.h"
#include "kernels/body/finish_outputs.h"
#include "kernels/body/inline.h"
#include "kernels/body/weights.h"

namespace mj::amx {
namespace {

using avx512::Vector;

template <class P>
struct TileWalk {
  using W = typename P::W;
  using Args = typename P::Args;
  using Sum = typename P::Sum;
  static constexpr int kTileRows = 16;
  static constexpr int kMaxTiles = 4;  // of sums
  static constexpr int kMaxRows = kTileRows * kMaxTiles;
  // Tiles 0 .. 3 are sums; activations of 16 rows, and of the last tile's.
  static constexpr int kFull = 4, kLast = 5, kWeights = 6;
  static constexpr int kStepBytes = P::kRowBytes / W::kSteps;
  static constexpr int kStepVectors = P::kVectors / W::kSteps;

  static void Shape(int rows) {
    TileShapes shapes;
    const int tiles = (rows + kTileRows - 1) / kTileRows;
    const auto last = static_cast<uint8_t>(rows - kTileRows * (tiles - 1));
    for (int t = 0; t < tiles; ++t) {
      shapes.rows[t] = t + 1 < tiles ? kTileRows : last;
      shapes.row_bytes[t] = 64;
    }
    shapes.rows[kFull] = kTileRows;
    shapes.rows[kLast] = last;
    shapes.row_bytes[kFull] = shapes.row_bytes[kLast] = kStepBytes;
    shapes.rows[kWeights] = kStepVectors;
    shapes.row_bytes[kWeights] = 64;
    Tiles::Shape(shapes);
  }

  template <int kTile, int kActivations>
  MJ_INLINE static void MultiplyTile(const std::byte* activations) {
    Tiles::Zero<kTile>();
    Tiles::Load<kActivations>(activations + kTile * kTileRows * P::kRowBytes,
                              P::kRowBytes);
    P::template Multiply<kTile, kActivations, kWeights>();
  }

  // sums [rows, 16] = activations [rows, .] times the tile of weights.
  static void MultiplyTiles(const std::byte* activations, int rows, Sum* sums) {
    const int last = (rows - 1) / kTileRows;
    Unroll<kMaxTiles>([&](auto t) MJ_LAMBDA {
      if (t.value < last) MultiplyTile<t.value, kFull>(activations);
      if (t.value == last) MultiplyTile<t.value, kLast>(activations);
    });
    Unroll<kMaxTiles>([&](auto t) MJ_LAMBDA {
      if (t.value > last) return;
      Tiles::Store<t.value>(sums + t.value * kTileRows * 16, 16 * sizeof(Sum));
    });
  }

  // acc [rows, 16]
  static void RunPanel(const Args& args, const std::byte* panel, int64_t first,
                       int rows, float* acc) {
    alignas(64) std::byte weights[64 * P::kVectors];
    alignas(64) Sum sums[16 * kMaxRows];
    for (int r = 0; r < rows; ++r) Vector::Store(acc + 16 * r, Vector::Zero());
    for (int64_t g = 0; g < args.groups; ++g) {
      const auto group = W::At(panel, args.groups, g);
      W::template Prefetch<false>(panel + W::PanelSize(args.groups), g);
      const auto scales = W::template LoadScales<Vector>(group, 0);
      P::StoreWeights(group.codes, weights);
      const int64_t at = g * args.x.stride + first;
      const std::byte* activations = P::Activations(args.x, at);
      for (int step = 0; step < W::kSteps; ++step) {
        Tiles::Load<kWeights>(weights + step * kStepVectors * 64, 64);
        MultiplyTiles(activations + step * kStepBytes, rows, sums);
        for (int r = 0; r < rows; ++r) {
          float* const totals = acc + 16 * r;
          Vector::F total = P::AddSums(sums + 16 * r, scales.d[step], step,
                                       args.x, at + r, Vector::Load(totals));
          if (W::kHasMin && step == W::kSteps - 1) {
            total = Vector::Fma(scales.m,
                                Vector::Set1(P::SumOf(args.x, at + r)), total);
          }
          Vector::Store(totals, total);
        }
      }
    }
  }

  static void Run(const Args& args) {
    alignas(64) float acc[16 * kMaxRows];
    for (int64_t row = 0; row < args.rows; row += kMaxRows) {
      const int64_t left = args.rows - row;
      const int rows = left < kMaxRows ? static_cast<int>(left) : kMaxRows;
      Shape(rows);
      const std::byte* panel = args.panels;
      for (int64_t n = 0; n < args.num_outputs; n += 16) {
        RunPanel(args, panel, row, rows, acc);
        for (int r = 0; r < rows; ++r) {
          FinishOutputs<Vector>(args, row + r, n, acc + 16 * r);
        }
        panel += W::PanelSize(args.groups);
      }
    }
    Tiles::Release();
  }
};

}  // namespace
}  // namespace mj::amx

#endif  // MILLIJOULE_KERNELS_AMX_TILE_WALK_H_
