// Grams of CO2-equivalent a kWh, by place, each with its source and year.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_CARBON_FACTORS_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_CARBON_FACTORS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "hw_backends/quantities.h"

namespace mj {

struct GridFactor {
  std::string place;  // "world", or an ISO 3166 code: "DEU"
  double grams_per_kwh = 0;
  std::string source;  // with its year
};

struct CarbonFactors {
  // Facility energy / IT energy; 1 counts the IT energy alone.
  double power_usage_effectiveness = 1;
  std::vector<GridFactor> grids;
};

// INVALID_ARGUMENT names file and key, as for CPU descriptors; `grid.world`
// must be there.
absl::StatusOr<CarbonFactors> ParseCarbonFactors(std::string_view file,
                                                 std::string_view text);
absl::StatusOr<CarbonFactors> CompiledCarbonFactors();

// NOT_FOUND lists the places there are.
absl::StatusOr<GridFactor> FindGrid(const CarbonFactors& factors,
                                    std::string_view place);

// energy * PUE * grams_per_kwh
double GramsCo2e(Joules energy, double power_usage_effectiveness,
                 double grams_per_kwh);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_CARBON_FACTORS_H_
