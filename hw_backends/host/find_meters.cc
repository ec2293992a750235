#include "hw_backends/host/find_meters.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "hw_backends/combined_meter.h"
#include "hw_backends/host/hwmon_meter.h"
#include "hw_backends/host/rapl_meter.h"
#include "hw_backends/host/suspend_guard.h"

namespace mj {
namespace {

// In order of preference: powercap tells ranges, perf needs a descriptor kept
// open, hwmon names its domains least.
constexpr const char* kCpuInterfaces[] = {kRaplInterface, kPerfInterface,
                                          kHwmonInterface};

bool Is(const FoundMeter& meter, const std::string& interface, MeterKind kind) {
  return meter.interface == interface && meter.kind == kind;
}

// Marks one readable counter of each domain; nothing, and false, where there
// is no domain or one of them has none.
bool SumDomains(const std::string& interface, MeterKind kind,
                std::span<FoundMeter> found) {
  std::map<std::string, FoundMeter*> domains;
  for (FoundMeter& meter : found) {
    if (!Is(meter, interface, kind)) continue;
    FoundMeter*& chosen = domains[meter.domain];
    if (chosen == nullptr && meter.meter != nullptr) chosen = &meter;
  }
  for (const auto& [domain, meter] : domains) {
    if (meter == nullptr) return false;
  }
  for (const auto& [domain, meter] : domains) meter->summed = true;
  return !domains.empty();
}

bool SumCpus(std::span<FoundMeter> found) {
  for (const char* interface : kCpuInterfaces) {
    if (!SumDomains(interface, MeterKind::kPackage, found)) continue;
    SumDomains(interface, MeterKind::kDram, found);
    return true;
  }
  const bool has_packages = std::any_of(
      found.begin(), found.end(),
      [](const FoundMeter& m) { return m.kind == MeterKind::kPackage; });
  return !has_packages &&
         SumDomains(kRaplInterface, MeterKind::kPlatform, found);
}

std::string RoleOf(const FoundMeter& meter) {
  if (meter.summed) return "summed";
  if (meter.meter == nullptr) return "";
  switch (meter.kind) {
    case MeterKind::kPart:
      return "not summed: a part of its package";
    case MeterKind::kPlatform:
      return "not summed: contains the packages";
    case MeterKind::kGpu:
      return "not summed: no backend uses it";
    case MeterKind::kOther:
      return "not summed: what it covers is not known";
    case MeterKind::kPackage:
    case MeterKind::kDram:
      return "not summed: counted already, or another one of its kind cannot "
             "be read";
  }
  return "";
}

// "package+dram": kinds in their own order.
std::string DomainOf(std::span<const FoundMeter> summed) {
  std::set<MeterKind> kinds;
  for (const FoundMeter& meter : summed) kinds.insert(meter.kind);
  return absl::StrJoin(kinds, "+", [](std::string* out, MeterKind kind) {
    out->append(MeterKindName(kind));
  });
}

// Of each interface the first counter that cannot be read, and why.
std::string WhyNone(std::span<const FoundMeter> found) {
  std::set<std::string> seen;
  std::vector<std::string> reasons;
  for (const FoundMeter& meter : found) {
    if (meter.meter != nullptr || !seen.insert(meter.interface).second) {
      continue;
    }
    reasons.push_back(absl::StrCat(meter.interface, ": ", meter.why));
  }
  return absl::StrCat("no counter of the whole machine can be read (",
                      absl::StrJoin(reasons, "; "), ")");
}

HostFact FactOf(const std::string& interface,
                std::span<const FoundMeter> found) {
  std::vector<std::string> counted, reasons;
  for (const FoundMeter& meter : found) {
    if (meter.interface != interface) continue;
    if (meter.meter != nullptr) {
      counted.push_back(meter.domain);
    } else {
      reasons.push_back(meter.why);
    }
  }
  if (counted.empty()) {
    return {interface, false, reasons.empty() ? "" : reasons.front()};
  }
  return {interface, true,
          absl::StrCat("counts ", absl::StrJoin(counted, ", "))};
}

}  // namespace

std::vector<FoundMeter> FindMeters(const std::string& root, const Clock& clock,
                                   const PerfCalls& perf) {
  std::vector<FoundMeter> all = FindRaplMeters(root, clock);
  std::ranges::move(FindPerfEnergyMeters(root, perf, clock),
                    std::back_inserter(all));
  std::ranges::move(FindHwmonMeters(root, clock), std::back_inserter(all));
  return all;
}

void ChooseBoundary(bool with_gpus, std::span<FoundMeter> found) {
  for (FoundMeter& meter : found) meter.summed = false;
  const bool whole =
      SumCpus(found) &&
      (!with_gpus || SumDomains(kNvmlInterface, MeterKind::kGpu, found));
  for (FoundMeter& meter : found) {
    meter.summed = meter.summed && whole;
    meter.role = RoleOf(meter);
  }
}

Boundary TakeBoundary(std::vector<FoundMeter> found, const Clock& clock,
                      std::unique_ptr<const Clock> boot) {
  const auto rest = std::stable_partition(
      found.begin(), found.end(), [](const FoundMeter& m) { return m.summed; });
  if (rest == found.begin()) return {.description = WhyNone(found)};
  const std::span<FoundMeter> summed(found.begin(), rest);
  Boundary boundary;
  const std::string domain = DomainOf(summed);
  std::vector<std::unique_ptr<EnergyMeter>> members;
  std::vector<std::string> names;
  for (FoundMeter& meter : summed) {
    boundary.max_power += meter.max_power;
    names.push_back(absl::StrCat(meter.interface, " ", meter.domain));
    members.push_back(std::move(meter.meter));
  }
  boundary.description = absl::StrJoin(names, " + ");
  boundary.meter = std::make_unique<SuspendGuard>(
      std::make_unique<CombinedMeter>(domain, std::move(members)), clock,
      std::move(boot));
  return boundary;
}

std::vector<HostFact> MeterFacts(std::span<const FoundMeter> found) {
  std::vector<HostFact> facts;
  std::set<std::string> seen;
  for (const FoundMeter& meter : found) {
    if (!seen.insert(meter.interface).second) continue;
    facts.push_back(FactOf(meter.interface, found));
  }
  return facts;
}

}  // namespace mj
