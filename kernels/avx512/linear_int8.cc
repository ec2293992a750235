#include "kernels/linear_int8.h"

#include "kernels/avx512/vector.h"
#include "kernels/body/linear_int8_body.h"

namespace mj::avx512 {
namespace {

struct ByteVector : Vector {
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
  struct Dots {
    I sum;
    MJ_INLINE void Begin(I start) { sum = start; }
    template <int kWord>
    MJ_INLINE void Add(I word, I q) {
      sum = _mm512_dpbusd_epi32(sum, word, q);
    }
    MJ_INLINE I End() const { return sum; }
  };
};

}  // namespace

void LinearInt8(const LinearInt8Args& args) { RunLinearInt8<ByteVector>(args); }

}  // namespace mj::avx512
