#include "hw_backends/fpga/fpga_device.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace mj {
namespace {

constexpr FpgaDevice kDevices[] = {
    {"artix7-fused"}, {"kv260-distilbert"}, {"kv260-llama2"}, {"u280-spatial"}};

}  // namespace

std::vector<std::string> FpgaDeviceNames() {
  std::vector<std::string> names;
  for (const FpgaDevice& device : kDevices) names.emplace_back(device.name);
  return names;
}

absl::StatusOr<FpgaDevice> FpgaDeviceOf(std::string_view name) {
  for (const FpgaDevice& device : kDevices) {
    if (device.name == name) return device;
  }
  return absl::NotFoundError(
      absl::StrCat("no FPGA device '", std::string(name), "'; there are ",
                   absl::StrJoin(FpgaDeviceNames(), ", ")));
}

}  // namespace mj
