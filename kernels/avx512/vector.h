// Sixteen float32 lanes, for the bodies in kernels/body/. Included by the
// files of this folder only: everything has internal linkage.
#ifndef MILLIJOULE_KERNELS_AVX512_VECTOR_H_
#define MILLIJOULE_KERNELS_AVX512_VECTOR_H_

#ifndef MILLIJOULE_EMULATED_AVX512  // a test supplies the intrinsics
#include <immintrin.h>
#endif

#include "kernels/body/inline.h"

namespace mj::avx512 {
namespace {

struct Vector {
  using F = __m512;
  using I = __m512i;
  static constexpr int kLanes = 16;
  static constexpr int kGemvPanels = 4;  // 4 chains of fused multiply-adds
  static constexpr int kGemmRows = 12;   // 12 sums, 1 weight
  static constexpr int kPanelRows = 8;   // 16 sums, 2 weights

  MJ_INLINE static F Zero() { return _mm512_setzero_ps(); }
  MJ_INLINE static F Set1(float x) { return _mm512_set1_ps(x); }
  MJ_INLINE static F Load(const float* p) { return _mm512_loadu_ps(p); }
  MJ_INLINE static void Store(float* p, F x) { _mm512_storeu_ps(p, x); }
  MJ_INLINE static F Add(F a, F b) { return _mm512_add_ps(a, b); }
  MJ_INLINE static F Sub(F a, F b) { return _mm512_sub_ps(a, b); }
  MJ_INLINE static F Mul(F a, F b) { return _mm512_mul_ps(a, b); }
  MJ_INLINE static F Div(F a, F b) { return _mm512_div_ps(a, b); }
  MJ_INLINE static F Fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
  // Of a NaN and a number, the second operand.
  MJ_INLINE static F Max(F a, F b) { return _mm512_max_ps(a, b); }
  MJ_INLINE static F Min(F a, F b) { return _mm512_min_ps(a, b); }
  MJ_INLINE static F LoadHalf(const void* p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(static_cast<const __m256i*>(p)));
  }
  MJ_INLINE static F LoadInt8(const void* p) {
    return ToFloat(
        _mm512_cvtepi8_epi32(_mm_loadu_si128(static_cast<const __m128i*>(p))));
  }

  MJ_INLINE static I LoadInt(const void* p) { return _mm512_loadu_si512(p); }
  MJ_INLINE static void StoreInt(void* p, I x) { _mm512_storeu_si512(p, x); }
  MJ_INLINE static I WidenBytes(const void* p) {  // unsigned
    return _mm512_cvtepu8_epi32(
        _mm_loadu_si128(static_cast<const __m128i*>(p)));
  }
  // 16 nibbles: the low ones of 8 bytes, then the high.
  MJ_INLINE static I WidenNibbles(const void* p, int /*first*/) {
    const __m128i bytes = _mm_loadl_epi64(static_cast<const __m128i*>(p));
    const __m128i both = _mm_unpacklo_epi64(bytes, _mm_srli_epi16(bytes, 4));
    return And(_mm512_cvtepu8_epi32(both), 15);
  }
  template <int kBits>
  MJ_INLINE static I ShiftLeft(I x) {
    return _mm512_slli_epi32(x, kBits);
  }
  template <int kBits>
  MJ_INLINE static I ShiftRight(I x) {
    return _mm512_srli_epi32(x, kBits);
  }
  template <int kBits>
  MJ_INLINE static I ShiftRightSigned(I x) {
    return _mm512_srai_epi32(x, kBits);
  }
  MJ_INLINE static I And(I x, int mask) {
    return _mm512_and_si512(x, _mm512_set1_epi32(mask));
  }
  MJ_INLINE static I Or(I a, I b) { return _mm512_or_si512(a, b); }
  MJ_INLINE static I AddInt(I a, I b) { return _mm512_add_epi32(a, b); }
  MJ_INLINE static I SubInt(I x, int y) {
    return _mm512_sub_epi32(x, _mm512_set1_epi32(y));
  }
  MJ_INLINE static F ToFloat(I x) { return _mm512_cvtepi32_ps(x); }
  MJ_INLINE static F AsFloat(I x) { return _mm512_castsi512_ps(x); }
  MJ_INLINE static I AsInt(F x) { return _mm512_castps_si512(x); }

  MJ_INLINE static F Iota() {
    return _mm512_set_ps(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  }
  // x where first <= index < last, else `otherwise`.
  MJ_INLINE static F Within(F index, float first, float last, F x,
                            F otherwise) {
    const __mmask16 inside =
        _mm512_cmp_ps_mask(index, Set1(first), _CMP_GE_OQ) &
        _mm512_cmp_ps_mask(index, Set1(last), _CMP_LT_OQ);
    return _mm512_mask_blend_ps(inside, otherwise, x);
  }
  // +0 where x < limit, else value.
  MJ_INLINE static F ZeroBelow(F x, float limit, F value) {
    const __mmask16 below = _mm512_cmp_ps_mask(x, Set1(limit), _CMP_LT_OQ);
    return _mm512_mask_blend_ps(below, value, Zero());
  }
  // Halves, quarters, eighths, pairs.
  MJ_INLINE static float Sum(F x) {
    const __m256 o = _mm256_add_ps(_mm512_castps512_ps256(x), UpperHalf(x));
    const __m128 h =
        _mm_add_ps(_mm256_castps256_ps128(o), _mm256_extractf128_ps(o, 1));
    const __m128 q = _mm_add_ps(h, _mm_movehl_ps(h, h));
    return _mm_cvtss_f32(_mm_add_ss(q, _mm_movehdup_ps(q)));
  }
  MJ_INLINE static float MaxLane(F x) {
    const __m256 o = _mm256_max_ps(_mm512_castps512_ps256(x), UpperHalf(x));
    const __m128 h =
        _mm_max_ps(_mm256_castps256_ps128(o), _mm256_extractf128_ps(o, 1));
    const __m128 q = _mm_max_ps(h, _mm_movehl_ps(h, h));
    return _mm_cvtss_f32(_mm_max_ss(q, _mm_movehdup_ps(q)));
  }
  MJ_INLINE static float SquareRoot(float x) {
    return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x)));
  }

 private:
  MJ_INLINE static __m256 UpperHalf(F x) {
    return _mm256_castsi256_ps(
        _mm512_extracti64x4_epi64(_mm512_castps_si512(x), 1));
  }
};

}  // namespace
}  // namespace mj::avx512

#endif  // MILLIJOULE_KERNELS_AVX512_VECTOR_H_
