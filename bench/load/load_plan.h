// Which requests are sent and when: decided before the first one, from a seed.
#ifndef MILLIJOULE_BENCH_LOAD_LOAD_PLAN_H_
#define MILLIJOULE_BENCH_LOAD_LOAD_PLAN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/simulate/length_distribution.h"
#include "engine/simulate/trace.h"
#include "hw_backends/quantities.h"

namespace mj {

// As a command line has it.
struct PlanWords {
  static constexpr std::string_view kTracePrefix = "trace:";

  std::optional<double> rate;        // open loop: requests a second
  int concurrency = 0;               // closed loop: requests at once
  std::string arrivals = "poisson";  // ParseArrivals
  bool traced() const { return arrivals.starts_with(kTracePrefix); }
  std::string prompt_tokens = "128", output_tokens = "64";
  std::optional<double> duration_seconds;  // neither: kDefaultDuration
  int requests = 0;                        // 0: no limit of their number
  std::optional<double> warm_up_seconds;   // none: kWarmUpShare of what is sent
  uint64_t seed = 1;
};

struct LoadPlan {
  // When each request is due, since the start, ascending; its latency counts
  // from there, sent in time or not. Empty: closed loop.
  std::vector<Seconds> due;
  Seconds end{0};                   // open loop: of the gap after the last one
  int concurrency = 0;              // closed loop
  std::optional<Seconds> duration;  // no request starts later
  int requests = 0;                 // nor more than these; 0: no limit
  // The warm-up ends with what comes first: a time, or a number of requests.
  std::optional<Seconds> warm_up;
  std::optional<int> warm_up_requests;
  bool Counts(int index, Seconds at) const;

  LengthDistribution prompt{1}, output{1};
  uint64_t seed = 1;
  std::vector<TraceRequest> trace;  // where there is one, lengths are its own

  struct Lengths {
    int prompt_tokens, output_tokens;
  };
  // Depends on seed and index alone.
  Lengths LengthsOf(int index) const;
};

inline constexpr Seconds kDefaultDuration{30};
inline constexpr double kWarmUpShare = 0.1;

// In which requests start: the words', or the default where nothing else ends a
// load.
std::optional<double> DurationOf(const PlanWords& words);

// INVALID_ARGUMENT or NOT_FOUND names the word, its value and what is needed.
absl::StatusOr<LoadPlan> MakePlan(const PlanWords& words);

// Gaps between requests, 1 / rate on average.
struct Arrivals {
  enum class Kind { kPoisson, kGamma, kUniform, kTrace };
  Kind kind = Kind::kPoisson;
  double shape = 1;   // of kGamma: variance of a gap = mean^2 / shape
  std::string trace;  // of kTrace: its file
};
// "poisson"; "gamma" (shape 0.5) or "gamma:SHAPE": under 1 bursts, above 1
// steadier than poisson; "uniform": equal gaps; "trace:FILE" (trace.h).
absl::StatusOr<Arrivals> ParseArrivals(const std::string& text);

// At most `most` times from 0 on, before `end`. REQUIRES: rate > 0, not kTrace
std::vector<Seconds> ArrivalTimes(const Arrivals& arrivals, double rate,
                                  Seconds end, int64_t most, uint64_t seed);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_LOAD_LOAD_PLAN_H_
