// An energy counter that a host has, readable or not, or an interface that it
// lacks.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_FOUND_METER_H_
#define MILLIJOULE_HW_BACKENDS_HOST_FOUND_METER_H_

#include <memory>
#include <string>
#include <string_view>

#include "hw_backends/energy_meter.h"
#include "hw_backends/quantities.h"

namespace mj {

// What a counter covers, which tells whether it may be added to others.
enum class MeterKind {
  kPackage,   // a socket or die with its cores and caches
  kDram,      // a socket's memory, which no kPackage contains
  kPart,      // inside a package: cores, uncore, on-chip graphics
  kPlatform,  // packages, memory and more
  kGpu,       // a whole card
  kOther,     // not known, or of another device
};

// "package", "dram", "part", "platform", "gpu", "other".
std::string_view MeterKindName(MeterKind kind);

// Names of interfaces, which are rows of `millijoule devices`, too.
inline constexpr const char* kRaplInterface = "rapl";
inline constexpr const char* kPerfInterface = "perf_energy";
inline constexpr const char* kHwmonInterface = "hwmon";
inline constexpr const char* kNvmlInterface = "nvml";

struct FoundMeter {
  std::string interface {};  // one of the above
  std::string
      domain{};  // "package-0"; empty: the interface counts nothing here
  std::string source{};  // file, event or library
  MeterKind kind = MeterKind::kOther;
  Watts max_power{0};                    // the domain cannot draw more
  std::unique_ptr<EnergyMeter> meter{};  // null: not readable
  std::string why{};                     // not readable: why
  std::string remedy{};  // not readable: what would make it so; may be empty
  // By ChooseBoundary (find_meters.h).
  bool summed = false;  // part of the machine's total
  std::string role{};   // why it is or is not
};

// An interface without any counter. What would help depends on whether a
// hypervisor is below (proc/cpuinfo); on real hardware it is `on_hardware`.
FoundMeter AbsentInterface(const std::string& interface, std::string why,
                           const std::string& root, std::string on_hardware);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_FOUND_METER_H_
