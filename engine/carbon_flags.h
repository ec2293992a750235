// The flags that say what a joule means for carbon and water: the same in
// every command that tells it.
#ifndef MILLIJOULE_ENGINE_CARBON_FLAGS_H_
#define MILLIJOULE_ENGINE_CARBON_FLAGS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/energy/carbon.h"
#include "engine/flag.h"

namespace mj {

struct CarbonFlags {
  std::string file;  // TOML over the compiled factors; "": those alone
  std::string grid = "world";
  std::string series;  // CSV of GridSeries; "": the yearly average
  std::optional<double> power_usage_effectiveness;  // none: the factors'
};

// `flags` must outlive the result.
std::vector<Flag> CarbonFlagTable(CarbonFlags& flags);

// Reads the files. Errors name the flag, the file and the line or key.
absl::StatusOr<Carbon> LoadCarbon(const CarbonFlags& flags);

// "475 g/kWh (world, CodeCarbon ..., 2023), PUE 1": for people.
std::string DescribeCarbon(const Carbon& carbon);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_CARBON_FLAGS_H_
