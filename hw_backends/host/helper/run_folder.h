// The helper's folder: the lock that makes it the only one, and the file that
// outlives it.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_HELPER_RUN_FOLDER_H_
#define MILLIJOULE_HW_BACKENDS_HOST_HELPER_RUN_FOLDER_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hw_backends/quantities.h"

namespace mj {

// Holds `actuator.lock` (flock) while it lives. On the usual /run it is gone
// after a restart, as is what it remembers.
class RunFolder final {
 public:
  // Makes the folder if need be. ALREADY_EXISTS: another helper is at work, and
  // for which process; where no process has its lease (any more), waits up
  // to `patience` for it to have restored and gone. PERMISSION_DENIED: others
  // may write into the folder, or it is someone else's.
  static absl::StatusOr<RunFolder> Open(const std::string& path,
                                        Seconds patience);
  RunFolder(RunFolder&& other) noexcept;
  RunFolder& operator=(RunFolder&&) = delete;
  ~RunFolder();

  // For whom the helper works, as others are told; 0: nobody.
  absl::Status WriteHolder(pid_t client);

  // `actuator.state`: replaced whole or not at all, and safe from a killed
  // process at once. A power failure may lose it, and resets the hardware.
  absl::Status SaveState(std::string_view text);
  // Absent: nothing is there.
  absl::StatusOr<std::optional<std::string>> LoadState() const;
  absl::Status ClearState();

  std::string state_path() const { return path_ + "/actuator.state"; }

 private:
  RunFolder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::string path_;
  int lock_;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_HELPER_RUN_FOLDER_H_
