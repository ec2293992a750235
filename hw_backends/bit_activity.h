// What the wires of a bit-serial array did: exact counts of real bit streams,
// for energy models that cost a toggle.
#ifndef MILLIJOULE_HW_BACKENDS_BIT_ACTIVITY_H_
#define MILLIJOULE_HW_BACKENDS_BIT_ACTIVITY_H_

#include <cstdint>

namespace mj {

// A line carries a value's bits from the lowest up, one a cycle, and is 0
// before. It toggles when it changes.
struct BitActivity {
  int64_t input_bits = 0;  // cycles of all input lines
  int64_t input_ones = 0;
  int64_t input_toggles = 0;
  int64_t product_bits = 0;  // cycles of all cells' AND gates
  int64_t product_ones = 0;
  int64_t product_toggles = 0;

  BitActivity& operator+=(const BitActivity& o) {
    input_bits += o.input_bits;
    input_ones += o.input_ones;
    input_toggles += o.input_toggles;
    product_bits += o.product_bits;
    product_ones += o.product_ones;
    product_toggles += o.product_toggles;
    return *this;
  }
  bool operator==(const BitActivity&) const = default;

  // Of a cell, a cycle. REQUIRES: product_bits > 0
  double product_toggle_rate() const {
    return static_cast<double>(product_toggles) /
           static_cast<double>(product_bits);
  }
};

// Of the cycles of input lines, and of cells' products.
struct BitShares {
  double input_ones = 0, input_toggles = 0;
  double product_ones = 0, product_toggles = 0;
};

// REQUIRES: input_bits > 0 and product_bits > 0
inline BitShares SharesOf(const BitActivity& bits) {
  const auto share = [](int64_t part, int64_t whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
  };
  return {share(bits.input_ones, bits.input_bits),
          share(bits.input_toggles, bits.input_bits),
          share(bits.product_ones, bits.product_bits),
          bits.product_toggle_rate()};
}

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_BIT_ACTIVITY_H_
