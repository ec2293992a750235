// Runs steps on a simulated device: another runner computes them with its
// numerics, the device's model says what they cost there.
#ifndef MILLIJOULE_ENGINE_MODEL_DEVICE_RUNNER_H_
#define MILLIJOULE_ENGINE_MODEL_DEVICE_RUNNER_H_

#include <memory>

#include "engine/model/step_runner.h"
#include "hw_backends/models/device_model.h"

namespace mj {

// Engine thread only.
class DeviceRunner final : public StepRunner {
 public:
  DeviceRunner(std::unique_ptr<StepRunner> runner, DeviceModel device);

  // The report's time and joules are the device's, for the batch's shape and
  // the bits that its products counted.
  StepOutcome Run(const ForwardBatch& batch, const LogitsSink& sink) override;
  uint64_t layers_done() const override { return runner_->layers_done(); }

 private:
  const std::unique_ptr<StepRunner> runner_;
  const DeviceModel device_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_DEVICE_RUNNER_H_
