// What joules mean for the climate and for water (SCI 1.1 of the Green Software
// Foundation, location-based; water as in Jegham et al. 2025):
//
//   E_facility = E_IT * PUE                       once, and nowhere else
//   CO2e       = E_facility * intensity           operational (SCI's O)
//   water      = E_IT * WUE_site + E_facility * WUE_source
//
// WUE_site is per kWh of IT energy: multiplying it by facility energy would
// count PUE twice. Embodied carbon (SCI's M) is amortised by time, told apart,
// and never part of a decision: it is spent whatever the server does.
#ifndef MILLIJOULE_ENGINE_ENERGY_FOOTPRINT_H_
#define MILLIJOULE_ENGINE_ENERGY_FOOTPRINT_H_

#include <optional>

#include "hw_backends/models/carbon_factors.h"
#include "hw_backends/quantities.h"

namespace mj {

constexpr double kJoulesPerKwh = 3.6e6;

// True at one place and time.
struct SiteFactors {
  double power_usage_effectiveness = 1;
  double site_water = 0;  // L/kWh of IT energy
  double grams_per_kwh = 0;
  std::optional<double> source_water{};  // L/kWh of facility energy
};

struct Footprint {
  Joules facility{0};
  double grams_co2e = 0;
  // Absent where the water of any part is unknown.
  std::optional<double> litres = 0;

  Footprint& operator+=(const Footprint& other);
};

// Linear in the energy.
Footprint FootprintOf(Joules it_energy, const SiteFactors& factors);

// M of a time in which the server was ours.
double EmbodiedGrams(const Embodied& embodied, Seconds time);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_FOOTPRINT_H_
