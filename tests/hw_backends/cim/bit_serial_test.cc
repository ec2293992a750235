#include "hw_backends/cim/bit_serial.h"

#include <gtest/gtest.h>

#include <bit>
#include <numeric>
#include <random>
#include <vector>

namespace mj {
namespace {

std::vector<int8_t> Random(int size, int bits, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<int8_t> values(size);
  for (int8_t& value : values) {
    value = static_cast<int8_t>(static_cast<int32_t>(random()) >> (32 - bits));
  }
  return values;
}

TEST(BitSerialTest, IsTheProductWhateverTheSlices) {
  for (int input_bits = 1; input_bits <= 8; ++input_bits) {
    for (int step = 1; step <= 8; ++step) {
      const std::vector<int8_t> x = Random(100, input_bits, input_bits);
      const std::vector<int8_t> w = Random(100, 8, step);
      EXPECT_EQ(BitSerialDot(x, w, {input_bits, step}),
                std::inner_product(x.begin(), x.end(), w.begin(), 0))
          << input_bits << " bits, " << step << " a cycle";
    }
  }
}

TEST(BitSerialTest, TheExtremesAreExact) {
  const std::vector<int8_t> low(1000, -128), high(1000, 127);
  EXPECT_EQ(BitSerialDot(low, low, {8, 1}), 1000 * 128 * 128);
  EXPECT_EQ(BitSerialDot(low, high, {8, 1}), -1000 * 128 * 127);
}

TEST(BitSerialTest, SlicesExtendTheSign) {
  const BitStream stream{8, 3};
  EXPECT_EQ(stream.slices(), 3);
  EXPECT_EQ(stream.Slice(-128, 0), 0b110u);  // 1|10 000 000
  EXPECT_EQ(stream.Slice(-128, 1), 0b000u);
  EXPECT_EQ(stream.Slice(0b01010011, 0), 0b001u);
  EXPECT_EQ(stream.Slice(0b01010011, 1), 0b010u);
  EXPECT_EQ(stream.Slice(0b01010011, 2), 0b011u);
}

// Gate by gate, cycle by cycle.
int64_t CountedToggles(const std::vector<int8_t>& x,
                       const std::vector<int8_t>& w, BitStream stream) {
  const size_t rows = w.size();
  int64_t toggles = 0;
  for (size_t r = 0; r < rows; ++r) {
    for (int bit = 0; bit < stream.bits_per_cycle; ++bit) {
      unsigned before = 0;
      for (size_t v = r; v < x.size(); v += rows) {
        for (int i = 0; i < stream.slices(); ++i) {
          const bool on = stream.Slice(x[v], i) >> bit & 1;
          const unsigned product = on ? static_cast<uint8_t>(w[r]) : 0;
          toggles += std::popcount(product ^ before);
          before = product;
        }
      }
    }
  }
  return toggles;
}

TEST(BitSerialTest, TogglesAreThoseOfEveryGate) {
  const std::vector<int8_t> w = Random(40, 8, 1), x = Random(5 * 40, 8, 2);
  std::vector<int> ones;
  for (const int8_t value : w) {
    ones.push_back(std::popcount(static_cast<uint8_t>(value)));
  }
  for (const int step : {1, 2, 3, 8}) {
    const BitStream stream{8, step};
    EXPECT_EQ(ProductToggles(x, ones, stream), CountedToggles(x, w, stream));
  }
}

TEST(BitSerialTest, WhatDoesNotChangeDoesNotToggle) {
  const std::vector<int> ones = {8, 3};
  EXPECT_EQ(ProductToggles(std::vector<int8_t>{0, 0}, ones, {8, 1}), 0);
  // -1 is ones throughout: one rise each.
  EXPECT_EQ(ProductToggles(std::vector<int8_t>{-1, -1, -1, -1}, ones, {8, 1}),
            11);
  // 0b01010101 toggles seven times, after a top bit of 0.
  EXPECT_EQ(ProductToggles(std::vector<int8_t>{0x55, 0}, ones, {8, 1}), 7 * 8);
}

}  // namespace
}  // namespace mj
