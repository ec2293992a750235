#include "engine/energy/footprint.h"

namespace mj {

Footprint& Footprint::operator+=(const Footprint& other) {
  facility += other.facility;
  grams_co2e += other.grams_co2e;
  litres = litres && other.litres ? std::optional(*litres + *other.litres)
                                  : std::nullopt;
  return *this;
}

Footprint FootprintOf(Joules it_energy, const SiteFactors& factors) {
  Footprint result;
  result.facility = it_energy * factors.power_usage_effectiveness;
  const double it_kwh = it_energy.value() / kJoulesPerKwh;
  const double facility_kwh = result.facility.value() / kJoulesPerKwh;
  result.grams_co2e = facility_kwh * factors.grams_per_kwh;
  result.litres = std::nullopt;
  if (factors.source_water) {
    result.litres =
        it_kwh * factors.site_water + facility_kwh * *factors.source_water;
  }
  return result;
}

double EmbodiedGrams(const Embodied& embodied, Seconds time) {
  constexpr double kSecondsPerYear = 365.25 * 86400;
  constexpr double kGramsPerKilogram = 1000;
  return embodied.server.value * kGramsPerKilogram * embodied.share.value *
         time.count() / (embodied.lifetime.value * kSecondsPerYear);
}

}  // namespace mj
