// A platform that virtual time runs on, as numbers: its clocks and voltages,
// what it attains, what it draws. Read from a TOML file in which every number
// carries its unit, source and how it is known (measured, model, assumed).
// What the numbers mean is said by the formulas of platform_cost_model.h.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_PLATFORM_DESCRIPTOR_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_PLATFORM_DESCRIPTOR_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "hw_backends/models/coefficient_file.h"
#include "hw_backends/quantities.h"

namespace mj {

struct VoltagePoint {
  Hertz clock{0};
  double volts = 0;  // or relative: only ratios count
};

struct PlatformDescriptor {
  std::string name;         // "a100-80g"
  std::string calibration;  // name and a digest of the file

  std::vector<Hertz> clocks;  // selectable, ascending; the last is full speed
  std::vector<VoltagePoint> voltage;  // ascending; flat outside

  // Attained by one device at full clock.
  double linear_per_second = 0;  // operations of products with weights
  double other_per_second = 0;   // of attention and element-wise ops
  double rate_exponent = 1;      // both fall with (clock / full)^this
  double bytes_per_second = 0;   // of device memory
  Hertz bandwidth_corner{0};     // below it the fabric limits memory
  int64_t tile_rows = 1;         // rows are computed in multiples of it
  Seconds step_overhead{0};      // of the host, a step
  Seconds sequence_overhead{0};  // of the host, a sequence and step

  int64_t memory_bytes = 0;
  double usable_memory = 1;  // part of it for weights and KV

  Watts idle_constant{0};       // loaded and idle, whatever the clock
  Watts idle_leakage{0};        // of full voltage
  double leakage_exponent = 0;  // leakage falls with (V/Vmax)^this
  Watts idle_clocking{0};       // of full clock and voltage
  Watts busy_constant{0};       // beyond idle while a step computes
  Watts busy_clocking{0};       // the same, of full clock and voltage
  Joules linear_operation{0};   // at full voltage
  Joules other_operation{0};    // at full voltage
  Joules memory_byte{0};        // in the memory, whatever the clock
  Joules control_byte{0};       // on the chip, at full voltage

  // Rungs below loaded idle. Waking takes the time; while it does, the device
  // draws loaded idle power at full clock.
  Watts parked{0};  // clocks of chip and memory lowered, weights kept
  Seconds wake_parked{0};
  Watts dropped{0};        // weights given up
  Seconds restart{0};      // beyond reading the weights again
  double reload_rate = 0;  // bytes of weights a second

  Seconds switch_latency{0};  // from the request of a clock to its effect
  Joules switch_energy{0};
};

// INVALID_ARGUMENT names file and key, as ParseCpuDescriptor.
absl::StatusOr<PlatformDescriptor> ParsePlatformDescriptor(
    std::string_view file, std::string_view text);

// The same of a file that is parsed; `calibration` stays empty.
absl::StatusOr<PlatformDescriptor> ReadPlatform(CoefficientFile& file);

// What is compiled in (platforms/*.toml). NOT_FOUND lists the known names.
absl::StatusOr<PlatformDescriptor> FindPlatform(std::string_view name);

// Indices into `clocks`: the lowest that is at least `clock`, else the last.
int ClockAtLeast(std::span<const Hertz> clocks, Hertz clock);
// OUT_OF_RANGE names the platform's range where `clock` lies outside it; else
// the nearest clock's index.
absl::StatusOr<int> NearestClock(const PlatformDescriptor& platform,
                                 Hertz clock);

// V(clock) / V(full clock), by straight lines between the points.
double RelativeVoltage(const PlatformDescriptor& platform, Hertz clock);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_PLATFORM_DESCRIPTOR_H_
