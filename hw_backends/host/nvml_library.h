// NVIDIA's management library, found at run time: nothing links against it.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_NVML_LIBRARY_H_
#define MILLIJOULE_HW_BACKENDS_HOST_NVML_LIBRARY_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mj {

inline constexpr const char* kNvmlFile = "libnvidia-ml.so.1";

// nvmlDevice_t: a pointer that only the library looks behind.
using NvmlDevice = struct NvmlDeviceData*;

// The functions that we call, as the NVML API reference declares them
// (nvmlReturn_t as int); each returns 0 or an error. A test writes its own.
struct NvmlFunctions {
  int (*init)() = nullptr;                     // nvmlInit_v2
  int (*shutdown)() = nullptr;                 // nvmlShutdown
  const char* (*error_string)(int) = nullptr;  // nvmlErrorString
  int (*device_count)(unsigned*) = nullptr;    // nvmlDeviceGetCount_v2
  int (*device_by_index)(unsigned,             // nvmlDeviceGetHandleByIndex_v2
                         NvmlDevice*) = nullptr;
  int (*device_by_uuid)(const char*,  // nvmlDeviceGetHandleByUUID
                        NvmlDevice*) = nullptr;
  int (*uuid)(NvmlDevice, char*, unsigned) = nullptr;  // nvmlDeviceGetUUID
  int (*name)(NvmlDevice, char*, unsigned) = nullptr;  // nvmlDeviceGetName
  // nvmlDeviceGetTotalEnergyConsumption: mJ since the driver was loaded
  int (*total_energy)(NvmlDevice, unsigned long long*) = nullptr;
  // nvmlDeviceGetClockInfo: type 1 (SM), MHz
  int (*clock)(NvmlDevice, int type, unsigned*) = nullptr;
  // nvmlDeviceGetSupportedMemoryClocks, nvmlDeviceGetSupportedGraphicsClocks:
  // MHz; the count is capacity first, then how many there are
  int (*memory_clocks)(NvmlDevice, unsigned* count, unsigned*) = nullptr;
  int (*graphics_clocks)(NvmlDevice, unsigned memory, unsigned* count,
                         unsigned*) = nullptr;
  int (*lock_clocks)(NvmlDevice, unsigned min,  // nvmlDeviceSetGpuLockedClocks
                     unsigned max) = nullptr;
  int (*reset_clocks)(NvmlDevice) = nullptr;  // nvmlDeviceResetGpuLockedClocks
  // nvmlDeviceGetPowerManagementLimit, ...LimitConstraints, nvmlDeviceSet...:
  // mW
  int (*power_limit)(NvmlDevice, unsigned*) = nullptr;
  int (*power_range)(NvmlDevice, unsigned* min, unsigned* max) = nullptr;
  int (*set_power_limit)(NvmlDevice, unsigned) = nullptr;
};

// Initialised while it lives. One thread.
class NvmlLibrary final {
 public:
  // UNAVAILABLE: the library is not there, lacks a function, or finds no
  // driver.
  static absl::StatusOr<std::unique_ptr<NvmlLibrary>> Load(
      const std::string& file = kNvmlFile);
  // The same from given functions: all of them are set.
  static absl::StatusOr<std::unique_ptr<NvmlLibrary>> From(
      const NvmlFunctions& functions);
  ~NvmlLibrary();
  NvmlLibrary(const NvmlLibrary&) = delete;
  NvmlLibrary& operator=(const NvmlLibrary&) = delete;

  const NvmlFunctions& call() const { return functions_; }
  // OK for 0. PERMISSION_DENIED, UNIMPLEMENTED (the device cannot),
  // INVALID_ARGUMENT, NOT_FOUND, UNAVAILABLE (the device or driver is gone),
  // INTERNAL; naming `what` and NVML's own words.
  absl::Status Check(int error, const std::string& what) const;

 private:
  NvmlLibrary(void* handle, const NvmlFunctions& functions)
      : handle_(handle), functions_(functions) {}
  static absl::StatusOr<std::unique_ptr<NvmlLibrary>> Initialise(
      void* handle, const NvmlFunctions& functions);

  void* handle_;  // of the loader; null: functions that were given
  const NvmlFunctions functions_;
};

struct NvmlGpu {
  int index = 0;
  NvmlDevice device = nullptr;
  std::string uuid, name;
};

// All that there are.
absl::StatusOr<std::vector<NvmlGpu>> ListGpus(const NvmlLibrary& nvml);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_NVML_LIBRARY_H_
