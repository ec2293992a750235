// Simulated compute-in-memory devices that answer: `--backend cim:NAME`. The
// device's numerics make every product with weights; the CPU backend's verbs
// do the rest.
#ifndef MILLIJOULE_HW_BACKENDS_CIM_CIM_BACKEND_H_
#define MILLIJOULE_HW_BACKENDS_CIM_CIM_BACKEND_H_

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "hw_backends/backend.h"
#include "hw_backends/cim/analog_options.h"
#include "hw_backends/cpu/cpu_backend.h"

namespace mj {

// `device` is a name of cim_device.h. Digital devices have the CPU's int8
// numerics, bit for bit; analog ones those of analog_products.h.
// INVALID_ARGUMENT: as MakeCpuBackend, or a device that cannot run the models
// served here or be set up as `analog` says, with the reason. NOT_FOUND lists
// the names there are.
absl::StatusOr<std::unique_ptr<Backend>> MakeCimBackend(
    std::string_view device, const CpuBackendOptions& options,
    const AnalogOptions& analog = {});

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CIM_CIM_BACKEND_H_
