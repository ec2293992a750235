// A device as the coefficients of StepCostModel, which says whose a step's
// joules are and prices parts of a model. Exact steps are DeviceModel's.
//
// Products with weights are a line in the rows: what a row adds where rows are
// many, and what is left of a single row's cost, of the pass over the weights
// (they stream in, or are written again).
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_DEVICE_COEFFICIENTS_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_DEVICE_COEFFICIENTS_H_

#include "hw_backends/models/device_model.h"
#include "hw_backends/models/step_cost_model.h"
#include "kernels/model_shape.h"
#include "kernels/op_cost.h"

namespace mj {

// `model` and `options` are those that `device` was made with. Static power is
// of all its devices, busy or idle. REQUIRES: no platform
StepCoefficients CoefficientsOf(const DeviceModel& device,
                                const ModelShape& model,
                                const CostOptions& options);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_DEVICE_COEFFICIENTS_H_
