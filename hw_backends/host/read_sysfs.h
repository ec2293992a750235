// Small files of sysfs and procfs, and why one cannot be read.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_READ_SYSFS_H_
#define MILLIJOULE_HW_BACKENDS_HOST_READ_SYSFS_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace mj {

// The file's text without white space at its ends. Opened anew at each call,
// so that lost permission and vanished devices are seen.
// PERMISSION_DENIED: this user may not; UNAVAILABLE: it is absent, or its
// driver answers with an error. Messages start with the path.
absl::StatusOr<std::string> ReadSysfsText(const std::filesystem::path& path);

// UNAVAILABLE, too: the text is not a decimal number of 64 bits.
absl::StatusOr<uint64_t> ReadSysfsNumber(const std::filesystem::path& path);

// Entries whose names start with `prefix`, broken links among them, "x:2"
// before "x:10". None where the folder is absent or closed.
std::vector<std::filesystem::path> SysfsEntries(
    const std::filesystem::path& folder, std::string_view prefix);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_READ_SYSFS_H_
