#include "hw_backends/host/perf_energy_meter.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "hw_backends/host/read_sysfs.h"

namespace mj {
namespace {

namespace fs = std::filesystem;

constexpr Watts kMaxPackagePower(1000);   // as rapl_meter.cc
constexpr Watts kMaxPlatformPower(5000);  // as rapl_meter.cc
constexpr Seconds kUpdatePeriod(1e-3);    // of the registers
constexpr int kMaxCpus = 4096;

constexpr const char* kPermissionRemedy =
    "run as root, or give the program the right: setcap cap_perfmon+ep FILE, "
    "or sysctl kernel.perf_event_paranoid=0";

int OpenPerfEvent(uint32_t type, uint64_t config, int cpu) {
  perf_event_attr attributes{};
  attributes.type = type;
  attributes.size = sizeof(attributes);
  attributes.config = config;
  // These events belong to no process.
  const long result = syscall(SYS_perf_event_open, &attributes, /*pid=*/-1, cpu,
                              /*group_fd=*/-1, PERF_FLAG_FD_CLOEXEC);
  return result < 0 ? -errno : static_cast<int>(result);
}

int ReadPerfEvent(int descriptor, uint64_t& count) {
  const ssize_t length = read(descriptor, &count, sizeof(count));
  return length < 0 ? -errno : static_cast<int>(length);
}

absl::Status OpenFailure(const std::string& source, int error) {
  const std::string message =
      absl::StrCat(source, ": ", std::generic_category().message(error));
  if (error == EACCES || error == EPERM) {
    return absl::PermissionDeniedError(message);
  }
  return absl::UnavailableError(message);
}

struct EventKind {
  const char* event;
  const char* part;  // of the domain's name: "package-0/dram"
  MeterKind kind;
};
constexpr EventKind kEventKinds[] = {
    {"energy-pkg", "", MeterKind::kPackage},
    {"energy-ram", "/dram", MeterKind::kDram},
    {"energy-cores", "/core", MeterKind::kPart},
    {"energy-gpu", "/uncore", MeterKind::kPart},
    {"energy-psys", "/psys", MeterKind::kPlatform},
};

// "package-0", "package-1-die-1": what the CPU belongs to.
std::string PackageOf(const std::string& root, int cpu) {
  const fs::path topology = fs::path(root) / "sys/devices/system/cpu" /
                            absl::StrCat("cpu", cpu) / "topology";
  const auto package = ReadSysfsNumber(topology / "physical_package_id");
  if (!package.ok()) return absl::StrCat("package-of-cpu-", cpu);
  const uint64_t die = ReadSysfsNumber(topology / "die_id").value_or(0);
  return die == 0 ? absl::StrCat("package-", *package)
                  : absl::StrCat("package-", *package, "-die-", die);
}

struct Pmu {
  std::string folder;
  uint32_t type = 0;
  std::vector<int> cpus;
};

absl::StatusOr<Pmu> ReadPmu(const fs::path& folder) {
  const absl::StatusOr<uint64_t> type = ReadSysfsNumber(folder / "type");
  if (!type.ok()) return type.status();
  const absl::StatusOr<std::string> mask = ReadSysfsText(folder / "cpumask");
  if (!mask.ok()) return mask.status();
  absl::StatusOr<std::vector<int>> cpus = ParseCpuList(*mask);
  if (!cpus.ok()) return cpus.status();
  return Pmu{folder.string(), static_cast<uint32_t>(*type), *std::move(cpus)};
}

FoundMeter Examine(const Pmu& pmu, const EventKind& kind, int cpu,
                   const std::string& package, const PerfCalls& calls,
                   const Clock& clock) {
  const bool platform = kind.kind == MeterKind::kPlatform;
  FoundMeter found{
      .interface = kPerfInterface,
      .domain = absl::StrCat(package, kind.part),
      .source = absl::StrCat("power/", kind.event, "/ on CPU ", cpu),
      .kind = kind.kind,
      .max_power = platform ? kMaxPlatformPower : kMaxPackagePower};
  const absl::StatusOr<PerfEnergyEvent> event =
      ReadPerfEnergyEvent(pmu.folder, kind.event);
  if (!event.ok()) {
    found.why = std::string(event.status().message());
    return found;
  }
  absl::StatusOr<std::unique_ptr<PerfEnergyMeter>> meter =
      PerfEnergyMeter::Open(*event, pmu.type, cpu, found.domain,
                            found.max_power, calls, clock);
  if (meter.ok()) {
    found.meter = *std::move(meter);
  } else {
    found.why = std::string(meter.status().message());
    const bool denied = absl::IsPermissionDenied(meter.status());
    found.remedy = denied ? kPermissionRemedy : "";
  }
  return found;
}

}  // namespace

PerfCalls LinuxPerfCalls() { return {OpenPerfEvent, ReadPerfEvent}; }

absl::StatusOr<PerfEnergyEvent> ReadPerfEnergyEvent(const std::string& folder,
                                                    std::string name) {
  const std::string path = absl::StrCat(folder, "/events/", name);
  const absl::StatusOr<std::string> config = ReadSysfsText(path);
  if (!config.ok()) return config.status();
  const absl::StatusOr<std::string> scale = ReadSysfsText(path + ".scale");
  if (!scale.ok()) return scale.status();
  const absl::StatusOr<std::string> unit = ReadSysfsText(path + ".unit");
  if (!unit.ok()) return unit.status();

  PerfEnergyEvent event{.name = std::move(name)};
  absl::string_view number = *config;
  if (!absl::ConsumePrefix(&number, "event=") ||
      !absl::SimpleHexAtoi(number, &event.config)) {
    return absl::UnavailableError(
        absl::StrCat(path, ": says '", *config, "', need event=NUMBER"));
  }
  double joules = 0;
  if (!absl::SimpleAtod(*scale, &joules) || !(joules > 0 && joules <= 1e3)) {
    return absl::UnavailableError(absl::StrCat(path, ".scale: says '", *scale,
                                               "', need a number of joules"));
  }
  if (*unit != "Joules") {
    return absl::UnavailableError(
        absl::StrCat(path, ".unit: says '", *unit, "', need Joules"));
  }
  event.unit = Joules(joules);
  return event;
}

absl::StatusOr<std::vector<int>> ParseCpuList(std::string_view text) {
  std::vector<int> cpus;
  for (absl::string_view range :
       absl::StrSplit(absl::string_view(text.data(), text.size()), ',')) {
    const std::vector<absl::string_view> ends = absl::StrSplit(range, '-');
    int first = 0, last = 0;
    if (ends.size() > 2 || !absl::SimpleAtoi(ends.front(), &first) ||
        !absl::SimpleAtoi(ends.back(), &last) || first < 0 || last < first ||
        last >= kMaxCpus) {
      return absl::UnavailableError(absl::StrCat(
          "cpumask: says '", std::string(text), "', need a list of CPUs"));
    }
    for (int cpu = first; cpu <= last; ++cpu) cpus.push_back(cpu);
  }
  return cpus;
}

absl::StatusOr<std::unique_ptr<PerfEnergyMeter>> PerfEnergyMeter::Open(
    const PerfEnergyEvent& event, uint32_t type, int cpu, std::string domain,
    Watts max_power, PerfCalls calls, const Clock& clock) {
  MeterInfo info{.domain = std::move(domain),
                 .method = EnergyMethod::kMeasured,
                 .resolution = event.unit,
                 .update_period = kUpdatePeriod};
  info.source = absl::StrCat("power/", event.name, "/ on CPU ", cpu);
  info.calibration = absl::StrCat(kPerfInterface, ":", info.domain);
  const int descriptor = calls.open(type, event.config, cpu);
  if (descriptor < 0) return OpenFailure(info.source, -descriptor);
  CounterTraits traits{.unit = event.unit,
                       .max_power = max_power,
                       .update_period = kUpdatePeriod};
  return std::unique_ptr<PerfEnergyMeter>(new PerfEnergyMeter(
      std::move(info), traits, descriptor, std::move(calls), clock));
}

PerfEnergyMeter::PerfEnergyMeter(MeterInfo info, const CounterTraits& traits,
                                 int descriptor, PerfCalls calls,
                                 const Clock& clock)
    : info_(std::move(info)),
      counter_(traits),
      descriptor_(descriptor),
      calls_(std::move(calls)),
      clock_(clock) {}

PerfEnergyMeter::~PerfEnergyMeter() { close(descriptor_); }

absl::StatusOr<EnergySample> PerfEnergyMeter::Read() {
  uint64_t count = 0;
  const int length = calls_.read(descriptor_, count);
  if (length < 0) return OpenFailure(info_.source, -length);
  if (length != sizeof(count)) {
    return absl::UnavailableError(absl::StrCat(
        info_.source, ": the event has stopped, as when its CPU is offline"));
  }
  absl::StatusOr<EnergySample> sample = counter_.Advance(count, clock_.Now());
  if (sample.ok()) return sample;
  return absl::Status(
      sample.status().code(),
      absl::StrCat(info_.source, ": ", std::string(sample.status().message())));
}

std::vector<FoundMeter> FindPerfEnergyMeters(const std::string& root,
                                             const PerfCalls& calls,
                                             const Clock& clock) {
  const fs::path folder = fs::path(root) / "sys/bus/event_source/devices/power";
  std::vector<FoundMeter> found;
  const absl::StatusOr<Pmu> pmu = ReadPmu(folder);
  if (!pmu.ok()) {
    found.push_back(AbsentInterface(
        kPerfInterface,
        absl::StrCat("no power PMU: ", std::string(pmu.status().message())),
        root,
        "a kernel with CONFIG_PERF_EVENTS_INTEL_RAPL and 'modprobe rapl'"));
    return found;
  }
  for (const EventKind& kind : kEventKinds) {
    std::error_code error;
    if (!fs::exists(folder / "events" / kind.event, error)) continue;
    for (int cpu : pmu->cpus) {
      found.push_back(
          Examine(*pmu, kind, cpu, PackageOf(root, cpu), calls, clock));
    }
  }
  if (found.empty()) {
    found.push_back(AbsentInterface(
        kPerfInterface, "the power PMU has no energy event", root, ""));
  }
  return found;
}

}  // namespace mj
