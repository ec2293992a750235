// What this host had before it was controlled, as plain data: any process can
// restore it, also the one that starts after a helper was killed.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_SAVED_STATE_H_
#define MILLIJOULE_HW_BACKENDS_HOST_SAVED_STATE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hw_backends/host/nvml_actuator.h"
#include "hw_backends/host/nvml_library.h"
#include "hw_backends/host/sysfs_files.h"

namespace mj {

struct SavedState {
  std::string boot;  // of the kernel that held it; empty: it does not say
  std::vector<FileText> files;
  std::vector<SavedGpu> gpus;

  bool operator==(const SavedState&) const = default;
};

// "boot", empty where the kernel does not say.
std::string ReadBootId(const SysfsFiles& files);

// Lines: a version, "boot ID", "file PATH TEXT", "gpu UUID MILLIWATTS", "end".
std::string FormatSavedState(const SavedState& state);
// INVALID_ARGUMENT names the line: not such a text, or a file that no actuator
// of ours writes. So a state file makes a privileged reader write no other.
absl::StatusOr<SavedState> ParseSavedState(std::string_view text);

// Does nothing for a state of another boot: a restart has reset everything.
// `nvml` may be null. The error names what could not be restored; the rest is.
absl::Status RestoreState(SysfsFiles& files, const NvmlLibrary* nvml,
                          const SavedState& state);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_SAVED_STATE_H_
