#include "kernels/peak.h"

#include "kernels/avx2/vector.h"
#include "kernels/body/peak_body.h"
#include "kernels/body/read_body.h"

namespace mj::avx2 {

uint64_t ReadAll(const void* data, int64_t bytes) {
  return RunRead<Vector>(data, bytes);
}

int64_t PeakF32(int64_t rounds) {
  const __m256 x = _mm256_set1_ps(0.5f);
  return RunPeak(rounds, 2 * 8, x, [&](__m256 sum) MJ_LAMBDA {
    return _mm256_fmadd_ps(x, x, sum);
  });
}

int64_t PeakInt8(int64_t rounds) {
  const __m256i x = _mm256_set1_epi8(3);
  return RunPeak(rounds, 2 * 32, x, [&](__m256i sum) MJ_LAMBDA {
    return _mm256_add_epi16(sum, _mm256_maddubs_epi16(x, sum));
  });
}

}  // namespace mj::avx2
