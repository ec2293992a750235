#include "hw_backends/host/powercap_actuator.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace mj {
namespace {

constexpr const char* kFolder = "sys/class/powercap";
constexpr double kMicrowatt = 1e-6;
constexpr int kMaxConstraints = 8;  // drivers have up to three
constexpr double kAssumedLowShare = 0.25;

// "intel-rapl:0", and neither its parts ("intel-rapl:0:0") nor psys.
std::vector<std::string> PackageZones(const SysfsFiles& files) {
  std::vector<std::string> zones;
  for (const std::string& name : files.List(kFolder)) {
    const std::string zone = absl::StrCat(kFolder, "/", name);
    if (absl::StartsWith(name, "intel-rapl:") &&
        absl::StartsWith(files.Read(zone + "/name").value_or(""), "package")) {
      zones.push_back(zone);
    }
  }
  return zones;
}

// The prefix of the long-term constraint's files.
std::optional<std::string> LongTerm(const SysfsFiles& files,
                                    const std::string& zone) {
  for (int i = 0; i < kMaxConstraints; ++i) {
    const std::string prefix = absl::StrCat(zone, "/constraint_", i, "_");
    if (files.Read(prefix + "name").value_or("") == "long_term") return prefix;
  }
  return std::nullopt;
}

std::optional<double> PositiveWatts(const SysfsFiles& files,
                                    const std::string& path) {
  const absl::StatusOr<int64_t> number = ReadInteger(files, path);
  if (!number.ok() || *number <= 0) return std::nullopt;
  return static_cast<double>(*number) * kMicrowatt;
}

absl::StatusOr<SysfsKnob> ZoneKnob(const SysfsFiles& files,
                                   const std::string& zone) {
  const std::optional<std::string> prefix = LongTerm(files, zone);
  if (!prefix) {
    return absl::NotFoundError(
        absl::StrCat("/", zone, " has no constraint named long_term"));
  }
  SysfsKnob knob{.ceiling = *prefix + "power_limit_uw", .unit = kMicrowatt};
  const absl::StatusOr<int64_t> found = ReadInteger(files, knob.ceiling);
  if (!found.ok()) return found.status();
  knob.high = static_cast<double>(*found) * kMicrowatt;
  knob.high = std::min(
      knob.high,
      PositiveWatts(files, *prefix + "max_power_uw").value_or(knob.high));
  knob.low = std::min(knob.high, PositiveWatts(files, *prefix + "min_power_uw")
                                     .value_or(knob.high * kAssumedLowShare));
  if (files.Read(zone + "/enabled").value_or("") == "0") {
    knob.prepare = {{zone + "/enabled", "1"}};
  }
  return knob;
}

}  // namespace

absl::StatusOr<PowercapPlan> PlanPowercap(const SysfsFiles& files) {
  const std::vector<std::string> zones = PackageZones(files);
  if (zones.empty()) {
    return absl::NotFoundError(
        absl::StrCat("/", kFolder,
                     " has no package zone of intel-rapl: usual in a virtual "
                     "machine; elsewhere the module intel_rapl_msr brings it"));
  }
  PowercapPlan plan{.info = {.name = "powercap", .domain = "package"}};
  plan.plan.is_sum = true;
  double low = 0, high = 0;
  for (const std::string& zone : zones) {
    absl::StatusOr<SysfsKnob> knob = ZoneKnob(files, zone);
    if (!knob.ok()) return knob.status();
    low = std::max(low, knob->low);
    high = plan.plan.knobs.empty() ? knob->high : std::min(high, knob->high);
    plan.plan.knobs.push_back(*std::move(knob));
  }
  const double count = static_cast<double>(zones.size());
  plan.info.low = Watts(low * count);
  plan.info.high = Watts(high * count);
  plan.info.source =
      absl::StrCat("intel-rapl, long-term limit of ", zones.size(),
                   zones.size() == 1 ? " package" : " packages");
  if (low < high) return plan;
  return absl::FailedPreconditionError(absl::StrCat(
      "the limits of the packages leave nothing to choose: ",
      QuantityText(plan.info.low), " to ", QuantityText(plan.info.high)));
}

}  // namespace mj
