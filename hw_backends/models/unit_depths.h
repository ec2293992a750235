// The one constant that each unit of hw_backends/rtl adds to its law: cycles
// from the last beat to the last output that the law does not count itself.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_UNIT_DEPTHS_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_UNIT_DEPTHS_H_

namespace mj {

constexpr int kSystolicDepth = 0;      // SystolicCycles counts the drain
constexpr int kGemvLaneDepth = 2;      // group sum, requantisation
constexpr int kFusedSoftmaxDepth = 0;  // FusedSoftmaxCycles counts 4
constexpr int kBitSerialDepth = 1;     // shift and accumulate

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_UNIT_DEPTHS_H_
