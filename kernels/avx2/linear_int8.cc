#include "kernels/linear_int8.h"

#include "kernels/avx2/vector.h"
#include "kernels/body/linear_int8_body.h"

namespace mj::avx2 {
namespace {

struct Dots : Vector {
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

  MJ_INLINE static I Broadcast(const int8_t* q) {
    int32_t word;
    __builtin_memcpy(&word, q, sizeof word);
    return _mm256_set1_epi32(word);
  }
  MJ_INLINE static I AddPairs(I sum, I pairs) {
    return _mm256_add_epi32(sum,
                            _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }

  // The 16-bit sums of pairs hold 127 * (2^kBits - 1) * 2 so many times:
  // 8 * 3810, 4 * 7874, 2 * 16002. Signed bytes: the weight's magnitude times
  // q with the weight's sign, at most 128 * 127 * 2.
  template <int kBits, int kWords>
  MJ_INLINE static I Dot(const I* words, const int8_t* q, I init) {
    constexpr int kWide = kBits == 4 ? 8 : kBits == 5 ? 4 : kBits == 6 ? 2 : 1;
    constexpr int kTogether = kWide < kWords ? kWide : kWords;
    I sum = init;
    Unroll<kWords / kTogether>([&](auto part) MJ_LAMBDA {
      constexpr int kFirst = part.value * kTogether;
      I pairs = Pairs<kBits>(words[kFirst], q + 4 * kFirst);
      Unroll<kTogether - 1>([&](auto i) MJ_LAMBDA {
        constexpr int kNext = kFirst + 1 + i.value;
        pairs =
            _mm256_add_epi16(pairs, Pairs<kBits>(words[kNext], q + 4 * kNext));
      });
      sum = AddPairs(sum, pairs);
    });
    return sum;
  }

  template <int kBits>
  MJ_INLINE static I Pairs(I weight, const int8_t* q) {
    const I x = Broadcast(q);
    if constexpr (kBits == 8) {
      return _mm256_maddubs_epi16(_mm256_abs_epi8(weight),
                                  _mm256_sign_epi8(x, weight));
    } else {
      return _mm256_maddubs_epi16(weight, x);
    }
  }
};

}  // namespace

void LinearInt8(const LinearInt8Args& args) { RunLinearInt8<Dots>(args); }

}  // namespace mj::avx2
