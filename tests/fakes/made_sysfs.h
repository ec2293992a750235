// A made tree of kernel files that obeys, refuses or bends as a test says.
#ifndef MILLIJOULE_TESTS_FAKES_MADE_SYSFS_H_
#define MILLIJOULE_TESTS_FAKES_MADE_SYSFS_H_

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "hw_backends/host/sysfs_files.h"
#include "tests/fakes/temp_folder.h"

namespace mj {

class MadeSysfs final : public SysfsFiles {
 public:
  // What a driver makes of a text written to a file.
  using Driver = std::function<absl::StatusOr<std::string>(
      const std::string& path, const std::string& text)>;

  const std::string& root() const { return folder_.path(); }
  void Make(const std::string& path, const std::string& text) {
    folder_.Write(path, text + "\n");
  }
  void Remove(const std::string& path) {
    std::filesystem::remove_all(root() + "/" + path);
  }
  std::string Text(const std::string& path) const {
    return files_.Read(path).value_or("(gone)");
  }

  absl::StatusOr<std::string> Read(const std::string& path) const override {
    return files_.Read(path);
  }
  absl::Status Write(const std::string& path, std::string_view text) override {
    writes.push_back({path, std::string(text)});
    if (refusals.contains(path)) return refusals.at(path);
    if (!driver) return files_.Write(path, text);
    const absl::StatusOr<std::string> taken = driver(path, std::string(text));
    return taken.ok() ? files_.Write(path, *taken) : taken.status();
  }
  absl::Status CheckWritable(const std::string& path) const override {
    return refusals.contains(path) ? refusals.at(path)
                                   : files_.CheckWritable(path);
  }
  std::vector<std::string> List(const std::string& folder) const override {
    return files_.List(folder);
  }

  std::vector<FileText> writes;                  // all that were tried
  std::map<std::string, absl::Status> refusals;  // by path
  Driver driver;                                 // none: takes all as they are

 private:
  TempFolder folder_;
  HostSysfs files_{folder_.path()};
};

struct MadePolicy {
  std::string driver = "acpi-cpufreq", governor = "schedutil";
  std::string governors = "performance schedutil";
  std::string levels{};  // kHz
  int low = 800000, high = 3600000, hardware_high = 3600000;
};

inline std::string PolicyFile(int number, const std::string& name) {
  return absl::StrCat("sys/devices/system/cpu/cpufreq/policy", number, "/",
                      name);
}

// `write(path, text)` makes a file: of a MadeSysfs, or of a TempFolder.
template <class Write>
void MakePolicy(int number, const MadePolicy& policy, Write write) {
  const std::vector<std::pair<std::string, std::string>> files = {
      {"scaling_driver", policy.driver},
      {"scaling_governor", policy.governor},
      {"scaling_available_governors", policy.governors},
      {"scaling_min_freq", absl::StrCat(policy.low)},
      {"scaling_max_freq", absl::StrCat(policy.high)},
      {"scaling_cur_freq", absl::StrCat(policy.low)},
      {"cpuinfo_min_freq", absl::StrCat(policy.low)},
      {"cpuinfo_max_freq", absl::StrCat(policy.hardware_high)},
      {"scaling_setspeed", "<unsupported>"},
  };
  for (const auto& [name, text] : files) write(PolicyFile(number, name), text);
  if (!policy.levels.empty()) {
    write(PolicyFile(number, "scaling_available_frequencies"), policy.levels);
  }
}

inline void MakePolicy(int number, const MadePolicy& policy, MadeSysfs& host) {
  MakePolicy(number, policy,
             [&](const std::string& path, const std::string& text) {
               host.Make(path, text);
             });
}

// A package whose long-term constraint is the second, to be found by name.
inline void MakePackage(int number, int microwatts, MadeSysfs& host) {
  const std::string zone =
      absl::StrCat("sys/class/powercap/intel-rapl:", number, "/");
  host.Make(zone + "name", absl::StrCat("package-", number));
  host.Make(zone + "enabled", "1");
  host.Make(zone + "constraint_0_name", "short_term");
  host.Make(zone + "constraint_0_power_limit_uw", "250000000");
  host.Make(zone + "constraint_1_name", "long_term");
  host.Make(zone + "constraint_1_power_limit_uw", absl::StrCat(microwatts));
}

}  // namespace mj

#endif  // MILLIJOULE_TESTS_FAKES_MADE_SYSFS_H_
