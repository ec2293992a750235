#include "hw_backends/host/host_facts.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "hw_backends/host/cores.h"
#include "hw_backends/host/huge_pages.h"
#include "kernels/cpu_features.h"

namespace mj {
namespace {

namespace fs = std::filesystem;

std::string FirstLine(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// The value of a "key : value" line of proc/cpuinfo.
std::optional<std::string> CpuInfo(const std::string& root, const char* key) {
  std::ifstream file(fs::path(root) / "proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const absl::string_view name =
        absl::StripAsciiWhitespace(absl::string_view(line).substr(0, colon));
    if (name != key) continue;
    return std::string(
        absl::StripAsciiWhitespace(absl::string_view(line).substr(colon + 1)));
  }
  return std::nullopt;
}

int CpuInfoNumber(const std::string& root, const char* key) {
  int number = 0;
  const std::optional<std::string> text = CpuInfo(root, key);
  return text && absl::SimpleAtoi(*text, &number) ? number : 0;
}

// Paths of entries in a sysfs folder whose names start with `prefix`.
std::vector<fs::path> Entries(const fs::path& folder,
                              const std::string& prefix) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (absl::StartsWith(entry.path().filename().string(), prefix)) {
      found.push_back(entry.path());
    }
  }
  return found;
}

HostFact Absent(std::string name, std::string why) {
  return {std::move(name), false, std::move(why)};
}

HostFact CpuFrequency(const fs::path& root) {
  const fs::path policy = root / "sys/devices/system/cpu/cpufreq/policy0";
  if (!fs::exists(policy)) {
    return Absent("cpufreq",
                  "the kernel has no /sys/devices/system/cpu/"
                  "cpufreq/policy0 (the hypervisor owns the clock)");
  }
  return {"cpufreq", true,
          absl::StrCat(FirstLine(policy / "scaling_driver"), ", governor ",
                       FirstLine(policy / "scaling_governor"), ", ",
                       FirstLine(policy / "cpuinfo_min_freq"), " to ",
                       FirstLine(policy / "cpuinfo_max_freq"), " kHz")};
}

HostFact IntelPstate(const fs::path& root) {
  const fs::path folder = root / "sys/devices/system/cpu/intel_pstate";
  if (!fs::exists(folder)) {
    return Absent("intel_pstate", "the driver is not loaded");
  }
  return {"intel_pstate", true, FirstLine(folder / "status")};
}

HostFact PowerCap(const fs::path& root) {
  for (const fs::path& zone :
       Entries(root / "sys/class/powercap", "intel-rapl:")) {
    const fs::path limit = zone / "constraint_0_power_limit_uw";
    if (fs::exists(limit)) {
      return {"power_cap", true,
              absl::StrCat(FirstLine(zone / "name"), " at ", FirstLine(limit),
                           " microwatts")};
    }
  }
  return Absent("power_cap", "no powercap zone has a limit");
}

HostFact NvidiaDriver(const fs::path& root) {
  if (!fs::exists(root / "proc/driver/nvidia/version")) {
    return Absent("nvidia_driver", "/proc/driver/nvidia is absent");
  }
  return {"nvidia_driver", true, FirstLine(root / "proc/driver/nvidia/version")};
}

}  // namespace

CpuIdentity ReadCpuIdentity(const std::string& root) {
  CpuIdentity cpu;
  cpu.vendor = CpuInfo(root, "vendor_id").value_or("");
  cpu.family = CpuInfoNumber(root, "cpu family");
  cpu.model = CpuInfoNumber(root, "model");
  return cpu;
}

std::string ReadCpuName(const std::string& root) {
  return CpuInfo(root, "model name").value_or("unknown");
}

std::vector<HostFact> ReadHostFacts(const std::string& root) {
  const CoreAllowance cores = AllowedCores(root);
  const HugePages pages = ReadHugePages(root);
  return {
      {"cpu", true, ReadCpuName(root)},
      {"instructions", true, DescribeFeatures(ReadCpuFeatures())},
      {"cores", true, DescribeCores(cores)},
      {"huge_pages", pages.offered, pages.detail},
      CpuFrequency(root),
      IntelPstate(root),
      PowerCap(root),
      NvidiaDriver(root),
  };
}

}  // namespace mj
