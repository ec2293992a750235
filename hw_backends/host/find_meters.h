// Every energy counter of a host, and those that add up to its total.
//
//   std::vector<FoundMeter> found = FindMeters(root, clock, LinuxPerfCalls());
//   // cards of other libraries are appended here, as kNvmlInterface, kGpu
//   ChooseBoundary(with_gpus, found);
//   Boundary boundary = TakeBoundary(std::move(found), clock, boot_clock);
#ifndef MILLIJOULE_HW_BACKENDS_HOST_FIND_METERS_H_
#define MILLIJOULE_HW_BACKENDS_HOST_FIND_METERS_H_

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "hw_backends/clock.h"
#include "hw_backends/energy_meter.h"
#include "hw_backends/host/found_meter.h"
#include "hw_backends/host/host_facts.h"
#include "hw_backends/host/perf_energy_meter.h"

namespace mj {

// Counters of RAPL, perf and hwmon, readable or not, and what each of these
// interfaces lacks. `root` holds proc/ and sys/; `clock` outlives the meters.
std::vector<FoundMeter> FindMeters(const std::string& root, const Clock& clock,
                                   const PerfCalls& perf);

// Sets `summed` and `role` of all: the counters whose sum is the machine's
// energy, each joule once.
//
// Of one interface, the first of RAPL, perf and hwmon that can be read for
// every package it knows: all packages, and all dram where each can be read.
// What lies within a package, or contains one, is not added; a domain that is
// there twice counts once. The platform's counter is the total only on a host
// without packages. With `with_gpus` all GPUs as well. One package or GPU that
// cannot be read leaves no total: a part would pass for the whole.
void ChooseBoundary(bool with_gpus, std::span<FoundMeter> found);

struct Boundary {
  // Domain "package+dram": the kinds that are summed. Null: there is no total.
  std::unique_ptr<EnergyMeter> meter;
  Watts max_power{0};       // no reading can be above
  std::string description;  // its members; or of each interface why not
};

// REQUIRES: ChooseBoundary. `clock` outlives the meter, which knows by `boot`
// when the host slept.
Boundary TakeBoundary(std::vector<FoundMeter> found, const Clock& clock,
                      std::unique_ptr<const Clock> boot);

// One fact for each interface: present if any of its counters can be read.
std::vector<HostFact> MeterFacts(std::span<const FoundMeter> found);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_FIND_METERS_H_
