#include "hw_backends/fpga/fpga_backend.h"

#include <cassert>

#include "absl/strings/str_cat.h"
#include "hw_backends/fpga/fpga_matrices.h"
#include "hw_backends/lut_kernels.h"

namespace mj {

absl::StatusOr<std::unique_ptr<Backend>> MakeFpgaBackend(
    const DeviceDescriptor& device, const CpuBackendOptions& options) {
  assert(device.numerics == DeviceNumerics::kFixedPoint);
  CpuBackendOptions own = options;
  own.probe_threads = false;  // its seconds are not the device's
  return MakeCpuBackend(own, {.name = absl::StrCat("fpga:", device.name),
                              .numerics = Numerics::kInt8,
                              .batch_invariant = true,
                              .change_kernels = lut::UseTables,
                              .make_matrices = [](const KernelTable& kernels) {
                                return std::make_unique<FpgaMatrices>(kernels);
                              }});
}

}  // namespace mj
