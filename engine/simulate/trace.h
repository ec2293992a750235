// The requests that a simulation is asked to serve: from a recorded trace, or
// drawn from distributions.
#ifndef MILLIJOULE_ENGINE_SIMULATE_TRACE_H_
#define MILLIJOULE_ENGINE_SIMULATE_TRACE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/simulate/length_distribution.h"
#include "hw_backends/quantities.h"

namespace mj {

struct TraceRequest {
  Seconds arrival{0};  // since the first one
  int prompt_tokens = 0;
  int output_tokens = 0;  // hidden from scheduler and governor
};

inline constexpr int kMostTraceRequests = 5'000'000;

struct TraceOptions {
  double scale = 1;      // of the arrival rate
  int max_requests = 0;  // the first ones; 0: all
};

// Azure's format: a header line with the columns TIMESTAMP, ContextTokens and
// GeneratedTokens in any order, then a request a line, by ascending time; lines
// end in LF or CRLF. A reply of no tokens counts as one of one token. Errors
// are INVALID_ARGUMENT and begin with `name`:LINE: another column, one that is
// missing, a field that is no date or no whole number in its range, a time
// before the line above, more than kMostTraceRequests.
absl::StatusOr<std::vector<TraceRequest>> ParseTrace(
    std::string_view name, std::string_view text, const TraceOptions& options);

// The same from a file. NOT_FOUND, or INVALID_ARGUMENT if it is over 1 GB, a
// folder, a pipe or a device.
absl::StatusOr<std::vector<TraceRequest>> ReadTrace(
    const std::string& path, const TraceOptions& options);

// Arrivals with exponential gaps, `rate` x options.scale a second on average;
// options.max_requests of them. REQUIRES: both > 0.
std::vector<TraceRequest> PoissonTrace(double rate,
                                       const LengthDistribution& prompt,
                                       const LengthDistribution& output,
                                       uint64_t seed,
                                       const TraceOptions& options);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SIMULATE_TRACE_H_
