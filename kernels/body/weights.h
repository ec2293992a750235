// Weights of kernels/panel.h as vectors. Templates over a Vector
// of kernels/avx2 or kernels/avx512; internal linkage.
#ifndef MILLIJOULE_KERNELS_BODY_WEIGHTS_H_
#define MILLIJOULE_KERNELS_BODY_WEIGHTS_H_

#include <cstddef>
#include <cstdint>

#include "kernels/body/inline.h"
#include "kernels/panel.h"

namespace mj {
namespace {

// Where things lie in a panel of kType.
template <TensorType kType>
struct PanelOf {
  static constexpr PanelLayout kLayout = PanelLayoutOf(kType);
  static constexpr int kBits = kLayout.bits;
  static constexpr int kZero = kLayout.offset;  // the code that means 0
  static constexpr bool kScaled = kBits != 0;
  static constexpr bool kHasMin = kLayout.has_min;
  static constexpr int kStep = kLayout.step;  // columns that share a scale
  static constexpr int kSteps = kPanelGroup / kStep;
  static constexpr int kBlockGroups = kLayout.block_groups;
  static constexpr int kBlockBytes = kLayout.block_bytes();

  struct Group {
    const std::byte* codes;
    const std::byte* halves;    // of the block of scales
    const std::byte* integers;  // of the group, in that block
  };
  MJ_INLINE static Group At(const std::byte* panel, int64_t groups, int64_t g) {
    const std::byte* block =
        panel + groups * kLayout.code_bytes + g / kBlockGroups * kBlockBytes;
    return {panel + g * kLayout.code_bytes, block,
            block + kLayout.block_halves +
                g % kBlockGroups * kLayout.group_scale_bytes};
  }
  MJ_INLINE static int64_t PanelSize(int64_t groups) {
    const int64_t blocks = (groups + kBlockGroups - 1) / kBlockGroups;
    const int64_t bytes = groups * kLayout.code_bytes + blocks * kBlockBytes;
    return (bytes + 63) / 64 * 64;
  }
  // Asks for what is about the g-th group's share of a panel that comes next:
  // codes and scales lie apart, which is too much for a core to foresee. Into
  // the second-level cache, which can wait for more lines at once than the
  // first; or into the first, for who comes back slowly.
  template <bool kFirstLevel>
  MJ_INLINE static void Prefetch(const std::byte* panel, int64_t g) {
    constexpr int kBytes = kLayout.code_bytes + kBlockBytes / kBlockGroups;
    for (int i = 0; i < (kBytes + 63) / 64; ++i) {
      __builtin_prefetch(panel + g * kBytes + 64 * i, 0, kFirstLevel ? 3 : 2);
    }
  }
};

// A group's scales, as many rows as a vector has lanes.
template <class V, int kSteps>
struct Scales {
  typename V::F d[kSteps];
  typename V::F m;
};

template <TensorType kType>
struct QuantisedWeights : PanelOf<kType> {
  using Panel = PanelOf<kType>;
  using Group = typename Panel::Group;
  using Panel::kBits;
  using Panel::kSteps;
  static constexpr int kOffset = Panel::kZero;

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

  // Rows from first_row on.
  template <class V>
  MJ_INLINE static Scales<V, kSteps> LoadScales(const Group& at,
                                                int first_row) {
    constexpr ScaleForm kForm = Panel::kLayout.scales;
    const std::byte* halves = at.halves + 2 * first_row;
    Scales<V, kSteps> scales;
    scales.d[0] = V::LoadHalf(halves);
    scales.m =
        Panel::kHasMin ? V::LoadHalf(halves + 2 * kPanelRows) : V::Zero();
    if constexpr (kForm == ScaleForm::kBytes) {
      const std::byte* bytes = at.integers + first_row;
      scales.d[1] = V::Mul(scales.d[0], V::LoadInt8(bytes + kPanelRows));
      scales.d[0] = V::Mul(scales.d[0], V::LoadInt8(bytes));
    } else if constexpr (kForm == ScaleForm::kSixBits) {
      const auto low = V::WidenBytes(at.integers + first_row);
      const auto high = V::WidenNibbles(at.integers + 16, first_row);
      const auto scale =
          V::Or(V::And(low, 15), V::template ShiftLeft<4>(V::And(high, 3)));
      const auto min = V::Or(V::template ShiftRight<4>(low),
                             V::template ShiftLeft<2>(V::And(high, 12)));
      scales.d[0] = V::Mul(scales.d[0], V::ToFloat(scale));
      scales.m = V::Mul(scales.m, V::ToFloat(min));
    }
    return scales;
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
struct FloatWeights : PanelOf<kType> {
  using Group = typename PanelOf<kType>::Group;

  // None: 1.
  template <class V>
  MJ_INLINE static Scales<V, 1> LoadScales(const Group&, int) {
    return {{V::Zero()}, V::Zero()};
  }

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

// Calls f with the weights of `type`, an object without members: the one list
// of types that vector versions know.
template <class F>
MJ_INLINE void ForWeights(TensorType type, const F& f) {
  switch (type) {
    case TensorType::kF32:
      return f(FloatWeights<TensorType::kF32>());
    case TensorType::kF16:
      return f(FloatWeights<TensorType::kF16>());
    case TensorType::kBF16:
      return f(FloatWeights<TensorType::kBF16>());
    case TensorType::kQ4_0:
      return f(QuantisedWeights<TensorType::kQ4_0>());
    case TensorType::kQ4_1:
      return f(QuantisedWeights<TensorType::kQ4_1>());
    case TensorType::kQ5_0:
      return f(QuantisedWeights<TensorType::kQ5_0>());
    case TensorType::kQ5_1:
      return f(QuantisedWeights<TensorType::kQ5_1>());
    case TensorType::kQ8_0:
      return f(QuantisedWeights<TensorType::kQ8_0>());
    case TensorType::kQ4_K:
      return f(QuantisedWeights<TensorType::kQ4_K>());
    case TensorType::kQ5_K:
      return f(QuantisedWeights<TensorType::kQ5_K>());
    case TensorType::kQ6_K:
      return f(QuantisedWeights<TensorType::kQ6_K>());
  }
}

}  // namespace
}  // namespace mj

#endif  // MILLIJOULE_KERNELS_BODY_WEIGHTS_H_
