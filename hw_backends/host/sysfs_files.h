// Files in which the kernel shows and takes single values.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_SYSFS_FILES_H_
#define MILLIJOULE_HW_BACKENDS_HOST_SYSFS_FILES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mj {

// Paths are relative to the root of the tree: "sys/class/powercap". Errors
// name the file as the operator knows it ("/sys/...") and say what the system
// said: NOT_FOUND, PERMISSION_DENIED, INVALID_ARGUMENT (the driver refused the
// value), FAILED_PRECONDITION (busy, or a file system mounted read-only).
class SysfsFiles {
 public:
  virtual ~SysfsFiles() = default;
  // The first line, without space around it.
  virtual absl::StatusOr<std::string> Read(const std::string& path) const = 0;
  // Creates nothing.
  virtual absl::Status Write(const std::string& path,
                             std::string_view text) = 0;
  // Whether Write() may be allowed; writes nothing.
  virtual absl::Status CheckWritable(const std::string& path) const = 0;
  // Names in a folder, sorted; none if there is no such folder.
  virtual std::vector<std::string> List(const std::string& folder) const = 0;
};

class HostSysfs final : public SysfsFiles {
 public:
  explicit HostSysfs(std::string root);  // "/", or a made tree

  absl::StatusOr<std::string> Read(const std::string& path) const override;
  absl::Status Write(const std::string& path, std::string_view text) override;
  absl::Status CheckWritable(const std::string& path) const override;
  std::vector<std::string> List(const std::string& folder) const override;

 private:
  std::string root_;
};

// An integer; INVALID_ARGUMENT names the file and what it holds instead.
absl::StatusOr<int64_t> ReadInteger(const SysfsFiles& files,
                                    const std::string& path);

struct FileText {
  std::string path, text;

  bool operator==(const FileText&) const = default;
};

// Writes each file that reads otherwise. A file that is gone needs nothing; one
// that refuses is tried once more after the others, since a minimum may have
// to wait for its maximum. The error names every file that still reads
// otherwise.
absl::Status RestoreFiles(SysfsFiles& files,
                          const std::vector<FileText>& originals);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_SYSFS_FILES_H_
