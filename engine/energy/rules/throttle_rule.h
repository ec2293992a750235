// The rule of throttLL'eM (HPCA 2025, arXiv 2408.05235), as far as it is known
// from others:
// 1. the length of each reply is predicted on arrival: here the mean length of
//    replies so far, and half as much again for those that are past it (true
//    lengths are hidden);
// 2. a scoreboard projects the batch B[j] and cache KV[j] of each future
//    iteration j, until the last reply in flight ends;
// 3. the lowest clock, by binary search, whose projected trajectory
//      t_j(f) = base + per_sequence B[j] + per_token KV[j]
//    has a mean of at most the SLO of TPOT and meets each request's deadline
//      arrival + SLO of TTFT + predicted length x SLO of TPOT;
// 4. a request that is past its deadline at full speed is lost: full speed.
// Prompts are left alone: they run at whatever clock decode wants.
#ifndef MILLIJOULE_ENGINE_ENERGY_RULES_THROTTLE_RULE_H_
#define MILLIJOULE_ENGINE_ENERGY_RULES_THROTTLE_RULE_H_

#include "engine/energy/governor.h"

namespace mj {

Decision ThrottleRule(const GovernorLimits& limits,
                      const GovernorInputs& inputs,
                      const GovernorMemory& memory);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_RULES_THROTTLE_RULE_H_
