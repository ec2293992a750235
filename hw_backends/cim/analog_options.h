// How an analog device is set up.
#ifndef MILLIJOULE_HW_BACKENDS_CIM_ANALOG_OPTIONS_H_
#define MILLIJOULE_HW_BACKENDS_CIM_ANALOG_OPTIONS_H_

#include <cstdint>
#include <optional>

#include "hw_backends/cim/analog_layers.h"
#include "hw_backends/cim/cell_noise.h"
#include "hw_backends/quantities.h"

namespace mj {

struct AnalogOptions {
  Seconds age{0};  // since the weights were programmed and first read
  int chips = 1;   // that share the model
  AnalogLayers layers;
  std::optional<CellKind> cells;   // none: the device's default
  bool drift_compensation = true;  // one factor a tile
  uint64_t seed = 1;               // of this device's noise

  bool operator==(const AnalogOptions&) const = default;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CIM_ANALOG_OPTIONS_H_
