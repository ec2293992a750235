// The end of every product: bias, old value, and where the result goes.
#ifndef MILLIJOULE_KERNELS_BODY_FINISH_OUTPUTS_H_
#define MILLIJOULE_KERNELS_BODY_FINISH_OUTPUTS_H_

#include <cstdint>

#include "kernels/body/inline.h"

namespace mj {
namespace {

template <class V>
MJ_INLINE void FinishSixteen(const float* acc, const float* bias,
                             bool accumulate, float* y) {
  for (int i = 0; i < 16; i += V::kLanes) {
    typename V::F value = V::Load(acc + i);
    if (bias != nullptr) value = V::Add(value, V::Load(bias + i));
    if (accumulate) value = V::Add(V::Load(y + i), value);
    V::Store(y + i, value);
  }
}

// The last panel's rows, fewer than 16.
template <class V>
void FinishSome(const float* acc, const float* bias, bool accumulate, float* y,
                int count) {
  float values[16] = {}, biases[16] = {};
  for (int i = 0; i < count; ++i) values[i] = y[i];
  if (bias != nullptr) {
    for (int i = 0; i < count; ++i) biases[i] = bias[i];
    bias = biases;
  }
  FinishSixteen<V>(acc, bias, accumulate, values);
  for (int i = 0; i < count; ++i) y[i] = values[i];
}

// y of a row's outputs [first, first + 16), as far as there are any; acc
// [16]. Args: LinearArgs and its kin.
template <class V, class Args>
MJ_INLINE void FinishOutputs(const Args& args, int64_t row, int64_t first,
                             const float* acc) {
  float* y = args.y + row * args.y_stride + first;
  const float* bias = args.bias == nullptr ? nullptr : args.bias + first;
  const int64_t left = args.num_outputs - first;
  if (left >= 16) {
    FinishSixteen<V>(acc, bias, args.accumulate, y);
  } else {
    FinishSome<V>(acc, bias, args.accumulate, y, static_cast<int>(left));
  }
}

}  // namespace
}  // namespace mj

#endif  // MILLIJOULE_KERNELS_BODY_FINISH_OUTPUTS_H_
