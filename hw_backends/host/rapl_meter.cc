#include "hw_backends/host/rapl_meter.h"

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "hw_backends/host/counter_file_meter.h"
#include "hw_backends/host/read_sysfs.h"

namespace mj {
namespace {

namespace fs = std::filesystem;

// The largest sockets are specified for 500 W and exceed it for moments.
constexpr Watts kMaxZonePower(1000);
constexpr Watts kMaxPlatformPower(5000);  // a node of several sockets
constexpr Seconds kUpdatePeriod(1e-3);    // Intel SDM: about 1 ms
// A zone is a 32-bit register times a unit: its range tells the unit.
constexpr double kRegisterSteps = 4294967295.0;

constexpr const char* kRemedyWithoutZones =
    "a kernel with CONFIG_INTEL_RAPL and 'modprobe intel_rapl_msr'; in a "
    "container also the host's /sys/class/powercap and "
    "/sys/devices/virtual/powercap, mounted read-only";

// Zones by name of their folder. The class lists all of them flat; a zone
// also lies within its parent.
void CollectZones(const fs::path& folder, std::map<std::string, fs::path>& to) {
  for (const fs::path& entry : SysfsEntries(folder, "intel-rapl")) {
    const std::string id = entry.filename();
    if (absl::StrContains(id, ":")) to.emplace(id, entry);
  }
  for (const fs::path& entry : SysfsEntries(folder, "intel-rapl")) {
    CollectZones(entry, to);
  }
}

std::string NameOf(const fs::path& zone) {
  const absl::StatusOr<std::string> name = ReadSysfsText(zone / "name");
  return name.ok() && !name->empty() ? *name : zone.filename().string();
}

MeterKind KindOf(const std::string& name) {
  if (absl::StartsWith(name, "package")) return MeterKind::kPackage;
  if (name == "dram") return MeterKind::kDram;
  if (name == "core" || name == "uncore") return MeterKind::kPart;
  if (name == "psys") return MeterKind::kPlatform;
  return MeterKind::kOther;
}

RaplZone MakeZone(const std::string& id,
                  const std::map<std::string, fs::path>& all) {
  RaplZone zone{.folder = all.at(id), .domain = NameOf(all.at(id))};
  zone.kind = KindOf(zone.domain);
  const size_t colon = id.rfind(':');
  const std::string parent = id.substr(0, colon);
  if (!absl::StrContains(parent, ":")) return zone;  // a control type
  const auto found = all.find(parent);
  zone.domain = absl::StrCat(
      found == all.end() ? parent : NameOf(found->second), "/", zone.domain);
  return zone;
}

bool IsMmio(const RaplZone& zone) {
  return absl::StrContains(zone.folder.filename().string(), "mmio");
}

CounterTraits TraitsOf(const RaplZone& zone) {
  CounterTraits traits;
  traits.range =
      ReadSysfsNumber(zone.folder / "max_energy_range_uj").value_or(0);
  const bool platform = zone.kind == MeterKind::kPlatform;
  traits.max_power = platform ? kMaxPlatformPower : kMaxZonePower;
  traits.update_period = kUpdatePeriod;
  return traits;
}

std::unique_ptr<EnergyMeter> MakeMeter(const RaplZone& zone,
                                       const CounterTraits& traits,
                                       const Clock& clock) {
  MeterInfo info{.domain = zone.domain};
  info.resolution = std::max(
      traits.unit,
      traits.unit * (static_cast<double>(traits.range) / kRegisterSteps));
  info.calibration = absl::StrCat(kRaplInterface, ":", zone.domain);
  return std::make_unique<CounterFileMeter>(std::move(info), traits,
                                            zone.folder / "energy_uj", clock);
}

FoundMeter Examine(const RaplZone& zone, const Clock& clock) {
  const fs::path file = zone.folder / "energy_uj";
  FoundMeter found{.interface = kRaplInterface,
                   .domain = zone.domain,
                   .source = file.string(),
                   .kind = zone.kind};
  const absl::Status status = ReadSysfsNumber(file).status();
  if (status.ok()) {
    const CounterTraits traits = TraitsOf(zone);
    found.max_power = traits.max_power;
    found.meter = MakeMeter(zone, traits, clock);
    return found;
  }
  found.why = std::string(status.message());
  std::error_code error;
  if (absl::IsPermissionDenied(status)) {
    found.remedy = ReadPermissionRemedy(file);
  } else if (!fs::exists(zone.folder, error)) {
    absl::StrAppend(&found.why, " (masked by the container's runtime)");
    found.remedy = kRemedyWithoutZones;
  }
  return found;
}

}  // namespace

std::vector<RaplZone> ListRaplZones(const std::string& root) {
  std::map<std::string, fs::path> all;
  CollectZones(fs::path(root) / "sys/class/powercap", all);
  std::vector<RaplZone> zones;
  for (const auto& [id, folder] : all) zones.push_back(MakeZone(id, all));
  std::stable_sort(zones.begin(), zones.end(),
                   [](const RaplZone& a, const RaplZone& b) {
                     if (IsMmio(a) != IsMmio(b)) return IsMmio(b);
                     return a.domain.size() != b.domain.size()
                                ? a.domain.size() < b.domain.size()
                                : a.domain < b.domain;
                   });
  return zones;
}

std::vector<FoundMeter> FindRaplMeters(const std::string& root,
                                       const Clock& clock) {
  std::vector<FoundMeter> found;
  for (const RaplZone& zone : ListRaplZones(root)) {
    found.push_back(Examine(zone, clock));
  }
  if (!found.empty()) return found;
  std::error_code error;
  const fs::path folder = fs::path(root) / "sys/class/powercap";
  found.push_back(AbsentInterface(
      kRaplInterface,
      fs::exists(folder, error)
          ? absl::StrCat(folder.string(), " has no intel-rapl zone")
          : absl::StrCat("the kernel has no ", folder.string()),
      root, kRemedyWithoutZones));
  return found;
}

}  // namespace mj
