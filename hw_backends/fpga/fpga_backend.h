// Simulated FPGA designs that answer: `--backend fpga:NAME`.
#ifndef MILLIJOULE_HW_BACKENDS_FPGA_FPGA_BACKEND_H_
#define MILLIJOULE_HW_BACKENDS_FPGA_FPGA_BACKEND_H_

#include <memory>

#include "absl/status/statusor.h"
#include "hw_backends/backend.h"
#include "hw_backends/cpu/cpu_backend.h"
#include "hw_backends/models/device_descriptor.h"

namespace mj {

// Products of fpga_products.h, softmax and activations of lut_kernels.h; norms
// and rotations are the CPU backend's. Obeys the rule of bits. Designs share
// one arithmetic and differ in what it costs.
// INVALID_ARGUMENT: as MakeCpuBackend. REQUIRES: numerics kFixedPoint
absl::StatusOr<std::unique_ptr<Backend>> MakeFpgaBackend(
    const DeviceDescriptor& device, const CpuBackendOptions& options);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_FPGA_FPGA_BACKEND_H_
