#include "hw_backends/models/imc_gates.h"

#include <cmath>

#include "hw_backends/models/bit_serial_column.h"

namespace mj {
namespace {

constexpr double kAdcFarad = 100e-15;     // a bit
constexpr double kAdcFarad4 = 0.001e-15;  // of 4^bits
constexpr Seconds kAdcRow(0.00653e-9);    // a bit and row
constexpr Seconds kAdcBit(0.640e-9);      // a bit
constexpr double kDacFarad = 50e-15;      // a bit
constexpr double kWeightStands = 0.5;     // only the input side toggles

struct AdderTimes {
  Seconds to_sum, to_carry, carry;
};

AdderTimes TimesOf(const GateCosts& g) {
  return {2 * g.xor2, g.xor2 + 2 * g.nd2, 2 * g.nd2};
}

struct Stage {
  Seconds time{0};
  double adders = 0;  // an output
  int bits = 0;       // that leave it
};

Stage Tree(const AdderTimes& t, const ImcMacro& macro, int weight_bits) {
  const int depth = CeilLog2(macro.inputs);
  const int bits = weight_bits + depth;
  return {
      (depth - 1) * t.to_sum + t.to_carry + (bits - 2) * t.carry,
      macro.bits_per_cycle *
          static_cast<double>(macro.inputs * (weight_bits + 1) - (bits + 1)),
      bits};
}

// Adds `count` sums of `bits` bits, each worth twice the one before.
Stage PlaceValues(const AdderTimes& t, int count, int bits) {
  if (count == 1) return {.bits = bits};
  const int depth = CeilLog2(count);
  return {(depth - 1) * t.to_sum + t.to_carry + (count - 1) * t.carry,
          static_cast<double>(bits * (count - 1)) + count * (depth - 0.5),
          bits + count};
}

}  // namespace

MacroCycle ImcCycle(const GateCosts& g, const ImcMacro& macro, int input_bits,
                    int weight_bits) {
  const bool analog = macro.adc_bits > 0;
  const double v2 = g.volts * g.volts;
  const double adder = (3 * g.nd2_farad + 2 * g.xor2_farad) * v2;
  const double products = static_cast<double>(macro.inputs * macro.outputs) *
                          weight_bits * (analog ? 1 : macro.bits_per_cycle);
  const double outputs = static_cast<double>(macro.outputs);
  const AdderTimes t = TimesOf(g);

  const Stage tree =
      analog ? Stage{.bits = macro.adc_bits} : Tree(t, macro, weight_bits);
  const Stage places =
      PlaceValues(t, analog ? weight_bits : macro.bits_per_cycle, tree.bits);
  Stage accumulator;
  if (macro.bits_per_cycle < input_bits) {
    accumulator.bits = input_bits + weight_bits +
                       (analog ? macro.adc_bits : CeilLog2(macro.inputs));
    accumulator.adders = accumulator.bits;
    accumulator.time =
        t.to_carry + (accumulator.bits - places.bits - 1) * t.carry;
  }

  MacroCycle cycle;
  cycle.time = g.nd2 + tree.time + places.time + accumulator.time;
  cycle.energy.array = Joules(products * kWeightStands * g.nd2_farad * v2);
  cycle.energy.adders =
      Joules(outputs * ((tree.adders + places.adders) * adder +
                        accumulator.adders * (adder + g.dff_farad * v2)));
  if (!analog) return cycle;
  const int b = macro.adc_bits;
  cycle.time += b * (static_cast<double>(macro.inputs) * kAdcRow + kAdcBit);
  const double adc = (kAdcFarad * b + kAdcFarad4 * std::pow(4, b)) * v2;
  const double dac =
      macro.bits_per_cycle == 1 ? 0 : kDacFarad * macro.bits_per_cycle * v2;
  cycle.energy.adc = Joules(adc * weight_bits * outputs +
                            dac * static_cast<double>(macro.inputs));
  cycle.energy.array += Joules(products * g.bitline_farad * v2);
  return cycle;
}

}  // namespace mj
