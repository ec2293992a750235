// Several meters of domains that do not overlap, as one.
#ifndef MILLIJOULE_HW_BACKENDS_COMBINED_METER_H_
#define MILLIJOULE_HW_BACKENDS_COMBINED_METER_H_

#include <memory>
#include <string>
#include <vector>

#include "hw_backends/energy_meter.h"

namespace mj {

// A reading is the sum of all members' or an error that names the one that
// failed: never a partial total. All members are read each time, so that none
// misses a wrap while another fails. The code is DATA_LOSS if any member's is,
// as its loss is for good; else the first failed member's.
//
// Resolution is the members' sum, update period and age the largest of them.
class CombinedMeter final : public EnergyMeter {
 public:
  // REQUIRES: at least one member; all have the same method.
  CombinedMeter(std::string domain,
                std::vector<std::unique_ptr<EnergyMeter>> members);

  const MeterInfo& info() const override { return info_; }
  absl::StatusOr<EnergySample> Read() override;

 private:
  std::vector<std::unique_ptr<EnergyMeter>> members_;
  MeterInfo info_;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_COMBINED_METER_H_
