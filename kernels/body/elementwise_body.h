// The bodies of RmsNorm and GatedActivation over a Vector type. Tails run
// through the same vector code, on a copy filled with zeros.
#ifndef MILLIJOULE_KERNELS_BODY_ELEMENTWISE_BODY_H_
#define MILLIJOULE_KERNELS_BODY_ELEMENTWISE_BODY_H_

#include "kernels/body/exp.h"
#include "kernels/body/inline.h"
#include "kernels/gated_activation.h"
#include "kernels/rms_norm.h"

namespace mj {
namespace {

// The first `count` < kLanes floats at p, then zeros.
template <class V>
MJ_INLINE typename V::F LoadFirst(const float* p, int64_t count) {
  float lanes[V::kLanes] = {};
  for (int64_t i = 0; i < count; ++i) lanes[i] = p[i];
  return V::Load(lanes);
}

template <class V>
MJ_INLINE void StoreFirst(float* p, int64_t count, typename V::F x) {
  float lanes[V::kLanes];
  V::Store(lanes, x);
  for (int64_t i = 0; i < count; ++i) p[i] = lanes[i];
}

template <class V>
float SumOfSquares(const float* x, int64_t cols) {
  typename V::F sum[4];
  Unroll<4>([&](auto i) MJ_LAMBDA { sum[i.value] = V::Zero(); });
  int64_t c = 0;
  for (; c + 4 * V::kLanes <= cols; c += 4 * V::kLanes) {
    Unroll<4>([&](auto i) MJ_LAMBDA {
      const auto part = V::Load(x + c + i.value * V::kLanes);
      sum[i.value] = V::Fma(part, part, sum[i.value]);
    });
  }
  for (; c < cols; c += V::kLanes) {
    const auto part =
        c + V::kLanes <= cols ? V::Load(x + c) : LoadFirst<V>(x + c, cols - c);
    sum[0] = V::Fma(part, part, sum[0]);
  }
  return V::Sum(V::Add(V::Add(sum[0], sum[1]), V::Add(sum[2], sum[3])));
}

template <class V>
void RunRmsNorm(const RmsNormArgs& args) {
  for (int64_t r = 0; r < args.rows; ++r) {
    const float* x = args.x + r * args.x_stride;
    float* y = args.y + r * args.y_stride;
    const float mean =
        SumOfSquares<V>(x, args.cols) / static_cast<float>(args.cols);
    const auto inverse = V::Set1(1.0f / V::SquareRoot(mean + args.epsilon));
    const auto normalise = [&](auto value, auto gamma, auto old) MJ_LAMBDA {
      const auto scaled = V::Mul(V::Mul(value, inverse), gamma);
      return args.accumulate ? V::Add(old, scaled) : scaled;
    };
    int64_t c = 0;
    for (; c + V::kLanes <= args.cols; c += V::kLanes) {
      V::Store(y + c, normalise(V::Load(x + c), V::Load(args.gamma + c),
                                V::Load(y + c)));
    }
    if (const int64_t left = args.cols - c; left > 0) {
      StoreFirst<V>(y + c, left,
                    normalise(LoadFirst<V>(x + c, left),
                              LoadFirst<V>(args.gamma + c, left),
                              LoadFirst<V>(y + c, left)));
    }
  }
}

template <class V>
MJ_INLINE typename V::F Activate(Activation activation, typename V::F x) {
  auto exponent = V::Mul(x, V::Set1(-1.0f));
  if (activation == Activation::kGeluTanh) {
    // -2 sqrt(2/pi) x (1 + 0.044715 x^2)
    const auto inner = V::Fma(V::Mul(x, x), V::Set1(0.044715f), V::Set1(1.0f));
    exponent = V::Mul(V::Mul(x, V::Set1(-1.5957691216f)), inner);
  }
  return V::Div(x, V::Add(V::Set1(1.0f), Exp<V>(exponent)));
}

template <class V>
void RunGatedActivation(Activation activation, const float* gate,
                        const float* up, float* y, int64_t count) {
  int64_t i = 0;
  for (; i + V::kLanes <= count; i += V::kLanes) {
    V::Store(y + i, V::Mul(Activate<V>(activation, V::Load(gate + i)),
                           V::Load(up + i)));
  }
  if (const int64_t left = count - i; left > 0) {
    const auto x = LoadFirst<V>(gate + i, left);
    StoreFirst<V>(
        y + i, left,
        V::Mul(Activate<V>(activation, x), LoadFirst<V>(up + i, left)));
  }
}

}  // namespace
}  // namespace mj

#endif  // MILLIJOULE_KERNELS_BODY_ELEMENTWISE_BODY_H_
