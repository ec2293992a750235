// The body of the functions of kernels/peak.h: kChains sums that do not wait
// for each other.
#ifndef MILLIJOULE_KERNELS_BODY_PEAK_BODY_H_
#define MILLIJOULE_KERNELS_BODY_PEAK_BODY_H_

#include <cstdint>

#include "kernels/body/inline.h"

namespace mj {
namespace {

// step(sum) gives the next sum; `operations`: of one step.
template <class Sum, class Step>
MJ_INLINE int64_t RunPeak(int64_t rounds, int64_t operations, Sum start,
                          const Step& step) {
  constexpr int kChains = 12;
  Sum sums[kChains];
  Unroll<kChains>([&](auto i) MJ_LAMBDA { sums[i.value] = start; });
  for (int64_t r = 0; r < rounds; ++r) {
    Unroll<kChains>([&](auto i) MJ_LAMBDA {
      sums[i.value] = step(sums[i.value]);
      __asm__ volatile("" : "+v"(sums[i.value]));  // keeps every step
    });
  }
  return rounds * kChains * operations;
}

}  // namespace
}  // namespace mj

#endif  // MILLIJOULE_KERNELS_BODY_PEAK_BODY_H_
