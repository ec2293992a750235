// Our rule: the least energy among what meets the SLOs, and the batching delay
// as a second knob.
//
// Time has a price. While there is work to wait for, a second saved on a step
// is a second of loaded idle power spent later, so a step at clock f costs
//   cost(f) = E(f) - P_idle(lowest clock) t(f) + rush W t(f),
// with E and t of the planned step, times the online ratio of its phase and
// clock. W is the price at which full speed costs what the cheapest clock does,
// and rush, from 0 to 1, is how busy prompts keep the device: by their load of
// late (load comes in waves) or by those in flight. The clock is the cheapest
// feasible one, or the fastest near it: slack is worth that much.
//
// Feasible, with SLOs lowered by the guards of the slow loop and by the spread
// of single steps:
// - each prompt ends by arrival + TTFT, when prompts advance together (water
//   filling), with the mean and a deviation of the prompts that keep arriving
//   (compound Poisson), and with the old clock lasting for the switch latency.
//   A prompt that full speed would not save is lost and asks for nothing,
//   unless others wait behind it;
// - a reply's token number k is due at first token + k TPOT. While prompts run,
//   replies may fall behind by an allowance (smaller where replies are short,
//   and taken away by the slow loop); the steps after catch up;
// - a decode clock must be ready for a prompt of twice the mean length, and for
//   a long one: until the switch is over it costs at most a small part of TTFT,
//   and less of it when prompts are busy, as more follow behind.
//
// Steps that only decode wait until the first due token needs them (Little: a
// slower pace means more replies in each pass over the weights; J/token falls
// with the batch, energy.md section 6). Tokens are taken as due a little
// earlier for a cushion that a prompt's steps can use up, and earlier still
// when prompts keep the device busy: replies in flight take rows and memory
// from prompts. Replies that are alone do not wait: nobody would join.
//
// A change of clock is asked for at once if the present one is not feasible, or
// if prompts want a higher one; else only if it saves more than the switch
// costs until prompts end (prompts) or the next one comes (decode), and down
// only after a dwell of twice the latency.
#ifndef MILLIJOULE_ENGINE_ENERGY_RULES_ENERGY_RULE_H_
#define MILLIJOULE_ENGINE_ENERGY_RULES_ENERGY_RULE_H_

#include "engine/energy/governor.h"

namespace mj {

Decision EnergyRule(const GovernorLimits& limits, const GovernorInputs& inputs,
                    const GovernorMemory& memory);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_RULES_ENERGY_RULE_H_
