// What an op costs on a device.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_DEVICE_COST_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_DEVICE_COST_H_

#include <cstdint>
#include <string_view>

#include "hw_backends/quantities.h"

namespace mj {

// Inside the array that computes.
struct MacroJoules {
  Joules array{0};    // cells, multipliers, drivers
  Joules adc{0};      // converters of either direction
  Joules adders{0};   // trees, accumulators
  Joules control{0};  // registers, decoders, sequencing

  constexpr Joules total() const { return array + adc + adders + control; }
  constexpr MacroJoules& operator+=(const MacroJoules& o) {
    array += o.array;
    adc += o.adc;
    adders += o.adders;
    control += o.control;
    return *this;
  }
  friend constexpr MacroJoules operator*(double k, const MacroJoules& j) {
    return {k * j.array, k * j.adc, k * j.adders, k * j.control};
  }
};

struct JoulesByComponent {
  MacroJoules macro;
  Joules buffers{0};  // activations in and out
  Joules noc{0};      // between arrays
  Joules dram{0};     // or wherever weights and KV stream from
  Joules idle{0};     // static power while it runs

  constexpr Joules total() const {
    return macro.total() + buffers + noc + dram + idle;
  }
  constexpr JoulesByComponent& operator+=(const JoulesByComponent& o) {
    macro += o.macro;
    buffers += o.buffers;
    noc += o.noc;
    dram += o.dram;
    idle += o.idle;
    return *this;
  }
  friend constexpr JoulesByComponent operator*(double k,
                                               const JoulesByComponent& j) {
    return {k * j.macro, k * j.buffers, k * j.noc, k * j.dram, k * j.idle};
  }
};

// Of an output as a product leaves it: int32 sums before requantisation.
inline constexpr double kOutputBytes = 4;

// Bytes that an op reads or writes, wherever they lie.
struct BytesByClass {
  double weights = 0, activations = 0, kv = 0, scores = 0;

  constexpr double total() const { return weights + activations + kv + scores; }
  constexpr BytesByClass& operator+=(const BytesByClass& o) {
    weights += o.weights;
    activations += o.activations;
    kv += o.kv;
    scores += o.scores;
    return *this;
  }
  friend constexpr BytesByClass operator*(double k, const BytesByClass& b) {
    return {k * b.weights, k * b.activations, k * b.kv, k * b.scores};
  }
};

// Cycles are of the device's own clock, whole for one op; those of a step are
// of its products with weights, its time is of all.
struct DeviceCost {
  double cycles = 0;
  Seconds time{0};
  JoulesByComponent joules;
  BytesByClass bytes;
  double macs = 0;

  constexpr DeviceCost& operator+=(const DeviceCost& o) {
    cycles += o.cycles;
    time += o.time;
    joules += o.joules;
    bytes += o.bytes;
    macs += o.macs;
    return *this;
  }
  friend constexpr DeviceCost operator*(double k, const DeviceCost& c) {
    return {k * c.cycles, k * c.time, k * c.joules, k * c.bytes, k * c.macs};
  }
};

// Where weights lie while a device computes.
enum class WeightsLive {
  kInArrays,  // written before, apart from the op's cost
  kOnChip,    // in SRAM beside the units, written before
  kInBanks,   // in the memory whose banks compute, written before
  kInDram,    // stream in while it computes: part of the op's cost
};
std::string_view WeightsLiveName(WeightsLive live);  // "in arrays", ...

// How weights meet the device's room for them.
struct Placement {
  WeightsLive live = WeightsLive::kInArrays;
  int64_t tiles_needed = 0;  // arrays, or memories of one device
  int64_t tiles_had = 0;     // of one device
  int64_t devices = 1;       // that the price is for
  bool resident = true;      // else written again each pass

  // Writing all weights once, from DRAM, beside the op's own cost.
  Seconds load_time{0};
  Joules load_energy{0};
};

struct PricedOp {
  DeviceCost cost;
  Placement placement;
  // MACs over what the cells or lanes in use might have done.
  double utilisation = 0;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_DEVICE_COST_H_
