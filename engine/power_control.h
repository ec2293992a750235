// Keeps the server's mean power under the operators' cap: from each window of
// the meter to the limits that the engine reads.
//
// Without a readable meter the cap is kept by prediction alone. Thread-safe;
// the control thread brings the windows.
#ifndef MILLIJOULE_ENGINE_POWER_CONTROL_H_
#define MILLIJOULE_ENGINE_POWER_CONTROL_H_

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/energy/cap_correction.h"
#include "engine/energy/ledger.h"
#include "engine/energy/power_cap.h"
#include "engine/package_limit.h"
#include "engine/schedule/shared_limits.h"

namespace mj {

class PowerControl final {
 public:
  // `limits`, which outlives it, holds the limits without a cap; these are the
  // ladder's first rung. `packages` follow the cap; null: they are left alone,
  // and nobody asked. REQUIRES: `ladder` as CapLadder makes it
  PowerControl(std::vector<CapSetting> ladder, Watts idle, SharedLimits& limits,
               std::unique_ptr<PackageLimit> packages = nullptr);

  // Nothing: no cap. INVALID_ARGUMENT, and no change: the cap is not a number
  // above the idle power, which no limit can lower. What was gathered of the
  // window that runs is forgotten: close the meter's before.
  absl::Status SetCap(std::optional<Watts> cap);

  // A window of the meter, as EnergyControl closes it.
  void OnWindow(const EnergyWindow& window);

  struct State {
    std::optional<Watts> cap;
    StepLimits limits;  // in force
    // Of the latest second or more whose energy is known.
    std::optional<Watts> power;
    Seconds violation{0};  // time over the cap, by windows; only grows
    double correction = 1;
    std::string reason;  // of the limits
    std::optional<PackageLimit::State> packages;
  };
  State state() const;
  std::optional<Watts> cap() const;

 private:
  // REQUIRES: mutex_ is held
  void Judge();
  void Forget();  // what was gathered
  void Apply();

  const std::vector<CapSetting> ladder_;
  const Watts idle_;
  const StepLimits full_;
  SharedLimits& limits_;
  const std::unique_ptr<PackageLimit> packages_;

  mutable std::mutex mutex_;
  State state_;
  CapCorrection correction_;
  Watts active_;  // predicted, of the setting in force
  // Gathered of known windows, until it is enough to judge by.
  Joules energy_{0};
  Seconds time_{0}, busy_{0};
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_POWER_CONTROL_H_
