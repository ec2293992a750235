// The most that a core can do: independent multiply-adds on registers, and
// reading. What rooflines are measured against.
#ifndef MILLIJOULE_KERNELS_PEAK_H_
#define MILLIJOULE_KERNELS_PEAK_H_

#include <cstdint>

namespace mj {

// Does `rounds` rounds; returns the operations done, a multiply-add being two.
using PeakFn = int64_t(int64_t rounds);

// Reads `bytes` bytes once, as kReadStreams streams side by side, whole cache
// lines at a time. Returns the disjunction of all 64-bit words: no read can be
// left out.
// REQUIRES: data is 64-byte aligned; bytes is a multiple of kReadStep.
inline constexpr int kReadStreams = 4;  // more are slower, fewer no faster
inline constexpr int64_t kReadStep = kReadStreams * 128;
using ReadFn = uint64_t(const void* data, int64_t bytes);

namespace scalar {
ReadFn ReadAll;
}
namespace avx2 {
ReadFn ReadAll;
PeakFn PeakF32;
PeakFn PeakInt8;  // products of bytes, added in pairs
}  // namespace avx2
namespace avx512 {
ReadFn ReadAll;
PeakFn PeakF32;
PeakFn PeakInt8;   // needs VNNI, as does
PeakFn PeakInt16;  // this
PeakFn PeakBf16;   // needs BF16
}  // namespace avx512
namespace amx {  // needs AMX's tiles of the type
PeakFn PeakInt8;
PeakFn PeakBf16;
}  // namespace amx

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_PEAK_H_
