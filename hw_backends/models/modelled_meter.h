// The meter of a host without counters: the modelled energy of the steps that
// ran, and idle power for the time in which none did.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_MODELLED_METER_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_MODELLED_METER_H_

#include <string>

#include "hw_backends/clock.h"
#include "hw_backends/energy_meter.h"

namespace mj {

// One thread feeds and reads it. Read() never fails.
class ModelledMeter final : public EnergyMeter {
 public:
  // `clock` outlives the meter, whose time starts now. `source` and
  // `calibration` name the descriptor.
  ModelledMeter(const Clock& clock, Watts idle_power, std::string source,
                std::string calibration);

  // Steps or overhead that took `busy` of the clock's time until now.
  void AddWork(Joules energy, Seconds busy);

  const MeterInfo& info() const override { return info_; }
  absl::StatusOr<EnergySample> Read() override;

 private:
  const Clock& clock_;
  Watts idle_power_;
  MeterInfo info_;
  Seconds start_;
  Joules work_{0};
  Seconds busy_{0};
  Joules last_{0};  // work reported late must not make the total go back
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_MODELLED_METER_H_
