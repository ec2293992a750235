// From flags to what computes, and to whose joules count.
#ifndef MILLIJOULE_ENGINE_OPEN_BACKEND_H_
#define MILLIJOULE_ENGINE_OPEN_BACKEND_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/energy_setup.h"
#include "engine/engine_flags.h"
#include "engine/model/loaded_model.h"
#include "hw_backends/backend.h"
#include "hw_backends/models/device_descriptor.h"

namespace mj {

struct OpenedBackend {
  std::unique_ptr<Backend> backend;
  std::optional<DeviceDescriptor> device;  // that it simulates
};

// Errors name the flag, the device's file or what the host lacks.
absl::StatusOr<OpenedBackend> OpenBackend(const EngineFlags& flags,
                                          int threads);

// From here on `model`, which the simulating backend has loaded, runs on the
// device: its steps take the device's modelled time and joules, and `energy`
// accounts for these and none of the host's. Returns how the model lies there,
// for the start-up summary. INVALID_ARGUMENT: as DeviceModel::Create.
absl::StatusOr<std::string> RunOnDevice(DeviceDescriptor device,
                                        const EngineFlags& flags,
                                        EnergySetup& energy,
                                        LoadedModel& model);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_OPEN_BACKEND_H_
