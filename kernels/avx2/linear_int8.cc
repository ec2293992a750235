#include "kernels/linear_int8.h"

#include "kernels/avx2/vector.h"
#include "kernels/body/linear_int8_body.h"

namespace mj::avx2 {
namespace {

struct ByteVector : Vector {
  MJ_INLINE static I SetInt(int32_t x) { return _mm256_set1_epi32(x); }
  // Bytes as they are; Q8's stay signed.
  template <int kBits>
  MJ_INLINE static I Operand(I bytes) {
    return bytes;
  }
  template <int kBits>
  static constexpr int ZeroOf(int zero) {
    return zero;
  }

  // Or g++ puts additions off until its registers run out.
  MJ_INLINE static void KeepHere(I& sum) { __asm__("" : "+x"(sum)); }

  // The 16-bit sums of pairs hold 127 * (2^kBits - 1) * 2 so many times:
  // 8 * 3810, 4 * 7874, 2 * 16002. Signed bytes: the weight's magnitude times
  // q with the weight's sign, at most 128 * 127 * 2.
  template <int kBits, int kWords>
  struct Dots {
    static constexpr int kWide = kBits == 4   ? 8
                                 : kBits == 5 ? 4
                                 : kBits == 6 ? 2
                                              : 1;
    static constexpr int kTogether = kWide < kWords ? kWide : kWords;
    I sum, pairs;
    MJ_INLINE void Begin(I start) { sum = start; }
    template <int kWord>
    MJ_INLINE void Add(I word, I q) {
      const I added = Pairs<kBits>(word, q);
      pairs = kWord % kTogether == 0 ? added : _mm256_add_epi16(pairs, added);
      KeepHere(pairs);
      if constexpr (kWord % kTogether == kTogether - 1) {
        const I fours = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
        sum = _mm256_add_epi32(sum, fours);
        KeepHere(sum);
      }
    }
    MJ_INLINE I End() const { return sum; }
  };

  template <int kBits>
  MJ_INLINE static I Pairs(I word, I q) {
    if constexpr (kBits == 8) {
      return _mm256_maddubs_epi16(_mm256_abs_epi8(word),
                                  _mm256_sign_epi8(q, word));
    } else {
      return _mm256_maddubs_epi16(word, q);
    }
  }
};

}  // namespace

void LinearInt8(const LinearInt8Args& args) { RunLinearInt8<ByteVector>(args); }

}  // namespace mj::avx2
