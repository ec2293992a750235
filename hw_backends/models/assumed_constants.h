// Which assumed constants an answer hangs on: those that, changed by half or
// double, change any of its numbers.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_ASSUMED_CONSTANTS_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_ASSUMED_CONSTANTS_H_

#include <string>
#include <vector>

#include "hw_backends/models/device_file.h"
#include "hw_backends/models/device_op.h"

namespace mj {

// Keys of the file, ascending. REQUIRES: the op can be priced on the file.
std::vector<std::string> AssumedConstants(const DeviceFile& file,
                                          const DeviceOp& op);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_ASSUMED_CONSTANTS_H_
