// Finds a device's file by name and overrides its values.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_DEVICE_FILE_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_DEVICE_FILE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "hw_backends/models/coefficient_file.h"
#include "hw_backends/models/device_descriptor.h"

namespace mj {

class DeviceFile final {
 public:
  // NAME.toml or platforms/NAME.toml: of the folder `data_dir`, where it has
  // such a file, else of those compiled in. NOT_FOUND lists the names there
  // are; INVALID_ARGUMENT names file and key.
  static absl::StatusOr<DeviceFile> Find(std::string_view name,
                                         const std::string& data_dir);
  // `file`: "NAME.toml" or "platforms/NAME.toml".
  static absl::StatusOr<DeviceFile> Parse(std::string_view file,
                                          std::string_view text);

  // "KEY=VALUE", the value in the file's own unit; of a platform also
  // "frequency=MHZ". INVALID_ARGUMENT says what is wrong.
  absl::Status Set(std::string_view assignment);

  // INVALID_ARGUMENT as ReadDevice; OUT_OF_RANGE a platform's frequency.
  absl::StatusOr<DeviceDescriptor> Read() const;

  bool Has(std::string_view key) const { return file_.Has(key); }
  // Keys of the constants of kind `assumed`.
  std::vector<std::string> AssumedKeys() const;
  double ValueOf(std::string_view key) const;  // REQUIRES: a constant's key

 private:
  absl::StatusOr<DeviceDescriptor> ReadPlatformUnit() const;

  CoefficientFile file_;
  std::string text_;  // and what was set
  bool is_platform_ = false;
  std::optional<double> frequency_mhz_;
};

// Names of the devices compiled in, those of this folder, then platforms; last
// those that only the folder `data_dir` has. Each once.
std::vector<std::string> DeviceNames(const std::string& data_dir = "");

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_DEVICE_FILE_H_
