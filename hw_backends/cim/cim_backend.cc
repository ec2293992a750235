#include "hw_backends/cim/cim_backend.h"

#include <cassert>

#include "absl/strings/str_cat.h"
#include "hw_backends/cim/bit_serial_matrices.h"
#include "hw_backends/lut_kernels.h"

namespace mj {

absl::StatusOr<std::unique_ptr<Backend>> MakeCimBackend(
    const DeviceDescriptor& device, bool tables,
    const CpuBackendOptions& options) {
  assert(device.numerics == DeviceNumerics::kDigital);
  if (!device.takes_rotary) {
    return absl::InvalidArgumentError(absl::StrCat(
        device.name,
        " keeps W_Q W_K^T as one static matrix, but with rotary positions "
        "(RoPE) a score depends on the distance of its tokens, which no "
        "static matrix holds; every model served here has such positions"));
  }
  CpuBackendOptions own = options;
  own.probe_threads = false;  // its seconds are not the device's
  return MakeCpuBackend(
      own, {.name = absl::StrCat("cim:", device.name, tables ? "+lut" : ""),
            .numerics = Numerics::kInt8,
            .batch_invariant = true,
            .change_kernels = tables ? lut::UseTables : nullptr,
            .make_matrices = [](const KernelTable& kernels) {
              return std::make_unique<BitSerialMatrices>(kernels);
            }});
}

}  // namespace mj
