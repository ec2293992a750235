// The voltages that a device was seen at, and what it took there. Between two
// points, straight lines; outside, nothing: energy does not follow V^2.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_VOLTAGE_TABLE_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_VOLTAGE_TABLE_H_

#include <string_view>

#include "hw_backends/models/coefficient_fields.h"
#include "hw_backends/quantities.h"

namespace mj {

struct OperatingPoint {
  double volts = 0;
  Joules energy{0};
  Seconds delay{0};
};

enum class PointHolds { kVolts, kEnergy, kEnergyAndDelay };

// The point at `voltage` of [point.1], [point.2], ...: ascending `volts`,
// `energy` in `energy_unit` and `delay` in ns, as far as they hold it. A
// voltage outside the points is an error that names them.
OperatingPoint ReadOperatingPoint(const CoefficientFile& file,
                                  CoefficientFields& fields, PointHolds holds,
                                  std::string_view energy_unit = "");

// The `clock` within `clock_min` and `clock_max`, all in MHz; else an error.
Hertz ReadClock(CoefficientFields& fields);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_VOLTAGE_TABLE_H_
