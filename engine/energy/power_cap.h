// Which limits keep the server's mean power under a cap.
//
// While steps run back to back the server draws the power of its steps, else
// idle power. Of a setting that draws A above idle while it is busy, the share
//   s = (aim - idle) / (correction * A),  at most 1
// of the time may go to steps; the rest is a pause after each (duty cycling).
// A cap that does not bind changes nothing. Else, of all settings of batch and
// chunk, the one that then does the most rows a second is chosen: a smaller
// batch only where it saves more power than work.
// The correction is the closed loop's (cap_correction.h). Clocks are left to
// who governs them.
//
// Pure functions of plain data.
#ifndef MILLIJOULE_ENGINE_ENERGY_POWER_CAP_H_
#define MILLIJOULE_ENGINE_ENERGY_POWER_CAP_H_

#include <span>
#include <string>
#include <vector>

#include "engine/schedule/limits.h"
#include "hw_backends/models/step_cost_model.h"
#include "hw_backends/quantities.h"

namespace mj {

// One rung: limits, and what the model predicts for them.
struct CapSetting {
  ScheduleLimits limits{};
  Watts active{0};             // above idle, while steps run back to back
  double rows_per_second = 0;  // of a full step
};

// `full`, its half, its quarter, ... down to one row. The power of a rung is
// that of its hungriest step: a lone decode row, decode rows alone, one whole
// prompt chunk, or both together. Not empty. REQUIRES: full's limits are > 0
std::vector<CapSetting> CapLadder(const StepCostModel& model,
                                  const ScheduleLimits& full);

// The limits aim a little below the cap, so that noise stays under it too.
inline constexpr double kCapAim = 0.97;
// Work never stops altogether: a cap under idle + this share of the active
// power cannot be kept, and its violation shows.
inline constexpr double kLeastBusyShare = 0.05;

struct CapDecision {
  StepLimits limits{};
  Watts active{0};     // the setting's, as predicted without correction
  Watts predicted{0};  // mean power with work to do all the time
  std::string reason;
};

// REQUIRES: `ladder` is not empty, cap > 0, correction > 0
CapDecision DecideCap(Watts cap, Watts idle, double correction,
                      std::span<const CapSetting> ladder);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_POWER_CAP_H_
