#include "hw_backends/cim/bit_serial.h"

#include <bit>
#include <cassert>

namespace mj {

int32_t BitSerialDot(std::span<const int8_t> x, std::span<const int8_t> w,
                     BitStream stream) {
  assert(x.size() == w.size());
  const int s = stream.bits_per_cycle;
  int32_t y = 0;
  for (int i = 0; i < stream.slices(); ++i) {
    y *= 1 << s;
    for (size_t r = 0; r < x.size(); ++r) {
      int slice = static_cast<int>(stream.Slice(x[r], i));
      if (i == 0 && slice >> (s - 1) & 1) slice -= 1 << s;
      y += slice * w[r];
    }
  }
  return y;
}

int64_t ProductToggles(std::span<const int8_t> x, std::span<const int> ones,
                       BitStream stream) {
  const size_t rows = ones.size();
  assert(rows > 0 && x.size() % rows == 0);
  int64_t toggles = 0;
  for (size_t r = 0; r < rows; ++r) {
    unsigned before = 0;
    int64_t changed = 0;
    for (size_t v = r; v < x.size(); v += rows) {
      for (int i = 0; i < stream.slices(); ++i) {
        const unsigned slice = stream.Slice(x[v], i);
        changed += std::popcount(slice ^ before);
        before = slice;
      }
    }
    toggles += changed * ones[r];
  }
  return toggles;
}

}  // namespace mj
