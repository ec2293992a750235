#include "hw_backends/cim/cim_backend.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "hw_backends/cim/bit_serial_matrices.h"
#include "hw_backends/cim/cim_device.h"

namespace mj {

absl::StatusOr<std::unique_ptr<Backend>> MakeCimBackend(
    std::string_view device, const CpuBackendOptions& options) {
  const absl::StatusOr<CimDevice> found = CimDeviceOf(device);
  if (!found.ok()) return found.status();
  if (found->kind == CimKind::kCombinedQk) {
    return absl::InvalidArgumentError(absl::StrCat(
        std::string(device),
        " keeps W_Q W_K^T as one static matrix, but with rotary positions "
        "(RoPE) a score depends on the distance of its tokens, which no "
        "static matrix holds; every model served here has such positions"));
  }
  CpuBackendOptions own = options;
  own.probe_threads = false;  // its seconds are not the device's
  return MakeCpuBackend(own,
                        {.name = absl::StrCat("cim:", std::string(device)),
                         .numerics = Numerics::kInt8,
                         .batch_invariant = true,
                         .make_matrices = [](const KernelTable& kernels) {
                           return std::make_unique<BitSerialMatrices>(kernels);
                         }});
}

}  // namespace mj
