#include "hw_backends/models/cpu_platform.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

constexpr Hertz kStep(1e8);
constexpr int kMostClocks = 32;  // pricing a step takes time for each

std::vector<Hertz> StepsOf(Hertz low, Hertz high) {
  const Hertz step = std::max(kStep, (high - low) / (kMostClocks - 1));
  std::vector<Hertz> clocks;
  for (Hertz clock = low; clock < high; clock += step) clocks.push_back(clock);
  // Two that are nearly the same are one.
  if (clocks.size() > 1 && high - clocks.back() < step / 2) clocks.pop_back();
  clocks.push_back(high);
  return clocks;
}

std::vector<Hertz> Thinned(const std::vector<Hertz>& levels) {
  const size_t most = kMostClocks;
  if (levels.size() <= most) return levels;
  std::vector<Hertz> some;
  for (size_t i = 0; i < most; ++i) {
    some.push_back(levels[i * (levels.size() - 1) / (most - 1)]);
  }
  return some;
}

}  // namespace

absl::StatusOr<PlatformDescriptor> KinOf(const CpuDescriptor& cpu,
                                         std::string_view vendor) {
  absl::StatusOr<PlatformDescriptor> own = FindPlatform(cpu.name);
  if (own.ok()) return own;
  return FindPlatform(vendor == "GenuineIntel" ? "xeon-spr" : "epyc-zen4");
}

PlatformDescriptor CpuPlatform(PlatformDescriptor kin, const CpuDescriptor& cpu,
                               const CpuShare& share,
                               std::string_view numerics) {
  const OperationCost& linear = CostOf(cpu, numerics);
  const double threads = share.threads;
  const double part =
      std::min(1.0, static_cast<double>(share.cores) / cpu.package_cores);
  PlatformDescriptor p = std::move(kin);
  p.calibration = absl::StrCat(cpu.calibration, ", clocks ", p.calibration);
  p.name = cpu.name;
  p.linear_per_second = linear.per_core_per_second * threads;
  p.other_per_second = cpu.f32.per_core_per_second * threads;
  p.bytes_per_second = std::min(cpu.core_bytes_per_second * threads,
                                cpu.package_bytes_per_second);
  p.linear_operation = linear.energy;
  p.other_operation = cpu.f32.energy;
  p.memory_byte = cpu.weight_byte;
  p.idle_constant = cpu.idle * part;
  p.idle_leakage = p.idle_leakage * part;
  p.idle_clocking = p.idle_clocking * part;
  p.busy_constant = std::max(Watts(0), cpu.uncore - cpu.idle) * part;
  p.busy_clocking = cpu.core_active * threads;
  return p;
}

void TakeClocks(const ActuatorInfo<Hertz>& actuator,
                PlatformDescriptor& platform) {
  platform.clocks = actuator.levels.empty()
                        ? StepsOf(actuator.low, actuator.high)
                        : Thinned(actuator.levels);
  if (!actuator.most_efficient) return;
  std::vector<VoltagePoint>& voltage = platform.voltage;
  const double floor = voltage.front().volts;
  std::erase_if(voltage, [&](const VoltagePoint& point) {
    return point.clock <= *actuator.most_efficient;
  });
  voltage.insert(voltage.begin(), {*actuator.most_efficient, floor});
}

}  // namespace mj
