#include "kernels/peak.h"

#include "kernels/avx512/vector.h"
#include "kernels/body/peak_body.h"
#include "kernels/body/read_body.h"

namespace mj::avx512 {

uint64_t ReadAll(const void* data, int64_t bytes) {
  return RunRead<Vector>(data, bytes);
}

int64_t PeakF32(int64_t rounds) {
  const __m512 x = _mm512_set1_ps(0.5f);
  return RunPeak(rounds, 2 * 16, x, [&](__m512 sum) MJ_LAMBDA {
    return _mm512_fmadd_ps(x, x, sum);
  });
}

}  // namespace mj::avx512
