// Energy counters of hwmon chips: energyN_input, in microjoules since an
// arbitrary start (Documentation/hwmon/sysfs-interface).
//
// Of a CPU only amd_energy counts: a socket ("Esocket0") and its cores
// ("Ecore000", ...). Other chips sit on boards and cards, at points that the
// kernel does not name. Sensors of power alone (powerN_input) are no counters:
// they tell watts averaged over a window that nobody states.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_HWMON_METER_H_
#define MILLIJOULE_HW_BACKENDS_HOST_HWMON_METER_H_

#include <string>
#include <vector>

#include "hw_backends/clock.h"
#include "hw_backends/host/found_meter.h"

namespace mj {

// A meter for each energy counter under `root`/sys/class/hwmon, or why not; an
// entry for each chip that has power sensors only; one without a domain where
// there is neither. `clock` outlives the meters.
std::vector<FoundMeter> FindHwmonMeters(const std::string& root,
                                        const Clock& clock);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_HWMON_METER_H_
