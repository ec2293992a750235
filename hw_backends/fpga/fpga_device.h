// The FPGA designs that are simulated.
#ifndef MILLIJOULE_HW_BACKENDS_FPGA_FPGA_DEVICE_H_
#define MILLIJOULE_HW_BACKENDS_FPGA_FPGA_DEVICE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace mj {

// All share one arithmetic; they differ in what it costs.
struct FpgaDevice {
  std::string_view name;
};

// NOT_FOUND lists the names there are.
absl::StatusOr<FpgaDevice> FpgaDeviceOf(std::string_view name);
std::vector<std::string> FpgaDeviceNames();

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_FPGA_FPGA_DEVICE_H_
