// From flags and this host to how the joules are known.
#ifndef MILLIJOULE_ENGINE_OPEN_ENERGY_H_
#define MILLIJOULE_ENGINE_OPEN_ENERGY_H_

#include <string>

#include "absl/status/statusor.h"
#include "engine/carbon_flags.h"
#include "engine/energy_setup.h"
#include "hw_backends/backend.h"
#include "hw_backends/clock.h"
#include "hw_backends/host/cores.h"

namespace mj {

struct HostEnergy {
  EnergySetup setup;
  std::string counters;  // those that are read, or why none is
};

// The generic setup with this CPU's own descriptor, counters and carbon.
// `simulates`: the joules are a device's, and no counter of the host is read.
// `host_root` holds proc/ and sys/; `clock` outlives the setup. Errors name the
// flag, the file and the line or key.
absl::StatusOr<HostEnergy> OpenHostEnergy(const CarbonFlags& flags,
                                          const BackendInfo& backend,
                                          bool simulates,
                                          const CoreAllowance& cores,
                                          const std::string& host_root,
                                          const Clock& clock);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_OPEN_ENERGY_H_
