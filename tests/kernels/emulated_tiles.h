// AMX tiles (kernels/amx/tiles.h) in plain code. Included by
// emulated_avx512_test.cc only. A wrong shape, which the instructions would
// answer with a fault, aborts.
#ifndef MILLIJOULE_TESTS_KERNELS_EMULATED_TILES_H_
#define MILLIJOULE_TESTS_KERNELS_EMULATED_TILES_H_

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "kernels/amx/tiles.h"
#include "kernels/half.h"

namespace mj::amx {
namespace {

class Tiles {
 public:
  static void Shape(const TileShapes& shapes) {
    Check(shapes.palette == 1);
    for (int t = 0; t < 8; ++t) {
      Check(shapes.rows[t] <= 16 && shapes.row_bytes[t] <= 64);
    }
    shapes_ = shapes;
  }
  static void Release() { shapes_ = {}; }

  template <int kTile>
  static void Zero() {
    CheckUsed(kTile);
    std::memset(tiles_[kTile], 0, sizeof tiles_[kTile]);
  }
  template <int kTile>
  static void Load(const void* from, int64_t stride) {
    Zero<kTile>();
    for (int r = 0; r < shapes_.rows[kTile]; ++r) {
      std::memcpy(tiles_[kTile][r], static_cast<const char*>(from) + r * stride,
                  shapes_.row_bytes[kTile]);
    }
  }
  template <int kTile>
  static void Store(void* to, int64_t stride) {
    CheckUsed(kTile);
    for (int r = 0; r < shapes_.rows[kTile]; ++r) {
      std::memcpy(static_cast<char*>(to) + r * stride, tiles_[kTile][r],
                  shapes_.row_bytes[kTile]);
    }
  }

  template <int kC, int kA, int kB>
  static void MultiplyBf16() {
    ForElements<kC, kA, kB>([](int32_t& c, const int32_t* a, int n, int steps) {
      float even = 0, odd = 0;
      for (int k = 0; k < steps; ++k) {
        const uint32_t x = a[k], w = Word(kB, k, n);
        even = std::fma(Low(x), Low(w), even);
        odd = std::fma(High(x), High(w), odd);
      }
      c = std::bit_cast<int32_t>(std::bit_cast<float>(c) + (even + odd));
    });
  }
  template <int kC, int kA, int kB>
  static void MultiplyInt8() {
    ForElements<kC, kA, kB>([](int32_t& c, const int32_t* a, int n, int steps) {
      for (int k = 0; k < steps; ++k) {
        const uint32_t x = a[k], w = Word(kB, k, n);
        for (int b = 0; b < 32; b += 8) {
          c += int32_t{static_cast<int8_t>(x >> b)} *
               static_cast<int8_t>(w >> b);
        }
      }
    });
  }

 private:
  static void Check(bool right) {
    if (!right) std::abort();
  }
  static void CheckUsed(int tile) {
    Check(shapes_.palette == 1 && shapes_.rows[tile] > 0 &&
          shapes_.row_bytes[tile] > 0);
  }
  static int32_t Word(int tile, int row, int word) {
    int32_t value;
    std::memcpy(&value, tiles_[tile][row] + 4 * word, sizeof value);
    return value;
  }
  static float Low(uint32_t pair) { return std::bit_cast<float>(pair << 16); }
  static float High(uint32_t pair) {
    return std::bit_cast<float>(pair & 0xFFFF0000);
  }

  // Calls f(element of c, row of a, column, 32-bit words of the row).
  template <int kC, int kA, int kB, class F>
  static void ForElements(const F& f) {
    const int steps = shapes_.row_bytes[kA] / 4;
    Check(shapes_.rows[kC] == shapes_.rows[kA]);
    Check(shapes_.rows[kB] == steps && steps > 0);
    Check(shapes_.row_bytes[kC] == shapes_.row_bytes[kB]);
    for (int m = 0; m < shapes_.rows[kC]; ++m) {
      int32_t a[16], c[16];
      std::memcpy(a, tiles_[kA][m], sizeof a);
      std::memcpy(c, tiles_[kC][m], sizeof c);
      for (int n = 0; n < shapes_.row_bytes[kC] / 4; ++n) f(c[n], a, n, steps);
      std::memcpy(tiles_[kC][m], c, sizeof c);
    }
  }

  static inline TileShapes shapes_;
  static inline char tiles_[8][16][64];
};

}  // namespace
}  // namespace mj::amx

#endif  // MILLIJOULE_TESTS_KERNELS_EMULATED_TILES_H_
