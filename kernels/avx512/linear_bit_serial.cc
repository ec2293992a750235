#include "kernels/linear_bit_serial.h"

#include "kernels/avx512/vector.h"
#include "kernels/body/linear_bit_serial_body.h"

namespace mj::avx512 {
namespace {

struct BitVector : Vector {
  MJ_INLINE static I SetInt(int32_t x) { return _mm512_set1_epi32(x); }

  MJ_INLINE static I Ones(I word, uint32_t plane) {
    return _mm512_popcnt_epi32(
        _mm512_and_si512(word, SetInt(static_cast<int32_t>(plane))));
  }
  // From the top plane, the sign's, down.
  MJ_INLINE static I CountOnes(I word, const uint32_t* planes) {
    I sum = _mm512_sub_epi32(SetInt(0), Ones(word, planes[7]));
#pragma GCC unroll 8
    for (int a = 6; a >= 0; --a) {
      sum = AddInt(AddInt(sum, sum), Ones(word, planes[a]));
    }
    return sum;
  }
  template <int kPlane, bool kNegative>
  MJ_INLINE static I AddPlane(I sum, I count) {
    const I shifted = ShiftLeft<kPlane>(count);
    return kNegative ? _mm512_sub_epi32(sum, shifted) : AddInt(sum, shifted);
  }
};

}  // namespace

void LinearBitSerial(const LinearBitSerialArgs& args) {
  RunLinearBitSerial<BitVector>(args);
}

}  // namespace mj::avx512
