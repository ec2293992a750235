// The rule of VoltanaLLM's EcoFreq (arXiv 2509.04827, and its code), for
// prompts and decode on one device. In order:
// 1. prompt tokens a second, over the latest arrivals, above 80 % of what full
//    speed computes: full speed;
// 2. a request waits: full speed;
// 3. else the lowest clock with
//      t(f) <= SLO (1 + 0.35) - longest wait,
//    t(f) by straight lines (step_profile.h): of the step against the SLO of
//    TPOT where it decodes, and of what is left of each prompt, from its
//    arrival on, against the SLO of TTFT. Candidates are the clocks it
//    profiles, from 1005 of 1410 MHz on;
// 4. 5 s without work: the lowest clock.
// It corrects nothing online and asks no energy: a lower clock is a better one.
#ifndef MILLIJOULE_ENGINE_ENERGY_RULES_LOWEST_FEASIBLE_RULE_H_
#define MILLIJOULE_ENGINE_ENERGY_RULES_LOWEST_FEASIBLE_RULE_H_

#include "engine/energy/governor.h"

namespace mj {

Decision LowestFeasibleRule(const GovernorLimits& limits,
                            const GovernorInputs& inputs,
                            const GovernorMemory& memory);
IdleDecision LowestFeasibleIdle(const IdleInputs& inputs);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_RULES_LOWEST_FEASIBLE_RULE_H_
