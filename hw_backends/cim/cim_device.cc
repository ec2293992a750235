#include "hw_backends/cim/cim_device.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace mj {
namespace {

constexpr CimDevice kDevices[] = {
    {"cimple-28nm", CimKind::kDigital},
    {"colonnade-65nm", CimKind::kDigital},
    {"hermes-14nm", CimKind::kAnalog},
    {"isaac-32nm", CimKind::kAnalog},
    {"qk-macro-65nm", CimKind::kCombinedQk},
    {"zigzag-dimc-28nm", CimKind::kDigital},
};

}  // namespace

std::vector<std::string> CimDeviceNames() {
  std::vector<std::string> names;
  for (const CimDevice& device : kDevices) names.emplace_back(device.name);
  return names;
}

absl::StatusOr<CimDevice> CimDeviceOf(std::string_view name) {
  for (const CimDevice& device : kDevices) {
    if (device.name == name) return device;
  }
  return absl::NotFoundError(
      absl::StrCat("no compute-in-memory device '", std::string(name),
                   "'; there are ", absl::StrJoin(CimDeviceNames(), ", ")));
}

}  // namespace mj
