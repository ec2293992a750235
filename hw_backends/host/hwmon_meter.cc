#include "hw_backends/host/hwmon_meter.h"

#include <filesystem>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "hw_backends/host/counter_file_meter.h"
#include "hw_backends/host/read_sysfs.h"

namespace mj {
namespace {

namespace fs = std::filesystem;

constexpr const char* kAmdEnergy = "amd_energy";
constexpr Watts kMaxPower(1000);  // as rapl_meter.cc
// amd_energy reads the registers, which move each millisecond; of other chips
// nothing is stated beyond update_interval, which few have.
constexpr Seconds kAmdUpdatePeriod(1e-3);
constexpr Seconds kUnstatedUpdatePeriod(1);

struct Counter {
  fs::path file;      // energyN_input
  std::string chip;   // the driver's name
  std::string label;  // "Esocket0"; where there is none "energyN"
};

// "energy1" of "energy1_input".
std::string ChannelOf(const fs::path& file) {
  const std::string name = file.filename();
  return name.substr(0, name.find('_'));
}

std::vector<fs::path> Counters(const fs::path& chip) {
  std::vector<fs::path> files = SysfsEntries(chip, "energy");
  std::erase_if(files, [](const fs::path& file) {
    return !absl::EndsWith(file.filename().string(), "_input");
  });
  return files;
}

// ACPI's power meters have averages only.
std::optional<fs::path> PowerSensor(const fs::path& chip) {
  for (const fs::path& file : SysfsEntries(chip, "power")) {
    const std::string name = file.filename();
    if (absl::EndsWith(name, "_input") || absl::EndsWith(name, "_average")) {
      return file;
    }
  }
  return std::nullopt;
}

std::string ChipName(const fs::path& chip) {
  return ReadSysfsText(chip / "name").value_or(chip.filename().string());
}

Seconds UpdatePeriod(const Counter& counter) {
  if (counter.chip == kAmdEnergy) return kAmdUpdatePeriod;
  const absl::StatusOr<uint64_t> milliseconds =
      ReadSysfsNumber(counter.file.parent_path() / "update_interval");
  return milliseconds.ok() ? Seconds(1e-3 * static_cast<double>(*milliseconds))
                           : kUnstatedUpdatePeriod;
}

// Domain and kind by chip and label.
void Classify(const Counter& counter, FoundMeter& found) {
  absl::string_view number = counter.label;
  if (counter.chip != kAmdEnergy) {
    found.domain = absl::StrCat(counter.chip, "/", counter.label);
  } else if (absl::ConsumePrefix(&number, "Esocket")) {
    found.domain = absl::StrCat("package-", std::string(number));
    found.kind = MeterKind::kPackage;
  } else {
    found.domain = absl::StrCat("core/", counter.label);
    found.kind = MeterKind::kPart;
  }
}

FoundMeter Examine(const Counter& counter, const Clock& clock) {
  FoundMeter found{.interface = kHwmonInterface,
                   .source = counter.file.string(),
                   .max_power = kMaxPower};
  Classify(counter, found);
  const absl::Status status = ReadSysfsNumber(counter.file).status();
  if (!status.ok()) {
    found.why = std::string(status.message());
    if (absl::IsPermissionDenied(status)) {
      found.remedy = ReadPermissionRemedy(counter.file);
    }
    return found;
  }
  CounterTraits traits;
  traits.max_power = kMaxPower;
  traits.update_period = UpdatePeriod(counter);
  MeterInfo info{.domain = found.domain, .resolution = traits.unit};
  info.calibration = absl::StrCat(kHwmonInterface, ":", found.domain);
  found.meter = std::make_unique<CounterFileMeter>(std::move(info), traits,
                                                   counter.file, clock);
  return found;
}

FoundMeter PowerOnly(const fs::path& chip, const fs::path& sensor) {
  return {.interface = kHwmonInterface,
          .domain = absl::StrCat(ChipName(chip), "/", ChannelOf(sensor)),
          .source = sensor.string(),
          .why =
              "tells power, averaged over a window that nobody states: no "
              "counter of energy"};
}

}  // namespace

std::vector<FoundMeter> FindHwmonMeters(const std::string& root,
                                        const Clock& clock) {
  const fs::path folder = fs::path(root) / "sys/class/hwmon";
  std::vector<FoundMeter> found;
  for (const fs::path& chip : SysfsEntries(folder, "hwmon")) {
    const std::vector<fs::path> counters = Counters(chip);
    for (const fs::path& file : counters) {
      const std::string channel = ChannelOf(file);
      const std::string label =
          ReadSysfsText(chip / absl::StrCat(channel, "_label"))
              .value_or(channel);
      found.push_back(Examine({file, ChipName(chip), label}, clock));
    }
    const std::optional<fs::path> sensor = PowerSensor(chip);
    if (counters.empty() && sensor) found.push_back(PowerOnly(chip, *sensor));
  }
  if (found.empty()) {
    found.push_back(AbsentInterface(
        kHwmonInterface,
        absl::StrCat("no chip in ", folder.string(), " counts energy"), root,
        "a board or CPU with such a chip and its driver"));
  }
  return found;
}

}  // namespace mj
