// What a simulated device has done since the engine's start, by its model:
// plain data.
#ifndef MILLIJOULE_ENGINE_DEVICE_STATS_H_
#define MILLIJOULE_ENGINE_DEVICE_STATS_H_

#include <string>

#include "hw_backends/bit_activity.h"
#include "hw_backends/quantities.h"

namespace mj {

struct DeviceStats {
  std::string name;  // the backend's: "cim:colonnade-65nm"
  Seconds time{0};   // that the steps take on the device; never the host's
  BitActivity bits;  // counted, where it counts them
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_DEVICE_STATS_H_
