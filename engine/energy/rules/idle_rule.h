// The idle ladder: loaded at the present clock, loaded at the lowest clock,
// parked, weights dropped. Each step down saves power and costs a wake-up, so
// it is taken by break-even (ski rental): when the device has been idle for as
// long as the saving needs to pay for the way down and back,
//   T_break = E_transition / (P_here - P_there),
// or at once where the mean gap of arrivals is longer than that. This spends at
// most twice what is best in hindsight. A rung whose wake-up would take more
// than a quarter of the SLO of TTFT is never taken.
#ifndef MILLIJOULE_ENGINE_ENERGY_RULES_IDLE_RULE_H_
#define MILLIJOULE_ENGINE_ENERGY_RULES_IDLE_RULE_H_

#include "engine/energy/governor.h"

namespace mj {

IdleDecision EnergyIdle(const GovernorLimits& limits, const IdleInputs& inputs,
                        const GovernorMemory& memory);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_RULES_IDLE_RULE_H_
