// Eight float32 lanes, for the bodies in kernels/body/. Included by the files
// of this folder only: everything has internal linkage.
#ifndef MILLIJOULE_KERNELS_AVX2_VECTOR_H_
#define MILLIJOULE_KERNELS_AVX2_VECTOR_H_

#include <immintrin.h>

#include "kernels/body/inline.h"

namespace mj::avx2 {
namespace {

struct Vector {
  using F = __m256;
  using I = __m256i;
  static constexpr int kLanes = 8;
  static constexpr int kGemvPanels = 2;  // 4 chains of fused multiply-adds
  static constexpr int kGemmRows = 6;    // 12 sums, 2 weights, 1 activation
  static constexpr int kPanelRows = 4;   // 8 sums, 2 weights, 1 activation

  MJ_INLINE static F Zero() { return _mm256_setzero_ps(); }
  MJ_INLINE static F Set1(float x) { return _mm256_set1_ps(x); }
  MJ_INLINE static F Load(const float* p) { return _mm256_loadu_ps(p); }
  MJ_INLINE static void Store(float* p, F x) { _mm256_storeu_ps(p, x); }
  MJ_INLINE static F Add(F a, F b) { return _mm256_add_ps(a, b); }
  MJ_INLINE static F Sub(F a, F b) { return _mm256_sub_ps(a, b); }
  MJ_INLINE static F Mul(F a, F b) { return _mm256_mul_ps(a, b); }
  MJ_INLINE static F Div(F a, F b) { return _mm256_div_ps(a, b); }
  MJ_INLINE static F Fma(F a, F b, F c) { return _mm256_fmadd_ps(a, b, c); }
  // Of a NaN and a number, the second operand.
  MJ_INLINE static F Max(F a, F b) { return _mm256_max_ps(a, b); }
  MJ_INLINE static F Min(F a, F b) { return _mm256_min_ps(a, b); }
  MJ_INLINE static F LoadHalf(const void* p) {
    return _mm256_cvtph_ps(_mm_loadu_si128(static_cast<const __m128i*>(p)));
  }
  MJ_INLINE static F LoadInt8(const void* p) {
    return ToFloat(
        _mm256_cvtepi8_epi32(_mm_loadl_epi64(static_cast<const __m128i*>(p))));
  }

  MJ_INLINE static I LoadInt(const void* p) {
    return _mm256_loadu_si256(static_cast<const __m256i*>(p));
  }
  MJ_INLINE static void StoreInt(void* p, I x) {
    _mm256_storeu_si256(static_cast<__m256i*>(p), x);
  }
  MJ_INLINE static I WidenBytes(const void* p) {  // unsigned
    return _mm256_cvtepu8_epi32(
        _mm_loadl_epi64(static_cast<const __m128i*>(p)));
  }
  // Of 16 nibbles those from `first` on: the low ones of 8 bytes, the high.
  MJ_INLINE static I WidenNibbles(const void* p, int first) {
    const I bytes = WidenBytes(p);
    return And(first == 0 ? bytes : ShiftRight<4>(bytes), 15);
  }
  template <int kBits>
  MJ_INLINE static I ShiftLeft(I x) {
    return _mm256_slli_epi32(x, kBits);
  }
  template <int kBits>
  MJ_INLINE static I ShiftRight(I x) {
    return _mm256_srli_epi32(x, kBits);
  }
  template <int kBits>
  MJ_INLINE static I ShiftRightSigned(I x) {
    return _mm256_srai_epi32(x, kBits);
  }
  MJ_INLINE static I And(I x, int mask) {
    return _mm256_and_si256(x, _mm256_set1_epi32(mask));
  }
  MJ_INLINE static I Or(I a, I b) { return _mm256_or_si256(a, b); }
  MJ_INLINE static I AddInt(I a, I b) { return _mm256_add_epi32(a, b); }
  MJ_INLINE static I SubInt(I x, int y) {
    return _mm256_sub_epi32(x, _mm256_set1_epi32(y));
  }
  MJ_INLINE static F ToFloat(I x) { return _mm256_cvtepi32_ps(x); }
  MJ_INLINE static F AsFloat(I x) { return _mm256_castsi256_ps(x); }
  MJ_INLINE static I AsInt(F x) { return _mm256_castps_si256(x); }

  MJ_INLINE static F Iota() { return _mm256_setr_ps(0, 1, 2, 3, 4, 5, 6, 7); }
  // x where first <= index < last, else `otherwise`.
  MJ_INLINE static F Within(F index, float first, float last, F x,
                            F otherwise) {
    const F inside =
        _mm256_and_ps(_mm256_cmp_ps(index, Set1(first), _CMP_GE_OQ),
                      _mm256_cmp_ps(index, Set1(last), _CMP_LT_OQ));
    return _mm256_blendv_ps(otherwise, x, inside);
  }
  // +0 where x < limit, else value.
  MJ_INLINE static F ZeroBelow(F x, float limit, F value) {
    return _mm256_andnot_ps(_mm256_cmp_ps(x, Set1(limit), _CMP_LT_OQ), value);
  }
  // Halves, quarters, pairs.
  MJ_INLINE static float Sum(F x) {
    const __m128 h =
        _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    const __m128 q = _mm_add_ps(h, _mm_movehl_ps(h, h));
    return _mm_cvtss_f32(_mm_add_ss(q, _mm_movehdup_ps(q)));
  }
  MJ_INLINE static float MaxLane(F x) {
    const __m128 h =
        _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    const __m128 q = _mm_max_ps(h, _mm_movehl_ps(h, h));
    return _mm_cvtss_f32(_mm_max_ss(q, _mm_movehdup_ps(q)));
  }
  MJ_INLINE static float SquareRoot(float x) {
    return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x)));
  }
};

}  // namespace
}  // namespace mj::avx2

#endif  // MILLIJOULE_KERNELS_AVX2_VECTOR_H_
