// RAPL (Running Average Power Limit, Intel SDM vol. 3B ch. 15.10; AMD has the
// same counters) through Linux' powercap: each zone's energy_uj.
//
// intel-rapl:N are packages or the platform (psys), intel-rapl:N:M their
// sub-zones. A package contains its cores and uncore, psys contains packages
// and memory, a server's dram is its own. The same package may be there twice,
// read through MSRs (intel-rapl) and through memory (intel-rapl-mmio).
#ifndef MILLIJOULE_HW_BACKENDS_HOST_RAPL_METER_H_
#define MILLIJOULE_HW_BACKENDS_HOST_RAPL_METER_H_

#include <filesystem>
#include <string>
#include <vector>

#include "hw_backends/clock.h"
#include "hw_backends/host/found_meter.h"

namespace mj {

struct RaplZone {
  std::filesystem::path folder;
  std::string domain;  // "package-0", "package-0/dram", "psys"
  MeterKind kind = MeterKind::kOther;
};

// Every zone under `root`/sys/class/powercap, MSR ones before the same domains
// of mmio, none twice. A zone whose name cannot be read is called as its
// folder.
std::vector<RaplZone> ListRaplZones(const std::string& root);

// A meter for each zone, or why not; one entry without a domain where there is
// no zone. `clock` outlives the meters.
std::vector<FoundMeter> FindRaplMeters(const std::string& root,
                                       const Clock& clock);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_RAPL_METER_H_
