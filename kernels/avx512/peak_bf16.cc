#include "kernels/avx512/vector.h"
#include "kernels/body/peak_body.h"
#include "kernels/peak.h"

namespace mj::avx512 {

int64_t PeakBf16(int64_t rounds) {
  const __m512i x = _mm512_set1_epi32(0x3F003F00);
  return RunPeak(rounds, 2 * 32, _mm512_setzero_ps(),
                 [&](__m512 sum) MJ_LAMBDA {
                   return _mm512_dpbf16_ps(sum, (__m512bh)x, (__m512bh)x);
                 });
}

}  // namespace mj::avx512
