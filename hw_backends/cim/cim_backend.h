// Simulated compute-in-memory devices that answer: `--backend cim:NAME`. The
// device's numerics make every product with weights; the CPU backend's verbs
// do the rest.
#ifndef MILLIJOULE_HW_BACKENDS_CIM_CIM_BACKEND_H_
#define MILLIJOULE_HW_BACKENDS_CIM_CIM_BACKEND_H_

#include <memory>

#include "absl/status/statusor.h"
#include "hw_backends/backend.h"
#include "hw_backends/cim/analog_options.h"
#include "hw_backends/cpu/cpu_backend.h"
#include "hw_backends/models/device_descriptor.h"

namespace mj {

// The CPU's int8 numerics, bit for bit; with `tables`, softmax and activations
// of lut_kernels.h in place of the CPU's, and "+lut" after the name.
// INVALID_ARGUMENT: as MakeCpuBackend, or a device that cannot run the models
// served here, with the reason. REQUIRES: numerics kDigital
absl::StatusOr<std::unique_ptr<Backend>> MakeDigitalCimBackend(
    const DeviceDescriptor& device, bool tables,
    const CpuBackendOptions& options);

// Numerics of analog_products.h. INVALID_ARGUMENT: as MakeCpuBackend and
// AnalogDeviceOf. REQUIRES: numerics kAnalog
absl::StatusOr<std::unique_ptr<Backend>> MakeAnalogCimBackend(
    const DeviceDescriptor& device, const AnalogOptions& analog,
    const CpuBackendOptions& options);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CIM_CIM_BACKEND_H_
