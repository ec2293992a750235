#include "kernels/linear_bit_serial.h"

#include "kernels/avx2/vector.h"
#include "kernels/body/linear_bit_serial_body.h"

namespace mj::avx2 {
namespace {

struct BitVector : Vector {
  MJ_INLINE static I SetInt(int32_t x) { return _mm256_set1_epi32(x); }

  // Ones of each byte, by its nibbles (Mula's method).
  MJ_INLINE static I ByteOnes(I low, I high, uint32_t plane) {
    const I ones_of =
        _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1,
                         1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const I low_bits =
        _mm256_and_si256(low, SetInt(static_cast<int32_t>(plane)));
    const I high_bits =
        _mm256_and_si256(high, SetInt(static_cast<int32_t>(plane >> 4)));
    return _mm256_add_epi8(_mm256_shuffle_epi8(ones_of, low_bits),
                           _mm256_shuffle_epi8(ones_of, high_bits));
  }
  // As sums of two bytes in 16 bits: at most 16 * 128 in magnitude.
  MJ_INLINE static I CountOnes(I word, const uint32_t* planes) {
    const I low = And(word, 0x0F0F0F0F);
    const I high = And(ShiftRight<4>(word), 0x0F0F0F0F);
    I sum = SetInt(0);
#pragma GCC unroll 8
    for (int a = 0; a < 8; ++a) {
      const I weight = _mm256_set1_epi8(static_cast<char>(1 << a));  // -128
      sum = _mm256_add_epi16(
          sum, _mm256_maddubs_epi16(ByteOnes(low, high, planes[a]), weight));
    }
    return sum;
  }
  template <int kPlane, bool kNegative>
  MJ_INLINE static I AddPlane(I sum, I count) {
    constexpr int kWeight = kNegative ? -(1 << kPlane) : 1 << kPlane;
    return AddInt(sum, _mm256_madd_epi16(count, _mm256_set1_epi16(kWeight)));
  }
};

}  // namespace

void LinearBitSerial(const LinearBitSerialArgs& args) {
  RunLinearBitSerial<BitVector>(args);
}

}  // namespace mj::avx2
