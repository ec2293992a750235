#include "hw_backends/cim/cim_backend.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "hw_backends/cim/analog_matrices.h"
#include "hw_backends/cim/bit_serial_matrices.h"
#include "hw_backends/cim/cim_device.h"
#include "hw_backends/models/device_file.h"

namespace mj {
namespace {

using MakeMatrices = decltype(BackendParts::make_matrices);

std::unique_ptr<MatrixStore> MakeDigital(const KernelTable& kernels) {
  return std::make_unique<BitSerialMatrices>(kernels);
}

absl::StatusOr<MakeMatrices> AnalogMatricesOf(std::string_view name,
                                              const AnalogOptions& options) {
  const absl::StatusOr<DeviceFile> file = DeviceFile::Find(name, "");
  if (!file.ok()) return file.status();
  const absl::StatusOr<DeviceDescriptor> descriptor = file->Read();
  if (!descriptor.ok()) return descriptor.status();
  const absl::StatusOr<AnalogDevice> device =
      AnalogDeviceOf(*descriptor, options);
  if (!device.ok()) return device.status();
  return [device = *device, options](const KernelTable& kernels) {
    return std::make_unique<AnalogMatrices>(kernels, device, options);
  };
}

absl::StatusOr<MakeMatrices> MatricesOf(const CimDevice& device,
                                        const AnalogOptions& analog) {
  if (device.kind == CimKind::kAnalog) {
    return AnalogMatricesOf(device.name, analog);
  }
  if (analog == AnalogOptions()) return MakeDigital;
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(device.name),
                   " is digital: what cells hold, their age, seed, chips and "
                   "layers are asked of analog devices"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Backend>> MakeCimBackend(
    std::string_view device, const CpuBackendOptions& options,
    const AnalogOptions& analog) {
  const absl::StatusOr<CimDevice> found = CimDeviceOf(device);
  if (!found.ok()) return found.status();
  if (found->kind == CimKind::kCombinedQk) {
    return absl::InvalidArgumentError(absl::StrCat(
        std::string(device),
        " keeps W_Q W_K^T as one static matrix, but with rotary positions "
        "(RoPE) a score depends on the distance of its tokens, which no "
        "static matrix holds; every model served here has such positions"));
  }
  absl::StatusOr<MakeMatrices> matrices = MatricesOf(*found, analog);
  if (!matrices.ok()) return matrices.status();
  CpuBackendOptions own = options;
  own.probe_threads = false;  // its seconds are not the device's
  return MakeCpuBackend(own, {.name = absl::StrCat("cim:", std::string(device)),
                              .numerics = Numerics::kInt8,
                              .batch_invariant = true,
                              .make_matrices = *std::move(matrices)});
}

}  // namespace mj
