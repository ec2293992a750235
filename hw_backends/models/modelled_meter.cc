#include "hw_backends/models/modelled_meter.h"

#include <algorithm>
#include <utility>

namespace mj {

ModelledMeter::ModelledMeter(const Clock& clock, Watts idle_power,
                             std::string source, std::string calibration)
    : clock_(clock),
      idle_power_(idle_power),
      info_{.domain = "package+dram",
            .method = EnergyMethod::kModelled,
            .resolution = Joules(0),
            .source = std::move(source),
            .calibration = std::move(calibration)},
      start_(clock.Now()) {}

void ModelledMeter::AddWork(Joules energy, Seconds busy) {
  work_ += energy;
  busy_ += busy;
}

absl::StatusOr<EnergySample> ModelledMeter::Read() {
  const Seconds now = clock_.Now();
  const Seconds idle = std::max(Seconds(0), now - start_ - busy_);
  last_ = std::max(last_, work_ + idle_power_ * idle);
  return EnergySample{last_, now};
}

}  // namespace mj
