#include "hw_backends/cim/cim_backend.h"

#include <cassert>
#include <utility>

#include "absl/strings/str_cat.h"
#include "hw_backends/cim/analog_matrices.h"
#include "hw_backends/cim/bit_serial_matrices.h"
#include "hw_backends/lut_kernels.h"

namespace mj {
namespace {

absl::StatusOr<std::unique_ptr<Backend>> MakeBackend(
    const CpuBackendOptions& options, BackendParts parts) {
  CpuBackendOptions own = options;
  own.probe_threads = false;  // its seconds are not the device's
  parts.numerics = Numerics::kInt8;
  parts.batch_invariant = true;
  return MakeCpuBackend(own, parts);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Backend>> MakeDigitalCimBackend(
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
  return MakeBackend(
      options, {.name = absl::StrCat("cim:", device.name, tables ? "+lut" : ""),
                .change_kernels = tables ? lut::UseTables : nullptr,
                .make_matrices = [](const KernelTable& kernels) {
                  return std::make_unique<BitSerialMatrices>(kernels);
                }});
}

absl::StatusOr<std::unique_ptr<Backend>> MakeAnalogCimBackend(
    const DeviceDescriptor& device, const AnalogOptions& analog,
    const CpuBackendOptions& options) {
  assert(device.numerics == DeviceNumerics::kAnalog);
  absl::StatusOr<AnalogDevice> cells = AnalogDeviceOf(device, analog);
  if (!cells.ok()) return cells.status();
  return MakeBackend(
      options,
      {.name = absl::StrCat("cim:", device.name),
       .make_matrices = [cells = *std::move(cells),
                         analog](const KernelTable& kernels) {
         return std::make_unique<AnalogMatrices>(kernels, cells, analog);
       }});
}

}  // namespace mj
