#include "kernels/linear_bf16.h"

#include "kernels/avx512/bf16_weights.h"
#include "kernels/body/panel_walk.h"

namespace mj::avx512 {
namespace {

using F = Vector::F;
using I = Vector::I;

template <class Weights>
struct Body {
  using W = Weights;
  using Args = LinearBf16Args;
  static constexpr int kSteps = 32 / W::kStep;
  static constexpr int kStepPairs = W::kStep / 2;

  struct Group {
    I pairs[16];
    F scales[kSteps];
    F min;
  };

  // All 16 rows fill one vector: first_row is 0.
  MJ_INLINE static void Load(const std::byte* codes, const std::byte* scales,
                             int /*first_row*/, Group& group) {
    Bf16Weights<W>::Unpack(codes, group.pairs);
    if constexpr (W::kScaled) {
      Unroll<kSteps>([&](auto s) MJ_LAMBDA {
        group.scales[s.value] = W::template Scale<Vector>(scales, s.value, 0);
      });
    }
    if constexpr (W::kHasMin) {
      group.min = W::template Scale<Vector>(scales, kSteps, 0);
    }
  }

  MJ_INLINE static F Dot(F sum, I weights, const uint16_t* x) {
    int32_t pair;
    __builtin_memcpy(&pair, x, sizeof pair);
    return _mm512_dpbf16_ps(sum, (__m512bh)weights,
                            (__m512bh)_mm512_set1_epi32(pair));
  }

  MJ_INLINE static F AddRow(const Group& group, const Bf16Rows& x, int64_t at,
                            F total) {
    const uint16_t* values = x.values + 32 * at;
    Unroll<kSteps>([&](auto s) MJ_LAMBDA {
      constexpr int kFirst = s.value * kStepPairs;
      F even = Vector::Zero(), odd = Vector::Zero();
      Unroll<kStepPairs / 2>([&](auto p) MJ_LAMBDA {
        constexpr int kPair = kFirst + 2 * p.value;
        even = Dot(even, group.pairs[kPair], values + 2 * kPair);
        odd = Dot(odd, group.pairs[kPair + 1], values + 2 * kPair + 2);
      });
      const F sum = Vector::Add(even, odd);
      if constexpr (W::kScaled) {
        total = Vector::Fma(group.scales[s.value], sum, total);
      } else {
        total = Vector::Add(total, sum);
      }
    });
    if constexpr (W::kHasMin) {
      total = Vector::Fma(group.min, Vector::Set1(x.sums[at]), total);
    }
    return total;
  }

  static void Run(const Args& args) { PanelWalk<Vector, Body>::Run(args); }
};

}  // namespace

void LinearBf16(const LinearBf16Args& args) {
  switch (args.type) {
    case TensorType::kF32:
    case TensorType::kF16:
      __builtin_trap();  // Linear's
    case TensorType::kBF16:
      return Body<FloatWeights<TensorType::kBF16>>::Run(args);
    case TensorType::kQ4_0:
      return Body<QuantisedWeights<4, 8, 2, false>>::Run(args);
    case TensorType::kQ4_1:
      return Body<QuantisedWeights<4, 0, 2, true>>::Run(args);
    case TensorType::kQ5_0:
      return Body<QuantisedWeights<5, 16, 2, false>>::Run(args);
    case TensorType::kQ5_1:
      return Body<QuantisedWeights<5, 0, 2, true>>::Run(args);
    case TensorType::kQ8_0:
      return Body<QuantisedWeights<8, 0, 2, false>>::Run(args);
    case TensorType::kQ4_K:
      return Body<QuantisedWeights<4, 0, 4, true>>::Run(args);
    case TensorType::kQ5_K:
      return Body<QuantisedWeights<5, 0, 4, true>>::Run(args);
    case TensorType::kQ6_K:
      return Body<QuantisedWeights<6, 32, 4, false, 16>>::Run(args);
  }
}

}  // namespace mj::avx512
