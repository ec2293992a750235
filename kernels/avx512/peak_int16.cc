#include "kernels/avx512/vector.h"
#include "kernels/body/peak_body.h"
#include "kernels/peak.h"

namespace mj::avx512 {

int64_t PeakInt16(int64_t rounds) {
  const __m512i x = _mm512_set1_epi32(0x00030003);
  return RunPeak(rounds, 2 * 32, x, [&](__m512i sum) MJ_LAMBDA {
    return _mm512_dpwssd_epi32(sum, x, x);
  });
}

}  // namespace mj::avx512
