// Policies whose clock does not follow the load.
#ifndef MILLIJOULE_ENGINE_ENERGY_RULES_STATIC_RULES_H_
#define MILLIJOULE_ENGINE_ENERGY_RULES_STATIC_RULES_H_

#include "engine/energy/governor.h"

namespace mj {

Decision FmaxRule(const GovernorLimits& limits);
Decision FixedRule(const GovernorLimits& limits);

// One good speed when busy, halt when idle (Wierman, Andrew and Tang, INFOCOM
// 2009): the clock at which a full step of a prompt takes the least energy,
//   argmin_f E_full(f),
// chosen before any traffic. Halting is the lowest clock.
Decision GatedStaticRule(const GovernorLimits& limits);

// The highest clock whose predicted power, E(f) / t(f) of the planned step, is
// within limits.power_cap; the lowest if none is. Without a cap: full speed.
Decision PowerCapRule(const GovernorLimits& limits,
                      const GovernorInputs& inputs,
                      const GovernorMemory& memory);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_RULES_STATIC_RULES_H_
