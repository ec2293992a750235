#include "kernels/linear_int8.h"

#include "kernels/avx512/vector.h"
#include "kernels/body/linear_int8_body.h"

namespace mj::avx512 {
namespace {

struct Dots : Vector {
  MJ_INLINE static I SetInt(int32_t x) { return _mm512_set1_epi32(x); }
  // The instruction wants unsigned weights: signed ones are moved by 128.
  template <int kBits>
  MJ_INLINE static I Operand(I bytes) {
    if constexpr (kBits == 8) {
      return _mm512_xor_si512(bytes,
                              _mm512_set1_epi32(static_cast<int>(0x80808080)));
    } else {
      return bytes;
    }
  }
  template <int kBits>
  static constexpr int ZeroOf(int zero) {
    return kBits == 8 ? zero + 128 : zero;
  }

  template <int kBits, int kWords>
  MJ_INLINE static I Dot(const I* words, const int8_t* q, I init) {
    I sum = init;
    Unroll<kWords>([&](auto i) MJ_LAMBDA {
      int32_t word;
      __builtin_memcpy(&word, q + 4 * i.value, sizeof word);
      sum = _mm512_dpbusd_epi32(sum, words[i.value], _mm512_set1_epi32(word));
    });
    return sum;
  }
};

}  // namespace

void LinearInt8(const LinearInt8Args& args) { RunLinearInt8<Dots>(args); }

}  // namespace mj::avx512
