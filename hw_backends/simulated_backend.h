// Simulated devices that answer, by name: `--backend cim:NAME|fpga:NAME`. A
// device's file says with its `numerics` which simulation stands for it; files
// of a data folder count as those compiled in.
#ifndef MILLIJOULE_HW_BACKENDS_SIMULATED_BACKEND_H_
#define MILLIJOULE_HW_BACKENDS_SIMULATED_BACKEND_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "hw_backends/backend.h"
#include "hw_backends/cim/analog_options.h"
#include "hw_backends/cpu/cpu_backend.h"
#include "hw_backends/models/device_descriptor.h"

namespace mj {

bool IsSimulated(std::string_view backend);  // "cim:..." or "fpga:..."

// The device that `backend` names. NOT_FOUND lists those there are;
// INVALID_ARGUMENT: its file is wrong, or it is only priced, or computes as the
// other kind does; the message names the backend. REQUIRES: IsSimulated
absl::StatusOr<DeviceDescriptor> FindSimulated(std::string_view backend,
                                               const std::string& data_dir);

struct SimulationOptions {
  bool tables = false;   // for softmax and activations, of digital arrays
  AnalogOptions analog;  // of analog arrays
};

// INVALID_ARGUMENT: as the backend's own maker, or options of another kind of
// device. REQUIRES: numerics other than kNone
absl::StatusOr<std::unique_ptr<Backend>> MakeSimulatedBackend(
    const DeviceDescriptor& device, const SimulationOptions& simulation,
    const CpuBackendOptions& options);

struct SimulatedDevice {
  // "cim:colonnade-65nm"; the file's name alone where it cannot be read.
  std::string backend;
  absl::Status why_not;  // it cannot run; OK: it can
  std::string detail{};  // how it computes
};

// Those compiled in and those of the folder `data_dir`, by name.
std::vector<SimulatedDevice> SimulatedDevices(const std::string& data_dir);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_SIMULATED_BACKEND_H_
