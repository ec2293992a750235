// The flags of analog compute-in-memory devices.
#ifndef MILLIJOULE_ENGINE_ANALOG_FLAGS_H_
#define MILLIJOULE_ENGINE_ANALOG_FLAGS_H_

#include <vector>

#include "engine/flag.h"
#include "hw_backends/cim/analog_options.h"

namespace mj {

// They set `options`, which must outlive them.
std::vector<Flag> AnalogFlagTable(AnalogOptions& options);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ANALOG_FLAGS_H_
