// What became of the joules since the start, for operators.
#ifndef MILLIJOULE_ENGINE_ENERGY_STATEMENT_H_
#define MILLIJOULE_ENGINE_ENERGY_STATEMENT_H_

#include <optional>
#include <string>

#include "engine/energy_control.h"
#include "hw_backends/energy_meter.h"
#include "hw_backends/quantities.h"

namespace mj {

struct EnergyStatement {
  EnergyControl::Totals totals;  // known windows only; their sum is the meter's
  MeterInfo meter;
  std::string calibration;      // of the model that divides them
  std::optional<double> scale;  // meter / model of recent windows, if measured
  Seconds uptime{0};
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_STATEMENT_H_
