// Also what the AVX-512 tables use: the conversion waits for memory.
#include "kernels/activations.h"

#include "kernels/avx2/vector.h"

namespace mj::avx2 {
namespace {

MJ_INLINE float LargestMagnitude(const __m256* x) {
  const __m256i mask = _mm256_set1_epi32(0x7FFFFFFF);
  __m256i largest = _mm256_and_si256(_mm256_castps_si256(x[0]), mask);
  for (int i = 1; i < 4; ++i) {
    largest = _mm256_max_epi32(
        largest, _mm256_and_si256(_mm256_castps_si256(x[i]), mask));
  }
  __m128i h = _mm_max_epi32(_mm256_castsi256_si128(largest),
                            _mm256_extracti128_si256(largest, 1));
  h = _mm_max_epi32(h, _mm_shuffle_epi32(h, 0x4E));
  h = _mm_max_epi32(h, _mm_shuffle_epi32(h, 0xB1));
  return _mm_cvtss_f32(_mm_castsi128_ps(h));
}

// The sums of the first and of the last 16 codes, each in all words of its
// half.
MJ_INLINE __m256i SumsOfCodes(__m256i codes) {
  const __m256i pairs = _mm256_maddubs_epi16(_mm256_set1_epi8(1), codes);
  const __m256i fours = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
  const __m256i eights =
      _mm256_add_epi32(fours, _mm256_shuffle_epi32(fours, 0x4E));
  return _mm256_add_epi32(eights, _mm256_shuffle_epi32(eights, 0xB1));
}

MJ_INLINE void QuantiseGroup(const float* from, int64_t at,
                             const Int8Rows& out) {
  __m256 x[4];
  for (int i = 0; i < 4; ++i) x[i] = _mm256_loadu_ps(from + 8 * i);
  const float largest = LargestMagnitude(x);
  const bool is_zero = largest < 1e-36f;
  const float scale = is_zero ? 0 : largest / 127.0f;
  const __m256 inverse = _mm256_set1_ps(is_zero ? 0 : 127.0f / largest);
  __m256i code[4];
  for (int i = 0; i < 4; ++i) {
    code[i] = _mm256_cvtps_epi32(_mm256_mul_ps(x[i], inverse));
  }
  // Packing goes by halves: 0 4 1 5 2 6 3 7 of eight pieces of four.
  const __m256i packed =
      _mm256_packs_epi16(_mm256_packs_epi32(code[0], code[1]),
                         _mm256_packs_epi32(code[2], code[3]));
  const __m256i codes = _mm256_permutevar8x32_epi32(
      packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out.codes + 32 * at), codes);
  const __m256i sums = SumsOfCodes(codes);
  const int32_t first = _mm256_cvtsi256_si32(sums);
  const int32_t second = _mm_cvtsi128_si32(_mm256_extracti128_si256(sums, 1));
  out.scales[at] = scale;
  out.sums[2 * at] = first;
  out.sums[2 * at + 1] = second;
  out.totals[at] = scale * static_cast<float>(first + second);
}

// bfloat16 values as the upper halves of the lanes.
MJ_INLINE __m256i Round(__m256 x) {
  const __m256i bits = _mm256_castps_si256(x);
  const __m256i odd =
      _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  const __m256i rounded =
      _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7FFF)));
  const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
  const __m256 is_nan = _mm256_cmp_ps(x, x, _CMP_UNORD_Q);
  const __m256i chosen =
      _mm256_blendv_epi8(rounded, quiet, _mm256_castps_si256(is_nan));
  return _mm256_and_si256(chosen,
                          _mm256_set1_epi32(static_cast<int>(0xFFFF0000)));
}

// Eight rounded lanes to 16 bits each, every four in the order 0 2 1 3.
MJ_INLINE __m128i PackPairs(__m256i rounded) {
  const __m256i others = _mm256_shuffle_epi32(rounded, 0x4E);  // 2 3 0 1
  const __m256i pairs = _mm256_or_si256(_mm256_srli_epi32(rounded, 16), others);
  return _mm256_castsi256_si128(_mm256_permute4x64_epi64(pairs, 0x08));
}

MJ_INLINE void RoundGroup(const float* from, int64_t at, const Bf16Rows& out) {
  __m256 part[4];
  for (int i = 0; i < 4; ++i) {
    const __m256i rounded = Round(_mm256_loadu_ps(from + 8 * i));
    part[i] = _mm256_castsi256_ps(rounded);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out.values + 32 * at + 8 * i),
                     PackPairs(rounded));
  }
  out.sums[at] = Vector::Sum(_mm256_add_ps(_mm256_add_ps(part[0], part[1]),
                                           _mm256_add_ps(part[2], part[3])));
}

// Eight codes to 16 bits each, every four in the order 0 2 1 3.
MJ_INLINE __m128i PackCodes(__m256i codes) {
  const __m256i others = _mm256_shuffle_epi32(codes, 0x4E);  // 2 3 0 1
  const __m256i pairs =
      _mm256_blend_epi16(codes, _mm256_slli_epi32(others, 16), 0xAA);
  return _mm256_castsi256_si128(_mm256_permute4x64_epi64(pairs, 0x08));
}

MJ_INLINE int32_t SumOfLanes(__m256i x) {
  __m128i sum =
      _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4E));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xB1));
  return _mm_cvtsi128_si32(sum);
}

MJ_INLINE void WidelyQuantiseGroup(const float* from, int64_t at,
                                   const Int16Rows& out) {
  __m256 x[4];
  for (int i = 0; i < 4; ++i) x[i] = _mm256_loadu_ps(from + 8 * i);
  const float largest = LargestMagnitude(x);
  const bool is_zero = largest < 1e-33f;
  const float scale = is_zero ? 0 : largest / 32767.0f;
  const __m256 inverse = _mm256_set1_ps(is_zero ? 0 : 32767.0f / largest);
  __m256i sums = _mm256_setzero_si256();
  for (int i = 0; i < 4; ++i) {
    const __m256i all = _mm256_cvtps_epi32(_mm256_mul_ps(x[i], inverse));
    // What is not finite becomes INT32_MIN, or 0 beside an infinity.
    const __m256i bad = _mm256_cmpeq_epi32(all, _mm256_set1_epi32(INT32_MIN));
    const __m256i codes = _mm256_andnot_si256(bad, all);
    sums = _mm256_add_epi32(sums, codes);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out.codes + 32 * at + 8 * i),
                     PackCodes(codes));
  }
  out.scales[at] = scale;
  out.totals[at] = scale * static_cast<float>(SumOfLanes(sums));
}

}  // namespace

void QuantiseRows(const float* x, int64_t x_stride, int64_t rows,
                  int64_t groups, const Int8Rows& out) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t g = 0; g < groups; ++g) {
      QuantiseGroup(x + r * x_stride + 32 * g, g * out.stride + r, out);
    }
  }
}

void ToBf16Rows(const float* x, int64_t x_stride, int64_t rows, int64_t groups,
                const Bf16Rows& out) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t g = 0; g < groups; ++g) {
      RoundGroup(x + r * x_stride + 32 * g, g * out.stride + r, out);
    }
  }
}

void ToInt16Rows(const float* x, int64_t x_stride, int64_t rows, int64_t groups,
                 const Int16Rows& out) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t g = 0; g < groups; ++g) {
      WidelyQuantiseGroup(x + r * x_stride + 32 * g, g * out.stride + r, out);
    }
  }
}

void RoundRows(const float* x, int64_t x_stride, int64_t rows, int64_t groups,
               float* out, int64_t out_stride) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < 32 * groups; c += 8) {
      const __m256i rounded = Round(_mm256_loadu_ps(x + r * x_stride + c));
      _mm256_storeu_ps(out + r * out_stride + c, _mm256_castsi256_ps(rounded));
    }
  }
}

}  // namespace mj::avx2
