// How fast a reply is wanted, and whether it was.
#ifndef MILLIJOULE_ENGINE_REQUEST_SLO_H_
#define MILLIJOULE_ENGINE_REQUEST_SLO_H_

#include <optional>

#include "absl/status/status.h"
#include "engine/request/delta.h"
#include "hw_backends/quantities.h"

namespace mj {

enum class SloOutcome {
  kNone,  // no target, or nothing to say of it
  kAttained,
  kMissed,
};

struct SloOutcomes {
  SloOutcome ttft = SloOutcome::kNone;
  SloOutcome tpot = SloOutcome::kNone;
};

// TTFT counts from submission, without the time for which a flex request was
// held. TPOT is (finished - first token) / (tokens of a choice - 1); a reply of
// one token meets it. A reply that broke off misses the targets it had not met
// yet. What the client itself cancelled tells of its TTFT only, and where it
// had no token yet, only if that was late already.
SloOutcomes JudgeSlo(const SloTargets& targets, const Delta& last,
                     int num_choices);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_REQUEST_SLO_H_
