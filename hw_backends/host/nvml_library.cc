#include "hw_backends/host/nvml_library.h"

#include <dlfcn.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

// nvmlReturn_t
constexpr int kInvalidArgument = 2, kNotSupported = 3, kNoPermission = 4,
              kNotFound = 6, kDriverNotLoaded = 9, kGpuIsLost = 15;

absl::StatusCode CodeOf(int error) {
  switch (error) {
    case 0:
      return absl::StatusCode::kOk;
    case kInvalidArgument:
      return absl::StatusCode::kInvalidArgument;
    case kNotSupported:
      return absl::StatusCode::kUnimplemented;
    case kNoPermission:
      return absl::StatusCode::kPermissionDenied;
    case kNotFound:
      return absl::StatusCode::kNotFound;
    case kDriverNotLoaded:
    case kGpuIsLost:
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kInternal;
  }
}

template <class Function>
void Find(void* handle, const char* symbol, Function& function,
          std::string& missing) {
  function = reinterpret_cast<Function>(dlsym(handle, symbol));
  if (function == nullptr && missing.empty()) missing = symbol;
}

absl::StatusOr<NvmlFunctions> FindFunctions(void* handle) {
  NvmlFunctions f;
  std::string missing;
  Find(handle, "nvmlInit_v2", f.init, missing);
  Find(handle, "nvmlShutdown", f.shutdown, missing);
  Find(handle, "nvmlErrorString", f.error_string, missing);
  Find(handle, "nvmlDeviceGetCount_v2", f.device_count, missing);
  Find(handle, "nvmlDeviceGetHandleByIndex_v2", f.device_by_index, missing);
  Find(handle, "nvmlDeviceGetHandleByUUID", f.device_by_uuid, missing);
  Find(handle, "nvmlDeviceGetUUID", f.uuid, missing);
  Find(handle, "nvmlDeviceGetName", f.name, missing);
  Find(handle, "nvmlDeviceGetTotalEnergyConsumption", f.total_energy, missing);
  Find(handle, "nvmlDeviceGetClockInfo", f.clock, missing);
  Find(handle, "nvmlDeviceGetSupportedMemoryClocks", f.memory_clocks, missing);
  Find(handle, "nvmlDeviceGetSupportedGraphicsClocks", f.graphics_clocks,
       missing);
  Find(handle, "nvmlDeviceSetGpuLockedClocks", f.lock_clocks, missing);
  Find(handle, "nvmlDeviceResetGpuLockedClocks", f.reset_clocks, missing);
  Find(handle, "nvmlDeviceGetPowerManagementLimit", f.power_limit, missing);
  Find(handle, "nvmlDeviceGetPowerManagementLimitConstraints", f.power_range,
       missing);
  Find(handle, "nvmlDeviceSetPowerManagementLimit", f.set_power_limit, missing);
  if (missing.empty()) return f;
  return absl::UnavailableError(
      absl::StrCat("NVML has no ", missing, ": a newer driver has it"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<NvmlLibrary>> NvmlLibrary::Load(
    const std::string& file) {
  void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    return absl::UnavailableError(absl::StrCat(
        "NVML is not there (the NVIDIA driver brings it): ", dlerror()));
  }
  const absl::StatusOr<NvmlFunctions> functions = FindFunctions(handle);
  if (!functions.ok()) {
    dlclose(handle);
    return functions.status();
  }
  return Initialise(handle, *functions);
}

absl::StatusOr<std::unique_ptr<NvmlLibrary>> NvmlLibrary::From(
    const NvmlFunctions& functions) {
  return Initialise(nullptr, functions);
}

absl::StatusOr<std::unique_ptr<NvmlLibrary>> NvmlLibrary::Initialise(
    void* handle, const NvmlFunctions& functions) {
  if (const int error = functions.init(); error != 0) {
    absl::Status failed = absl::UnavailableError(absl::StrCat(
        "nvmlInit: ", functions.error_string(error), " (", error, ")"));
    if (handle != nullptr) dlclose(handle);
    return failed;
  }
  return std::unique_ptr<NvmlLibrary>(new NvmlLibrary(handle, functions));
}

NvmlLibrary::~NvmlLibrary() {
  functions_.shutdown();
  if (handle_ != nullptr) dlclose(handle_);
}

absl::Status NvmlLibrary::Check(int error, const std::string& what) const {
  if (error == 0) return absl::OkStatus();
  return absl::Status(CodeOf(error),
                      absl::StrCat(what, ": ", functions_.error_string(error),
                                   " (NVML error ", error, ")"));
}

absl::StatusOr<std::vector<NvmlGpu>> ListGpus(const NvmlLibrary& nvml) {
  unsigned count = 0;
  absl::Status ok =
      nvml.Check(nvml.call().device_count(&count), "counting GPUs");
  if (!ok.ok()) return ok;
  std::vector<NvmlGpu> gpus;
  for (unsigned i = 0; i < count; ++i) {
    const std::string what = absl::StrCat("GPU ", i);
    NvmlGpu gpu{.index = static_cast<int>(i)};
    char uuid[96] = "", name[96] = "";  // NVML's _V2 buffer sizes
    ok = nvml.Check(nvml.call().device_by_index(i, &gpu.device), what);
    if (ok.ok()) {
      ok = nvml.Check(nvml.call().uuid(gpu.device, uuid, sizeof(uuid)), what);
    }
    if (ok.ok()) {
      ok = nvml.Check(nvml.call().name(gpu.device, name, sizeof(name)), what);
    }
    if (!ok.ok()) return ok;
    gpu.uuid = uuid;
    gpu.name = name;
    gpus.push_back(std::move(gpu));
  }
  return gpus;
}

}  // namespace mj
