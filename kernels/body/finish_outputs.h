// The end of every product: bias, old value, and where the result goes.
#ifndef MILLIJOULE_KERNELS_BODY_FINISH_OUTPUTS_H_
#define MILLIJOULE_KERNELS_BODY_FINISH_OUTPUTS_H_

#include <cstdint>

namespace mj {
namespace {

// y of a row's outputs [first, first + 16), as far as there are any; acc
// [16]. Args: LinearArgs and its kin.
template <class Args>
void FinishOutputs(const Args& args, int64_t row, int64_t first,
                   const float* acc) {
  float* y = args.y + row * args.y_stride + first;
  const int64_t left = args.num_outputs - first;
  const int count = left < 16 ? static_cast<int>(left) : 16;
  for (int i = 0; i < count; ++i) {
    float value = acc[i];
    if (args.bias != nullptr) value += args.bias[first + i];
    y[i] = args.accumulate ? y[i] + value : value;
  }
}

}  // namespace
}  // namespace mj

#endif  // MILLIJOULE_KERNELS_BODY_FINISH_OUTPUTS_H_
