#include "hw_backends/host/counter_file_meter.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "hw_backends/host/read_sysfs.h"

namespace mj {

CounterFileMeter::CounterFileMeter(MeterInfo info, const CounterTraits& traits,
                                   std::filesystem::path path,
                                   const Clock& clock)
    : info_(std::move(info)),
      path_(std::move(path)),
      clock_(clock),
      counter_(traits) {
  info_.method = EnergyMethod::kMeasured;
  info_.source = path_.string();
  info_.update_period = traits.update_period;
}

absl::StatusOr<EnergySample> CounterFileMeter::Read() {
  const absl::StatusOr<uint64_t> raw = ReadSysfsNumber(path_);
  if (absl::IsPermissionDenied(raw.status())) {
    return absl::PermissionDeniedError(
        absl::StrCat(std::string(raw.status().message()), "; ",
                     ReadPermissionRemedy(path_)));
  }
  if (!raw.ok()) return raw.status();
  absl::StatusOr<EnergySample> sample = counter_.Advance(*raw, clock_.Now());
  if (sample.ok()) return sample;
  return absl::Status(sample.status().code(),
                      absl::StrCat(path_.string(), ": ",
                                   std::string(sample.status().message())));
}

std::string ReadPermissionRemedy(const std::filesystem::path& path) {
  return absl::StrCat("run as root, or as root: chmod a+r ", path.string(),
                      " (a udev rule makes it last; then every user of this "
                      "host sees its power)");
}

}  // namespace mj
