#include "engine/model/rope_frequencies.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace mj {
namespace {

// The pair whose wavelength makes `turns` rotations over the original
// context.
double PairOfTurns(const RopeConfig& rope, double turns) {
  return rope.dimensions *
         std::log(rope.original_context / (turns * 2 * std::numbers::pi)) /
         (2 * std::log(rope.base));
}

// How far pair i is interpolated: 0 keeps its frequency, 1 divides it.
double YarnRamp(const RopeConfig& rope, int i) {
  const double low =
      std::max(0.0, std::floor(PairOfTurns(rope, rope.beta_fast)));
  const double high = std::min<double>(
      rope.dimensions - 1, std::ceil(PairOfTurns(rope, rope.beta_slow)));
  return std::clamp((i - low) / std::max(0.001, high - low), 0.0, 1.0);
}

}  // namespace

RopeSpec MakeRopeSpec(const RopeConfig& config, std::span<const float> factors,
                      bool interleaved) {
  RopeSpec spec{.magnitude = config.magnitude, .interleaved = interleaved};
  for (int i = 0; i < config.dimensions / 2; ++i) {
    double frequency = std::pow(static_cast<double>(config.base),
                                -2.0 * i / config.dimensions);
    if (config.scaling == RopeScaling::kLinear) frequency /= config.factor;
    if (config.scaling == RopeScaling::kYarn) {
      const double ramp = YarnRamp(config, i);
      frequency *= ramp / config.factor + (1 - ramp);
    }
    if (!factors.empty()) frequency /= factors[i];
    spec.inverse_frequency.push_back(static_cast<float>(frequency));
  }
  return spec;
}

}  // namespace mj
