// Weights of kernels/panel.h as vectors of float32. Templates over a Vector
// of kernels/avx2 or kernels/avx512; internal linkage.
#ifndef MILLIJOULE_KERNELS_BODY_WEIGHTS_H_
#define MILLIJOULE_KERNELS_BODY_WEIGHTS_H_

#include <cstddef>
#include <cstdint>

#include "kernels/body/inline.h"
#include "kernels/panel.h"

namespace mj {
namespace {

template <int kBits_, int kOffset, int kScaleBytes, bool kMin, int kStep_ = 32>
struct QuantisedWeights {
  static constexpr int kBits = kBits_;
  static constexpr int kZero = kOffset;  // the code that means 0
  static constexpr bool kScaled = true;
  static constexpr bool kHasMin = kMin;
  static constexpr int kStep = kStep_;  // columns that share a scale
  static constexpr int kCodeBytes = 64 * kBits;
  static constexpr int kGroupScaleBytes =
      kScaleBytes * 16 * (32 / kStep + (kMin ? 1 : 0));

  // Code minus offset of column kColumn, rows from first_row on.
  template <class V, int kColumn>
  MJ_INLINE static typename V::F Code(const std::byte* codes, int first_row) {
    codes += 4 * first_row;
    constexpr int j = kColumn / 4, b = kColumn % 4;
    if constexpr (kBits == 8) {
      const auto word = V::LoadInt(codes + 64 * j);
      return V::ToFloat(V::template ShiftRightSigned<24>(
          V::template ShiftLeft<24 - 8 * b>(word)));
    } else {
      const auto word = V::LoadInt(codes + 64 * (j / 2));
      auto code = V::And(V::template ShiftRight<8 * b + 4 * (j % 2)>(word), 15);
      if constexpr (kBits > 4) code = V::Or(code, HighBits<V, j, b>(codes));
      if constexpr (kOffset != 0) code = V::SubInt(code, kOffset);
      return V::ToFloat(code);
    }
  }

  // The codes of columns 4 kWord .. 4 kWord + 3, a byte each, offset not
  // subtracted (Q8: signed), rows from first_row on.
  template <class V, int kWord>
  MJ_INLINE static typename V::I Bytes(const std::byte* codes, int first_row) {
    codes += 4 * first_row;
    if constexpr (kBits == 8) {
      return V::LoadInt(codes + 64 * kWord);
    } else {
      const auto nibbles = V::template ShiftRight<4 * (kWord % 2)>(
          V::LoadInt(codes + 64 * (kWord / 2)));
      const auto low = V::And(nibbles, 0x0F0F0F0F);
      if constexpr (kBits == 4) {
        return low;
      } else {
        return V::Or(low, HighBytes<V, kWord>(codes));
      }
    }
  }

  // Scale `index` of a group, rows from first_row on.
  template <class V>
  MJ_INLINE static typename V::F Scale(const std::byte* scales, int index,
                                       int first_row) {
    const std::byte* at = scales + kScaleBytes * (16 * index + first_row);
    if constexpr (kScaleBytes == 2) {
      return V::LoadHalf(at);
    } else {
      return V::Load(reinterpret_cast<const float*>(at));
    }
  }

 private:
  template <class V, int kWord>
  MJ_INLINE static typename V::I HighBytes(const std::byte* codes) {
    constexpr int kPosition = kBits == 5 ? kWord : 2 * (kWord % 4);
    constexpr int kMask = kBits == 5 ? 0x10101010 : 0x30303030;
    const auto plane =
        V::LoadInt(codes + 256 + (kBits == 5 ? 0 : 64 * (kWord / 4)));
    if constexpr (kPosition >= 4) {
      return V::And(V::template ShiftRight<kPosition - 4>(plane), kMask);
    } else {
      return V::And(V::template ShiftLeft<4 - kPosition>(plane), kMask);
    }
  }

  template <class V, int j, int b>
  MJ_INLINE static typename V::I HighBits(const std::byte* codes) {
    constexpr int kPosition = kBits == 5 ? 8 * b + j : 8 * b + 2 * (j % 4);
    constexpr int kMask = kBits == 5 ? 0x10 : 0x30;
    const auto plane =
        V::LoadInt(codes + 256 + (kBits == 5 ? 0 : 64 * (j / 4)));
    if constexpr (kPosition >= 4) {
      return V::And(V::template ShiftRight<kPosition - 4>(plane), kMask);
    } else {
      return V::And(V::template ShiftLeft<4 - kPosition>(plane), kMask);
    }
  }
};

template <TensorType kType>
struct FloatWeights {
  static constexpr bool kScaled = false;
  static constexpr bool kHasMin = false;
  static constexpr int kStep = 32;
  static constexpr int kBytes = kType == TensorType::kF32 ? 4 : 2;
  static constexpr int kCodeBytes = 512 * kBytes;
  static constexpr int kGroupScaleBytes = 0;

  template <class V, int kColumn>
  MJ_INLINE static typename V::F Code(const std::byte* codes, int first_row) {
    if constexpr (kType == TensorType::kF32) {
      return V::Load(reinterpret_cast<const float*>(codes) + 16 * kColumn +
                     first_row);
    } else if constexpr (kType == TensorType::kF16) {
      return V::LoadHalf(codes + 32 * kColumn + 2 * first_row);
    } else {
      constexpr int kPair = kColumn / 4 * 2 + kColumn % 2;
      const auto pair = V::LoadInt(codes + 64 * kPair + 4 * first_row);
      if constexpr (kColumn % 4 < 2) {
        return V::AsFloat(V::template ShiftLeft<16>(pair));
      } else {
        return V::AsFloat(V::And(pair, static_cast<int>(0xFFFF0000)));
      }
    }
  }
};

}  // namespace
}  // namespace mj

#endif  // MILLIJOULE_KERNELS_BODY_WEIGHTS_H_
