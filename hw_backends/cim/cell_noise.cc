#include "hw_backends/cim/cell_noise.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace mj {
namespace {

constexpr float kLargest = 25;         // microsiemens
constexpr double kDriftStart = 20;     // s, t0
constexpr double kReadTime = 250e-9;   // s, tr
constexpr float kLeastTarget = 1e-6f;  // logarithms of smaller ones are capped

// Source: Vigna, SplitMix64.
uint64_t Mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

}  // namespace

float NormalSource::At(uint64_t tensor, uint64_t place, uint64_t draw) const {
  const uint64_t bits = Mix(Mix(Mix(Mix(seed_) ^ tensor) ^ place) ^ draw);
  // Box & Muller 1958; the first uniform is never 0.
  const double radius = (static_cast<double>(bits >> 32) + 1) * 0x1p-32;
  const double angle = static_cast<double>(bits & 0xFFFFFFFF) * 0x1p-32;
  return static_cast<float>(std::sqrt(-2 * std::log(radius)) *
                            std::cos(2 * std::numbers::pi * angle));
}

float ProgrammingDeviation(float target) {
  return (0.26348f + 1.9650f * target - 1.1731f * target * target) / kLargest;
}

float DriftExponentMean(float target) {
  const float log = std::log(std::max(target, kLeastTarget));
  return std::clamp(-0.0155f * log + 0.0244f, 0.049f, 0.1f);
}

float DriftExponentDeviation(float target) {
  const float log = std::log(std::max(target, kLeastTarget));
  return std::clamp(-0.0125f * log - 0.0059f, 0.008f, 0.045f);
}

float ReadDeviation(float target, float now, double seconds) {
  const float q =
      std::min(0.0088f / std::max(std::pow(target, 0.65f), 1e-3f), 0.2f);
  const double since = seconds + kDriftStart + kReadTime;
  return now * q *
         static_cast<float>(std::sqrt(std::log(since / (2 * kReadTime))));
}

float Drifted(float target, double seconds, float programming, float drift) {
  const float programmed =
      std::max(0.0f, target + ProgrammingDeviation(target) * programming);
  const float exponent = std::abs(DriftExponentMean(target) +
                                  DriftExponentDeviation(target) * drift);
  return programmed * static_cast<float>(std::pow(
                          (seconds + kDriftStart) / kDriftStart, -exponent));
}

}  // namespace mj
