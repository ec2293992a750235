// What came of a simulation, as the metrics that SLOs are written in.
#ifndef MILLIJOULE_ENGINE_SIMULATE_OUTCOME_H_
#define MILLIJOULE_ENGINE_SIMULATE_OUTCOME_H_

#include <cstdint>
#include <optional>

#include "engine/simulate/simulation.h"
#include "hw_backends/quantities.h"

namespace mj {

// TTFT: arrival to first token. TPOT: (E2E - TTFT) / (n - 1) of replies of
// n > 1 tokens; one-token replies meet it. Attainment is over all requests that
// arrived; a refused one is a miss, and so is one whose reply the context cut
// short. Percentiles are over those served, by
// nearest rank.
struct Outcome {
  int requests = 0, refused = 0, unfinished = 0;
  Seconds time{0};  // until the last completion or arrival
  Joules energy{0}, busy{0}, idle{0}, waking{0}, switching{0};
  int64_t steps = 0, switches = 0, wakes = 0, preemptions = 0;
  int64_t output_tokens = 0;
  std::optional<Seconds> ttft_p50, ttft_p99;
  std::optional<Seconds> tpot_p50, tpot_p99;
  double ttft_attainment = 0, tpot_attainment = 0;
  std::optional<Joules> per_output_token;
};

Outcome Summarize(const SimulationResult& result, Seconds slo_ttft,
                  Seconds slo_tpot);

inline Seconds Ttft(const RequestResult& r) {
  return r.first_token - r.arrival;
}
// REQUIRES: r.tokens > 1
inline Seconds Tpot(const RequestResult& r) {
  return (r.finish - r.first_token) / (r.tokens - 1);
}

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SIMULATE_OUTCOME_H_
