#include "hw_backends/lut_kernels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "kernels/scalar/attention_body.h"

namespace mj::lut {
namespace {

constexpr int kFractions = 256;
const std::array<int32_t, kFractions> kPowers = [] {
  std::array<int32_t, kFractions> table{};
  for (int f = 0; f < kFractions; ++f) {
    table[f] = static_cast<int32_t>(
        std::min(65535.0, std::nearbyint(std::exp2(-f / 256.0) * 65536)));
  }
  return table;
}();

// Whole numbers of 1/256 octaves, as floats.
struct Octaves {
  static float Score(float x) {
    constexpr float kLog2E = 1.44269504f;
    return std::clamp(std::nearbyint(x * kLog2E * 256), -32768.0f, 32767.0f);
  }
  static float Exp(float x) {
    if (!(x >= -16.0f * 256)) return 0;  // below Q0.16's last bit
    const int down = static_cast<int>(-x);
    const int32_t power = kPowers[down % kFractions] >> (down / kFractions);
    return static_cast<float>(power) * 0x1p-16f;
  }
};

constexpr int kIntervals = 1024;  // of 1/64
using ActivationTable = std::array<float, kIntervals + 1>;

template <class Function>
ActivationTable Tabulate(const Function& function) {
  ActivationTable table{};
  for (int i = 0; i <= kIntervals; ++i) {
    // Q4.12 values.
    table[i] = static_cast<float>(
        std::nearbyint(function((i - kIntervals / 2) / 64.0) * 4096) / 4096);
  }
  return table;
}
const ActivationTable kSilu =
    Tabulate([](double x) { return x / (1 + std::exp(-x)); });
const ActivationTable kGelu = Tabulate([](double x) {
  return x / (1 + std::exp(-1.5957691216057308 * (x + 0.044715 * x * x * x)));
});

float LookUp(const ActivationTable& table, float x) {
  if (!(x < 8)) return x;  // a NaN, too
  if (x < -8) return 0;
  const float place = (x + 8) * 64;
  const int i = std::min(static_cast<int>(place), kIntervals - 1);
  return table[i] + (place - static_cast<float>(i)) * (table[i + 1] - table[i]);
}

}  // namespace

void UseTables(KernelTable& kernels) {
  kernels.attention = Attention;
  kernels.attention_bf16 = nullptr;
  kernels.merge_attention = MergeAttention;
  kernels.gated_activation = GatedActivation;
}

void Attention(const AttentionArgs& args) {
  scalar::RunAttention<Octaves>(args);
}

void MergeAttention(const AttentionArgs& args) {
  scalar::RunMergeAttention<Octaves>(args);
}

void GatedActivation(Activation activation, const float* gate, const float* up,
                     float* y, int64_t count) {
  const ActivationTable& table =
      activation == Activation::kSilu ? kSilu : kGelu;
  for (int64_t i = 0; i < count; ++i) y[i] = LookUp(table, gate[i]) * up[i];
}

}  // namespace mj::lut
