// Bytes of activations that layers one after another move, and those that
// remain when an output is computed through all of them at once ("zero
// buffer"): only what enters and leaves. `touches` counts a map between: 1
// written or read once, 2 both.
//   layer by layer  in + touches * between + out
//   fused           in + out
// Weights are not in it: at one row they are almost all of the traffic.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_FUSION_LEDGER_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_FUSION_LEDGER_H_

namespace mj {

struct FusedMaps {
  double in = 0, between = 0, out = 0;  // bytes
};

constexpr double LayerwiseBytes(const FusedMaps& maps, double touches) {
  return maps.in + touches * maps.between + maps.out;
}

constexpr double FusedBytes(const FusedMaps& maps) {
  return maps.in + maps.out;
}

constexpr double FusionReduction(const FusedMaps& maps, double touches) {
  return 1 - FusedBytes(maps) / LayerwiseBytes(maps, touches);
}

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_FUSION_LEDGER_H_
