#include "hw_backends/cim/normal_source.h"

#include <cassert>
#include <cmath>
#include <numbers>

namespace mj {
namespace {

// Source: Vigna, SplitMix64.
uint64_t Mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

}  // namespace

NormalSource::NormalSource(uint64_t seed, uint64_t stream)
    : stream_(Mix(Mix(seed) ^ stream)) {}

// Two of each pair of uniforms (Box & Muller 1958), the first never 0.
void NormalSource::Fill(uint64_t place, uint64_t first,
                        std::span<float> out) const {
  assert(first % 2 == 0);
  const uint64_t key = Mix(stream_ ^ place);
  for (size_t i = 0; i < out.size(); i += 2) {
    const uint64_t bits = Mix(key ^ (first + i));
    const float uniform = static_cast<float>((bits >> 40) + 1) * 0x1p-24f;
    const float turn = static_cast<float>(bits & 0xFFFFFF) * 0x1p-24f;
    const float radius = std::sqrt(-2 * std::log(uniform));
    const float angle = 2 * std::numbers::pi_v<float> * turn;
    out[i] = radius * std::cos(angle);
    if (i + 1 < out.size()) out[i + 1] = radius * std::sin(angle);
  }
}

}  // namespace mj
