// Which carbon and water factors hold at a time: the grid's series where it
// knows, else the place's yearly average.
#ifndef MILLIJOULE_ENGINE_ENERGY_CARBON_H_
#define MILLIJOULE_ENGINE_ENERGY_CARBON_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/energy/footprint.h"
#include "engine/energy/grid_series.h"
#include "hw_backends/models/carbon_factors.h"

namespace mj {

// Plain data, cheap to copy.
struct Carbon {
  Factor power_usage_effectiveness{1};
  Factor water_usage_effectiveness{0};
  GridFactor grid;
  std::shared_ptr<const GridSeries> series;  // null: the yearly average
  std::string series_source;                 // its file
  std::optional<Embodied> embodied;
};

// NOT_FOUND as FindGrid.
absl::StatusOr<Carbon> MakeCarbon(const CarbonFactors& factors,
                                  std::string_view place);

// The factors over [start, end]. Pure.
SiteFactors FactorsOver(const Carbon& carbon, absl::Time start, absl::Time end);
// Whether it is the series that prices that time.
bool SeriesKnows(const Carbon& carbon, absl::Time start, absl::Time end);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_CARBON_H_
