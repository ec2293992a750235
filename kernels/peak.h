// The most multiply-adds that a core can do: independent ones on registers.
// What rooflines are measured against.
#ifndef MILLIJOULE_KERNELS_PEAK_H_
#define MILLIJOULE_KERNELS_PEAK_H_

#include <cstdint>

namespace mj {

// Does `rounds` rounds; returns the operations done, a multiply-add being two.
using PeakFn = int64_t(int64_t rounds);

namespace avx2 {
PeakFn PeakF32;
PeakFn PeakInt8;  // products of bytes, added in pairs
}  // namespace avx2
namespace avx512 {
PeakFn PeakF32;
PeakFn PeakInt8;  // needs VNNI
PeakFn PeakBf16;  // needs BF16
}  // namespace avx512
namespace amx {  // needs AMX's tiles of the type
PeakFn PeakInt8;
PeakFn PeakBf16;
}  // namespace amx

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_PEAK_H_
