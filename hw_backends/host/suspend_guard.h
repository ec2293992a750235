// A meter that admits what it cannot know of a time in which the host slept.
//
// Asleep, counters may be reset, stand still or wrap, and the clocks that
// bound what they can have counted stand still, too. CLOCK_BOOTTIME goes on,
// so its lead over the steady clock grows by the time asleep.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_SUSPEND_GUARD_H_
#define MILLIJOULE_HW_BACKENDS_HOST_SUSPEND_GUARD_H_

#include <memory>

#include "hw_backends/clock.h"
#include "hw_backends/energy_meter.h"

namespace mj {

class SuspendGuard final : public EnergyMeter {
 public:
  // `steady` outlives the guard.
  SuspendGuard(std::unique_ptr<EnergyMeter> meter, const Clock& steady,
               std::unique_ptr<const Clock> boot);

  const MeterInfo& info() const override { return meter_->info(); }
  // DATA_LOSS at the first reading after a sleep; else the meter's own.
  absl::StatusOr<EnergySample> Read() override;

 private:
  std::unique_ptr<EnergyMeter> meter_;
  const Clock& steady_;
  std::unique_ptr<const Clock> boot_;
  Seconds lead_;  // of `boot_`, at the latest reading
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_SUSPEND_GUARD_H_
