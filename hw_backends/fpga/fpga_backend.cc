#include "hw_backends/fpga/fpga_backend.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "hw_backends/fpga/fpga_device.h"
#include "hw_backends/fpga/fpga_matrices.h"
#include "hw_backends/fpga/lut_kernels.h"

namespace mj {
namespace {

void UseTables(KernelTable& kernels) {
  kernels.attention = fpga::Attention;
  kernels.attention_bf16 = nullptr;
  kernels.merge_attention = fpga::MergeAttention;
  kernels.gated_activation = fpga::GatedActivation;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Backend>> MakeFpgaBackend(
    std::string_view device, const CpuBackendOptions& options) {
  const absl::StatusOr<FpgaDevice> found = FpgaDeviceOf(device);
  if (!found.ok()) return found.status();
  CpuBackendOptions own = options;
  own.probe_threads = false;  // its seconds are not the device's
  return MakeCpuBackend(own,
                        {.name = absl::StrCat("fpga:", std::string(device)),
                         .numerics = Numerics::kInt8,
                         .batch_invariant = true,
                         .change_kernels = UseTables,
                         .make_matrices = [](const KernelTable& kernels) {
                           return std::make_unique<FpgaMatrices>(kernels);
                         }});
}

}  // namespace mj
