// For the kernel bodies: vectors live in registers only where every call and
// every array index is resolved at compile time.
#ifndef MILLIJOULE_KERNELS_BODY_INLINE_H_
#define MILLIJOULE_KERNELS_BODY_INLINE_H_

// Emulated or watched by a sanitizer, inlined code would take minutes to
// compile.
#if defined(MILLIJOULE_EMULATED_AVX512) || defined(__SANITIZE_ADDRESS__) || \
    defined(__SANITIZE_THREAD__)
#define MJ_INLINE __attribute__((noinline))
#define MJ_LAMBDA __attribute__((noinline))
#else
#define MJ_INLINE __attribute__((always_inline)) inline
#define MJ_LAMBDA __attribute__((always_inline))
#endif

namespace mj {
namespace {

template <int kValue>
struct Int {
  static constexpr int value = kValue;
};

// f(Int<0>()), ..., f(Int<kCount - 1>())
template <int kCount, int kFirst = 0, class F>
MJ_INLINE void Unroll(const F& f) {
  if constexpr (kFirst < kCount) {
    f(Int<kFirst>());
    Unroll<kCount, kFirst + 1>(f);
  }
}

}  // namespace
}  // namespace mj

#endif  // MILLIJOULE_KERNELS_BODY_INLINE_H_
