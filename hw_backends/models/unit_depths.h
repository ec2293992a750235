// The one constant that units of hw_backends/rtl add to their laws: cycles from
// the last beat to the last output. SystolicCycles and FusedSoftmaxCycles count
// theirs themselves.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_UNIT_DEPTHS_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_UNIT_DEPTHS_H_

namespace mj {

constexpr int kGemvLaneDepth = 2;   // group sum, requantisation
constexpr int kBitSerialDepth = 1;  // shift and accumulate

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_UNIT_DEPTHS_H_
