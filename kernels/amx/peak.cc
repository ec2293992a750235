#include "kernels/peak.h"

#include "kernels/amx/tiles.h"

namespace mj::amx {
namespace {

// Whole tiles: 16 rows of 64 bytes each.
template <class Step>
int64_t RunTilePeak(int64_t rounds, int64_t operations, const Step& step) {
  TileShapes shapes;
  for (int t = 0; t < 8; ++t) {
    shapes.rows[t] = 16;
    shapes.row_bytes[t] = 64;
  }
  Tiles::Shape(shapes);
  Unroll<8>([&](auto t) MJ_LAMBDA { Tiles::Zero<t.value>(); });
  constexpr int kChains = 6;
  for (int64_t r = 0; r < rounds; ++r) Unroll<kChains>(step);
  Tiles::Release();
  return rounds * kChains * operations;
}

}  // namespace

int64_t PeakInt8(int64_t rounds) {
  return RunTilePeak(rounds, 2 * 16 * 16 * 64, [](auto t) MJ_LAMBDA {
    Tiles::MultiplyInt8<t.value, 6, 7>();
  });
}

int64_t PeakBf16(int64_t rounds) {
  return RunTilePeak(rounds, 2 * 16 * 16 * 32, [](auto t) MJ_LAMBDA {
    Tiles::MultiplyBf16<t.value, 6, 7>();
  });
}

}  // namespace mj::amx
