// What the traffic of late lets expect, for the energy rule.
#ifndef MILLIJOULE_ENGINE_ENERGY_RULES_EXPECTED_TRAFFIC_H_
#define MILLIJOULE_ENGINE_ENERGY_RULES_EXPECTED_TRAFFIC_H_

#include "engine/energy/governor.h"
#include "hw_backends/quantities.h"

namespace mj {

struct ExpectedTraffic {
  // From 0 while prompts use little of the device (calm_load) to 1 when they
  // need much (busy_load): load comes in waves, and replies in flight slow down
  // prompts.
  double hurry = 0;
  // That prompts may cost a reply. Short replies are more likely to end while
  // they are behind; the slow loop takes it away.
  Seconds allowance{0};
  // What prompts of mean length cost the replies beside them, at the clock of
  // least energy for them.
  Seconds cushion{0};
  // Whether a reply that waits will be joined. A client that sends its next
  // request after each reply has no company, however often it sends.
  bool company = false;
};

// `tpot`: to aim for.
ExpectedTraffic ExpectTraffic(const GovernorLimits& limits,
                              const GovernorMemory& memory, Seconds tpot);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_RULES_EXPECTED_TRAFFIC_H_
