#include "engine/model/device_runner.h"

#include <cassert>
#include <utility>

namespace mj {
namespace {

// What a device's model says of a step that has run.
void AddPrice(const DeviceModel& device, const StepShape& step,
              StepReport& report) {
  const DeviceCost cost = device.PriceStep(step);
  report.busy = cost.time;
  report.modelled_energy = cost.joules.total();
  if (!device.scales_with_bits() || report.bit_activity.empty()) return;
  assert(report.bit_activity.size() == step.sequences.size());
  for (size_t i = 0; i < step.sequences.size(); ++i) {
    const BitActivity& bits = report.bit_activity[i];
    const Joules energy =
        bits.product_bits == 0
            ? Joules(0)
            : device.BitEnergy(step.sequences[i], bits.product_toggle_rate());
    report.bit_energy.push_back(energy);
    *report.modelled_energy += energy;
  }
}

}  // namespace

DeviceRunner::DeviceRunner(std::unique_ptr<StepRunner> runner,
                           DeviceModel device)
    : runner_(std::move(runner)), device_(std::move(device)) {}

StepOutcome DeviceRunner::Run(const ForwardBatch& batch,
                              const LogitsSink& sink) {
  StepOutcome outcome = runner_->Run(batch, sink);
  AddPrice(device_, batch.shape, outcome.report);
  return outcome;
}

}  // namespace mj
