// Carbon and water of electricity by place, and of the site: each number with
// its source and, where it ages, its year.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_CARBON_FACTORS_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_CARBON_FACTORS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace mj {

struct Factor {
  double value = 0;
  std::string source{};
  std::optional<int> year{};
};

struct GridFactor {
  std::string place;            // "world", or an ISO 3166 code: "DEU"
  Factor carbon;                // g of CO2 equivalents a kWh; has a year
  std::optional<Factor> water;  // L that power plants evaporate a kWh
};

// What making the server cost, to be amortised over its life.
struct Embodied {
  Factor server;    // kg of CO2 equivalents
  Factor lifetime;  // years, more than 0
  Factor share{1};  // of the server that is ours, 0 to 1
};

struct CarbonFactors {
  // Facility energy / IT energy (PUE); 1 counts the IT energy alone.
  Factor power_usage_effectiveness{1};
  // L evaporated on site a kWh of IT energy (WUE).
  Factor water_usage_effectiveness{0};
  std::vector<GridFactor> grids;     // by ascending place
  std::optional<Embodied> embodied;  // none is assumed
};

// What `text` says over what `base` says, key by key. INVALID_ARGUMENT names
// file and key, as for CPU descriptors; then also: a PUE below 1, an intensity
// without its year, water of a place without carbon, half of an [embodied].
absl::StatusOr<CarbonFactors> ParseCarbonFactors(std::string_view file,
                                                 std::string_view text,
                                                 CarbonFactors base = {});
// Has at least "world".
absl::StatusOr<CarbonFactors> CompiledCarbonFactors();

// NOT_FOUND lists the places there are.
absl::StatusOr<GridFactor> FindGrid(const CarbonFactors& factors,
                                    std::string_view place);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_CARBON_FACTORS_H_
