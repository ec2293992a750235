#include "engine/request/slo.h"

namespace mj {
namespace {

SloOutcome Met(bool met) {
  return met ? SloOutcome::kAttained : SloOutcome::kMissed;
}

}  // namespace

SloOutcomes JudgeSlo(const SloTargets& targets, const Delta& last,
                     int num_choices) {
  SloOutcomes outcomes;
  const RequestTimings& times = last.timings;
  const bool has_token = times.first_token > Seconds(0);
  const bool cancelled = absl::IsCancelled(last.status);
  if (cancelled && !has_token &&
      times.finished - times.held <= targets.ttft.value_or(times.finished)) {
    return outcomes;
  }
  // A reply that is to have no tokens, as a scored prompt, has no latency of
  // tokens either.
  if (last.status.ok() && !has_token) return outcomes;
  if (targets.ttft) {
    outcomes.ttft =
        Met(has_token && times.first_token - times.held <= *targets.ttft);
  }
  if (targets.tpot && !cancelled) {
    const double gaps =
        static_cast<double>(last.usage.completion_tokens) / num_choices - 1;
    const Seconds decode = times.finished - times.first_token;
    outcomes.tpot =
        Met(last.status.ok() && (gaps <= 0 || decode / gaps <= *targets.tpot));
  }
  return outcomes;
}

}  // namespace mj
