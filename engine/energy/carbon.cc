#include "engine/energy/carbon.h"

#include <utility>

namespace mj {
namespace {

std::optional<double> SeriesOver(const Carbon& carbon, absl::Time start,
                                 absl::Time end) {
  if (carbon.series == nullptr) return std::nullopt;
  return carbon.series->MeanOver(start, end);
}

}  // namespace

absl::StatusOr<Carbon> MakeCarbon(const CarbonFactors& factors,
                                  std::string_view place) {
  absl::StatusOr<GridFactor> grid = FindGrid(factors, place);
  if (!grid.ok()) return grid.status();
  Carbon carbon;
  carbon.power_usage_effectiveness = factors.power_usage_effectiveness;
  carbon.water_usage_effectiveness = factors.water_usage_effectiveness;
  carbon.grid = *std::move(grid);
  carbon.embodied = factors.embodied;
  return carbon;
}

SiteFactors FactorsOver(const Carbon& carbon, absl::Time start,
                        absl::Time end) {
  SiteFactors site;
  site.power_usage_effectiveness = carbon.power_usage_effectiveness.value;
  site.site_water = carbon.water_usage_effectiveness.value;
  site.grams_per_kwh =
      SeriesOver(carbon, start, end).value_or(carbon.grid.carbon.value);
  if (carbon.grid.water) site.source_water = carbon.grid.water->value;
  return site;
}

bool SeriesKnows(const Carbon& carbon, absl::Time start, absl::Time end) {
  return SeriesOver(carbon, start, end).has_value();
}

}  // namespace mj
