// Matrix tiles (Intel AMX): eight registers of up to 16 rows of 64 bytes.
// Assembly, as g++ 12's intrinsics do not tell the compiler what they read.
// Included by the files of this folder only: everything has internal linkage.
#ifndef MILLIJOULE_KERNELS_AMX_TILES_H_
#define MILLIJOULE_KERNELS_AMX_TILES_H_

#include <cstdint>

#include "kernels/body/inline.h"

namespace mj::amx {
namespace {

// The operand of LDTILECFG.
struct alignas(64) TileShapes {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};
};
static_assert(sizeof(TileShapes) == 64);

#ifndef MILLIJOULE_EMULATED_AVX512  // a test supplies the instructions
struct Tiles {
  MJ_INLINE static void Shape(const TileShapes& shapes) {
    __asm__ volatile("ldtilecfg %0" ::"m"(shapes));
  }
  MJ_INLINE static void Release() { __asm__ volatile("tilerelease"); }

  template <int kTile>
  MJ_INLINE static void Zero() {
    __asm__ volatile("tilezero %%tmm%c0" ::"i"(kTile));
  }
  // Rows `stride` bytes apart.
  template <int kTile>
  MJ_INLINE static void Load(const void* from, int64_t stride) {
    __asm__ volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(from), "r"(stride),
                     "i"(kTile)
                     : "memory");
  }
  template <int kTile>
  MJ_INLINE static void Store(void* to, int64_t stride) {
    __asm__ volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(to), "r"(stride),
                     "i"(kTile)
                     : "memory");
  }

  // c [m, 16] += a [m, 2k] b [2k, 16] of bfloat16, b in pairs of its rows.
  template <int kC, int kA, int kB>
  MJ_INLINE static void MultiplyBf16() {
    __asm__ volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(kC),
                     "i"(kA), "i"(kB));
  }
  // Of signed bytes, b in fours of its rows.
  template <int kC, int kA, int kB>
  MJ_INLINE static void MultiplyInt8() {
    __asm__ volatile("tdpbssd %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(kC), "i"(kA),
                     "i"(kB));
  }
};
#endif

}  // namespace
}  // namespace mj::amx

#endif  // MILLIJOULE_KERNELS_AMX_TILES_H_
