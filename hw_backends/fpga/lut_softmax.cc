#include "hw_backends/fpga/lut_softmax.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace mj {
namespace {

constexpr uint32_t kOne = 1 << 16;  // 1.0 in Q0.16

// 2^(-f / 256) in Q0.16, as products of the roots of 1/2: the same bits
// whatever the host's libm.
constexpr std::array<uint32_t, 256> kPowers = [] {
  constexpr double kRoots[] = {  // 2^(-1/256), 2^(-1/128), ... 2^(-1/2)
      0.99729605608547012625, 0.99459942348363317565, 0.98922801319397548413,
      0.97857206208770013451, 0.95760328069857364694, 0.91700404320467123174,
      0.84089641525371454303, 0.70710678118654752440};
  std::array<uint32_t, 256> powers{};
  for (int f = 0; f < 256; ++f) {
    double power = kOne;
    for (int bit = 0; bit < 8; ++bit) {
      if (f >> bit & 1) power *= kRoots[bit];
    }
    powers[f] = static_cast<uint32_t>(power + 0.5);
  }
  return powers;
}();

}  // namespace

uint32_t Decay(uint32_t value, uint32_t distance) {
  // Beyond 62 nothing is left: value * power < 2^49.
  const int shift = static_cast<int>(std::min(16 + (distance >> 8), 62u));
  return static_cast<uint32_t>(
      RoundShift(int64_t{value} * kPowers[distance & 255], shift));
}

void LutSoftmax(std::span<const int16_t> scores, std::span<uint16_t> p) {
  assert(!scores.empty() && scores.size() < 65536 && scores.size() == p.size());
  int top = scores[0];
  uint32_t sum = kOne;  // Q16.16; the maximum's own 1 keeps it at 1 or more
  for (const int score : scores.subspan(1)) {
    if (score <= top) {
      sum += Decay(kOne, top - score);
    } else {
      sum = Decay(sum, score - top) + kOne;
      top = score;
    }
  }
  const int64_t reciprocal = (int64_t{1} << 47) / sum;
  for (size_t j = 0; j < p.size(); ++j) {
    const int64_t term = Decay(kOne, top - scores[j]);
    p[j] =
        static_cast<uint16_t>(Saturate(RoundShift(term * reciprocal, 31), 17));
  }
}

}  // namespace mj
