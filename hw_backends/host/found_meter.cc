#include "hw_backends/host/found_meter.h"

#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "hw_backends/host/read_sysfs.h"

namespace mj {
namespace {

// The "hypervisor" flag: CPUID leaf 1, ECX bit 31, which only hypervisors set.
bool IsVirtualMachine(const std::string& root) {
  const absl::StatusOr<std::string> text =
      ReadSysfsText(std::filesystem::path(root) / "proc/cpuinfo");
  if (!text.ok()) return false;
  for (absl::string_view line : absl::StrSplit(*text, '\n')) {
    if (!absl::StartsWith(line, "flags")) continue;
    return absl::StrContains(absl::StrCat(line, " "), " hypervisor ");
  }
  return false;
}

}  // namespace

std::string_view MeterKindName(MeterKind kind) {
  switch (kind) {
    case MeterKind::kPackage:
      return "package";
    case MeterKind::kDram:
      return "dram";
    case MeterKind::kPart:
      return "part";
    case MeterKind::kPlatform:
      return "platform";
    case MeterKind::kGpu:
      return "gpu";
    case MeterKind::kOther:
      return "other";
  }
  return "";
}

FoundMeter AbsentInterface(const std::string& interface, std::string why,
                           const std::string& root, std::string on_hardware) {
  FoundMeter absent{.interface = interface, .why = std::move(why)};
  absent.remedy = IsVirtualMachine(root)
                      ? "run on the physical host: this is a virtual machine, "
                        "and its hypervisor does not pass the counters on"
                      : std::move(on_hardware);
  return absent;
}

}  // namespace mj
