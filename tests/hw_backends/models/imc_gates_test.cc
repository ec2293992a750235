#include "hw_backends/models/imc_gates.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

GateCosts Gates28nm() {
  return {.volts = 0.9,
          .nd2_farad = 0.7e-15,
          .xor2_farad = 1.05e-15,
          .dff_farad = 2.1e-15,
          .bitline_farad = 0.35e-15,
          .nd2 = Seconds(47.8e-12),
          .xor2 = Seconds(114.72e-12)};
}

TEST(ImcGatesTest, ADigitalMacroByHand) {
  const MacroCycle cycle =
      ImcCycle(Gates28nm(), {.inputs = 64, .outputs = 32}, 8, 8);
  // 561 adders in each of 32 trees and 22 with their flip-flops, 16,384 cells.
  const double adder = 4.2e-15 * 0.81, flip_flop = 2.1e-15 * 0.81;
  EXPECT_NEAR(cycle.energy.adders.value(),
              32 * (561 * adder + 22 * (adder + flip_flop)), 1e-18);
  EXPECT_NEAR(cycle.energy.array.value(), 16384 * 0.35e-15 * 0.81, 1e-18);
  EXPECT_EQ(cycle.energy.adc.value(), 0);
  EXPECT_NEAR(cycle.energy.total().value(), 69.31e-12, 0.01e-12);
  EXPECT_NEAR(cycle.time.count(), 3.432e-9, 0.001e-9);
}

TEST(ImcGatesTest, InputsAllAtOnceNeedNoAccumulator) {
  const MacroCycle serial = ImcCycle(
      Gates28nm(), {.inputs = 64, .outputs = 32, .bits_per_cycle = 1}, 8, 8);
  const MacroCycle whole = ImcCycle(
      Gates28nm(), {.inputs = 64, .outputs = 32, .bits_per_cycle = 8}, 8, 8);
  const double adder = 4.2e-15 * 0.81;
  // 8 trees, and 14 x 7 + 8 x 2.5 adders of place values.
  EXPECT_NEAR(whole.energy.adders.value(), 32 * (8 * 561 + 118) * adder, 1e-17);
  EXPECT_NEAR(whole.energy.array.value(), 8 * serial.energy.array.value(),
              1e-18);
}

TEST(ImcGatesTest, AnAnalogMacroIsItsConverters) {
  const ImcMacro macro{
      .inputs = 64, .outputs = 32, .bits_per_cycle = 2, .adc_bits = 8};
  const MacroCycle cycle = ImcCycle(Gates28nm(), macro, 8, 8);
  const double converters = (800 + 0.001 * 65536) * 1e-15 * 0.81 * 256;
  const double dacs = 100e-15 * 0.81 * 64;
  EXPECT_NEAR(cycle.energy.adc.value(), converters + dacs, 1e-17);
  EXPECT_NEAR(cycle.energy.total().value(), 206.1e-12, 0.1e-12);
  EXPECT_NEAR(cycle.time.count(), 10.729e-9, 0.001e-9);
}

}  // namespace
}  // namespace mj
