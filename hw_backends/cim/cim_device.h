// Which simulation stands for a compute-in-memory device.
#ifndef MILLIJOULE_HW_BACKENDS_CIM_CIM_DEVICE_H_
#define MILLIJOULE_HW_BACKENDS_CIM_CIM_DEVICE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace mj {

enum class CimKind {
  kDigital,     // exact, bit by bit
  kAnalog,      // currents of conductances
  kCombinedQk,  // scores of one static matrix W_Q W_K^T
};

struct CimDevice {
  std::string_view name;
  CimKind kind = CimKind::kDigital;
};

// NOT_FOUND lists the names there are.
absl::StatusOr<CimDevice> CimDeviceOf(std::string_view name);
std::vector<std::string> CimDeviceNames();

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CIM_CIM_DEVICE_H_
