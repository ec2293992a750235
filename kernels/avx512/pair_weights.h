// Panels (kernels/panel.h) as pairs of 16 bits, bfloat16 or integers: pair
// 2j + e of a group holds columns 4j + e (low half of a lane) and 4j + e + 2
// (high half).
#ifndef MILLIJOULE_KERNELS_AVX512_PAIR_WEIGHTS_H_
#define MILLIJOULE_KERNELS_AVX512_PAIR_WEIGHTS_H_

#include <cstddef>
#include <cstdint>

#include "kernels/avx512/vector.h"
#include "kernels/body/weights.h"

namespace mj::avx512 {
namespace {

// How the integers are coded: small ones one by one, -32 .. 31; and bytes
// kOdd and kOdd + 2 of each lane, signed, as a pair. kUnit: what products are
// to be multiplied by where weights have 8 bits.
struct Bf16Code {
  static constexpr float kUnit8 = 0x1p-24f;
  static constexpr uint16_t Of(int value) {  // exact
    return static_cast<uint16_t>(
        __builtin_bit_cast(uint32_t, static_cast<float>(value)) >> 16);
  }
  // By way of float32, whose upper half is the bfloat16 of such a number:
  // times 2^24, which spares a shift.
  template <int kOdd>
  MJ_INLINE static __m512i SignedBytes(__m512i word) {
    const auto low = Vector::AsInt(Vector::ToFloat(HighestByte<kOdd>(word)));
    const auto high =
        Vector::AsInt(Vector::ToFloat(HighestByte<kOdd + 2>(word)));
    return Vector::Or(Vector::ShiftRight<16>(low), high);
  }

 private:
  // Byte kByte of each lane as its highest, the others zero.
  template <int kByte>
  MJ_INLINE static __m512i HighestByte(__m512i word) {
    if constexpr (kByte == 0) return Vector::ShiftLeft<24>(word);
    if constexpr (kByte == 3) {
      return Vector::And(word, static_cast<int>(0xFF000000));
    }
    constexpr int kFirst = kByte << 24 | 0x808080, kLane = 4 << 24;
    return _mm512_shuffle_epi8(
        word, _mm512_set4_epi32(kFirst + 3 * kLane, kFirst + 2 * kLane,
                                kFirst + kLane, kFirst));
  }
};
struct Int16Code {
  static constexpr float kUnit8 = 1;
  static constexpr uint16_t Of(int value) {
    return static_cast<uint16_t>(value);
  }
  template <int kOdd>
  MJ_INLINE static __m512i SignedBytes(__m512i word) {
    if constexpr (kOdd == 0) word = _mm512_slli_epi16(word, 8);
    return _mm512_srai_epi16(word, 8);
  }
};

// The codes 0 .. 63, less the code that means zero.
template <class Code, int kZero>
struct CodeTable {
  alignas(64) uint16_t values[64];
  constexpr CodeTable() : values() {
    for (int i = 0; i < 64; ++i) values[i] = Code::Of(i - kZero);
  }
};
// Four bits: entry i + 16 is entry i, as the look-up reads five.
template <class Code, int kZero>
struct NibbleTable {
  alignas(64) uint16_t values[32];
  constexpr NibbleTable() : values() {
    for (int i = 0; i < 32; ++i) values[i] = Code::Of(i % 16 - kZero);
  }
};

template <class W>
constexpr bool kHasBf16Pairs = W::kScaled;
template <>
constexpr bool kHasBf16Pairs<FloatWeights<TensorType::kBF16>> = true;

template <class W, class Code>
struct PairWeights;
template <TensorType kType, class Code>
struct PairWeights<QuantisedWeights<kType>, Code> {
  using I = __m512i;
  static constexpr int kBits = PanelOf<kType>::kBits;
  static constexpr int kZero = PanelOf<kType>::kZero;
  static constexpr float kUnit = kBits == 8 ? Code::kUnit8 : 1.0f;

  template <int kPair>
  MJ_INLINE static I Pair(const std::byte* codes) {
    return WordPair<kPair / 2, kPair % 2>(codes);
  }

 private:
  // Word `kWord` of a row is columns 4 kWord ..; kOdd picks 1 and 3 of them.
  template <int kWord, int kOdd>
  MJ_INLINE static I WordPair(const std::byte* codes) {
    if constexpr (kBits == 8) {
      return Code::template SignedBytes<kOdd>(
          Vector::LoadInt(codes + 64 * kWord));
    } else {
      // Each half lane's low bits are now a code's low four.
      const I low = ShiftHalves<8 * kOdd + 4 * (kWord % 2)>(
          Vector::LoadInt(codes + 64 * (kWord / 2)));
      if constexpr (kBits == 4) {
        static constexpr NibbleTable<Code, kZero> kTable;
        return _mm512_permutexvar_epi16(low, Vector::LoadInt(kTable.values));
      } else {
        const I high = HighBits<kWord, kOdd>(codes);
        const I low_four = _mm512_set1_epi32(0x000F000F);
        return LookUp(_mm512_ternarylogic_epi32(low_four, low, high, 0xCA));
      }
    }
  }

  // The code's bits from 4 up, there; other bits hold anything.
  template <int kWord, int kOdd>
  MJ_INLINE static I HighBits(const std::byte* codes) {
    constexpr int kPosition = 8 * kOdd + (kBits == 5 ? kWord : 2 * (kWord % 4));
    const I plane =
        Vector::LoadInt(codes + 256 + (kBits == 5 ? 0 : 64 * (kWord / 4)));
    if constexpr (kPosition >= 4) {
      return ShiftHalves<kPosition - 4>(plane);
    } else {
      return _mm512_slli_epi16(plane, 4 - kPosition);
    }
  }

  // By five or six bits of each half lane.
  MJ_INLINE static I LookUp(I index) {
    static constexpr CodeTable<Code, kZero> kTable;
    const I first = Vector::LoadInt(kTable.values);
    if constexpr (kBits == 5) return _mm512_permutexvar_epi16(index, first);
    return _mm512_permutex2var_epi16(first, index,
                                     Vector::LoadInt(kTable.values + 32));
  }

  template <int kCount>
  MJ_INLINE static I ShiftHalves(I x) {
    if constexpr (kCount == 0) return x;
    return _mm512_srli_epi16(x, kCount);
  }
};

template <>
struct PairWeights<FloatWeights<TensorType::kBF16>, Bf16Code> {
  static constexpr float kUnit = 1;

  template <int kPair>
  MJ_INLINE static __m512i Pair(const std::byte* codes) {
    return Vector::LoadInt(codes + 64 * kPair);
  }
};

}  // namespace
}  // namespace mj::avx512

#endif  // MILLIJOULE_KERNELS_AVX512_PAIR_WEIGHTS_H_
