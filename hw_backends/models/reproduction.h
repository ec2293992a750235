// Prices published results with the models that `price` uses.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_REPRODUCTION_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_REPRODUCTION_H_

#include <string>

#include "absl/status/statusor.h"
#include "hw_backends/models/device_file.h"
#include "hw_backends/models/published_result.h"

namespace mj {

// Our number for a published one, in the same unit, on `device`, which is that
// of result.device with whatever was set before. INVALID_ARGUMENT names what
// cannot be priced.
absl::StatusOr<double> ReproduceOn(DeviceFile device,
                                   const PublishedResult& result);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_REPRODUCTION_H_
