// RAPL through the kernel's perf: the "power" PMU, events energy-pkg,
// energy-ram, energy-cores, energy-gpu and energy-psys
// (Documentation/ABI/testing/sysfs-bus-event_source-devices-events).
//
// The kernel adds the 32-bit registers up before they wrap, so a count is 64
// bits wide and never does. Events are of a whole package: each is opened on
// the CPUs that the PMU's cpumask names, one a package.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_PERF_ENERGY_METER_H_
#define MILLIJOULE_HW_BACKENDS_HOST_PERF_ENERGY_METER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "hw_backends/clock.h"
#include "hw_backends/host/energy_counter.h"
#include "hw_backends/host/found_meter.h"

namespace mj {

// The two calls that touch the kernel; both return -errno on failure.
struct PerfCalls {
  // perf_event_open for all processes on `cpu`: a descriptor.
  std::function<int(uint32_t type, uint64_t config, int cpu)> open;
  // 8 on success, 0 where the event has stopped (its CPU went offline).
  std::function<int(int descriptor, uint64_t& count)> read;
};
PerfCalls LinuxPerfCalls();

struct PerfEnergyEvent {
  std::string name;  // "energy-pkg"
  uint64_t config = 0;
  Joules unit{0};  // of 1 of the count: its .scale
};

// From the PMU's folder: events/NAME, NAME.scale, NAME.unit.
// UNAVAILABLE names the file that is absent or says something else than
// event=NUMBER, a positive number, or Joules.
absl::StatusOr<PerfEnergyEvent> ReadPerfEnergyEvent(const std::string& folder,
                                                    std::string name);

// "0,24-25" to {0, 24, 25}. UNAVAILABLE: no such list, or over 4096 CPUs.
absl::StatusOr<std::vector<int>> ParseCpuList(std::string_view text);

// Measured; 0 J when opened.
class PerfEnergyMeter final : public EnergyMeter {
 public:
  // PERMISSION_DENIED: needs CAP_PERFMON or kernel.perf_event_paranoid < 1;
  // UNAVAILABLE: the kernel refuses the event on that CPU.
  static absl::StatusOr<std::unique_ptr<PerfEnergyMeter>> Open(
      const PerfEnergyEvent& event, uint32_t type, int cpu, std::string domain,
      Watts max_power, PerfCalls calls, const Clock& clock);
  ~PerfEnergyMeter() override;
  PerfEnergyMeter(const PerfEnergyMeter&) = delete;
  PerfEnergyMeter& operator=(const PerfEnergyMeter&) = delete;

  const MeterInfo& info() const override { return info_; }
  absl::StatusOr<EnergySample> Read() override;

 private:
  PerfEnergyMeter(MeterInfo info, const CounterTraits& traits, int descriptor,
                  PerfCalls calls, const Clock& clock);

  MeterInfo info_;
  EnergyCounter counter_;
  int descriptor_;
  PerfCalls calls_;
  const Clock& clock_;
};

// A meter for each event and package under `root`, or why not; one entry
// without a domain where there is no power PMU. `clock` outlives the meters.
std::vector<FoundMeter> FindPerfEnergyMeters(const std::string& root,
                                             const PerfCalls& calls,
                                             const Clock& clock);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_PERF_ENERGY_METER_H_
