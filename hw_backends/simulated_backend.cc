#include "hw_backends/simulated_backend.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "hw_backends/cim/cim_backend.h"
#include "hw_backends/fpga/fpga_backend.h"
#include "hw_backends/models/device_file.h"

namespace mj {
namespace {

std::string_view PrefixOf(DeviceNumerics numerics) {
  switch (numerics) {
    case DeviceNumerics::kNone:
      return "";
    case DeviceNumerics::kDigital:
    case DeviceNumerics::kAnalog:
      return "cim:";
    case DeviceNumerics::kFixedPoint:
      return "fpga:";
  }
  return "";
}

std::string BackendOf(const DeviceDescriptor& device) {
  return absl::StrCat(std::string(PrefixOf(device.numerics)), device.name);
}

std::string HowItComputes(DeviceNumerics numerics) {
  switch (numerics) {
    case DeviceNumerics::kNone:
      return "";
    case DeviceNumerics::kDigital:
      return "digital: exact int8 products, bit by bit";
    case DeviceNumerics::kAnalog:
      return "analog: conductances and converters";
    case DeviceNumerics::kFixedPoint:
      return "fixed-point int8, nonlinearities by tables";
  }
  return "";
}

absl::StatusOr<DeviceDescriptor> ReadNamed(std::string_view name,
                                           const std::string& data_dir) {
  const absl::StatusOr<DeviceFile> file = DeviceFile::Find(name, data_dir);
  if (!file.ok()) return file.status();
  return file->Read();
}

// "; there are cim:..., fpga:..."
std::string Known(const std::string& data_dir) {
  std::vector<std::string> names;
  for (const SimulatedDevice& device : SimulatedDevices(data_dir)) {
    if (device.why_not.ok()) names.push_back(device.backend);
  }
  return absl::StrCat("; there are ", absl::StrJoin(names, ", "));
}

}  // namespace

bool IsSimulated(std::string_view backend) {
  return backend.starts_with("cim:") || backend.starts_with("fpga:");
}

absl::StatusOr<DeviceDescriptor> FindSimulated(std::string_view backend,
                                               const std::string& data_dir) {
  const std::string word(backend);
  const std::string name = word.substr(word.find(':') + 1);
  absl::StatusOr<DeviceDescriptor> device = ReadNamed(name, data_dir);
  if (absl::IsNotFound(device.status())) {
    return absl::NotFoundError(absl::StrCat("backend ", word,
                                            ": no device is named '", name, "'",
                                            Known(data_dir)));
  }
  if (!device.ok()) {
    return absl::Status(
        device.status().code(),
        absl::StrCat("backend ", word, ": ", device.status().message()));
  }
  if (device->numerics == DeviceNumerics::kNone) {
    return absl::InvalidArgumentError(
        absl::StrCat("backend ", word,
                     ": its file has no `numerics`, so that it is priced "
                     "(--shadow) but does not answer",
                     Known(data_dir)));
  }
  if (BackendOf(*device) == word) return device;
  return absl::InvalidArgumentError(
      absl::StrCat("backend ", word, ": its numerics are ",
                   std::string(DeviceNumericsName(device->numerics)),
                   ", which makes it the backend ", BackendOf(*device)));
}

absl::StatusOr<std::unique_ptr<Backend>> MakeSimulatedBackend(
    const DeviceDescriptor& device, const SimulationOptions& simulation,
    const CpuBackendOptions& options) {
  const bool analog = device.numerics == DeviceNumerics::kAnalog;
  if (!analog && simulation.analog != AnalogOptions()) {
    return absl::InvalidArgumentError(
        absl::StrCat(device.name,
                     " is not analog: what cells hold, their age, "
                     "seed, chips and layers are asked of analog "
                     "devices"));
  }
  if (simulation.tables && device.numerics != DeviceNumerics::kDigital) {
    return absl::InvalidArgumentError(
        absl::StrCat(device.name,
                     " has no choice of tables for softmax and "
                     "activations; digital arrays do"));
  }
  if (analog) return MakeAnalogCimBackend(device, simulation.analog, options);
  if (device.numerics == DeviceNumerics::kFixedPoint) {
    return MakeFpgaBackend(device, options);
  }
  return MakeDigitalCimBackend(device, simulation.tables, options);
}

std::vector<SimulatedDevice> SimulatedDevices(const std::string& data_dir) {
  std::vector<SimulatedDevice> devices;
  for (const std::string& name : DeviceNames(data_dir)) {
    const absl::StatusOr<DeviceDescriptor> device = ReadNamed(name, data_dir);
    if (!device.ok()) {
      devices.push_back({.backend = name, .why_not = device.status()});
      continue;
    }
    if (device->numerics == DeviceNumerics::kNone) continue;
    devices.push_back(
        {.backend = BackendOf(*device),
         .why_not = MakeSimulatedBackend(*device, {}, {}).status(),
         .detail = HowItComputes(device->numerics)});
  }
  std::ranges::sort(devices, {}, &SimulatedDevice::backend);
  return devices;
}

}  // namespace mj
