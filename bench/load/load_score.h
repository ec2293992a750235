// The numbers of a run. Failed requests are in no latency, and always in the
// counts: an average hides nothing.
#ifndef MILLIJOULE_BENCH_LOAD_LOAD_SCORE_H_
#define MILLIJOULE_BENCH_LOAD_LOAD_SCORE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "bench/load/load_run.h"
#include "bench/load/statistics.h"

namespace mj {

struct Slo {
  std::optional<Seconds> ttft, tpot;
  bool any() const { return ttft || tpot; }
};

// A failed request meets none; a reply in one part has no TPOT to miss.
bool Meets(const RequestRecord& record, const Slo& slo);

// What the server did in a second, while requests came: from the first counted
// due time to LoadRun::end or the last due time, or to the last reply, where
// fewer replies had ended by then than half as many as are counted.
struct Rates {
  Seconds window{0};
  std::optional<double> offered;  // open loop: due a second until run.end
  double requests = 0;            // that succeeded, by the time of their end
  double goodput = 0;             // those of them that met the SLO
  // Of all that succeeded; a reply's come evenly from its first part to its
  // last, a prompt's at once with the first.
  double prompt_tokens = 0, output_tokens = 0;
};

struct LoadScore {
  int64_t sent = 0;                                 // the warm-up's too
  int64_t counted = 0;                              // after the warm-up
  int64_t succeeded = 0;                            // of the counted
  int64_t met_slo = 0;                              // of the counted
  std::map<std::string, int64_t> errors;            // by kind; of the counted
  std::map<std::string, int64_t> uncounted_errors;  // of all others
  int64_t without_usage = 0;  // succeeded, tokens by events
  // Tokens of `usage` beyond the parts with text: joined by the server, or
  // without text of their own.
  int64_t joined_tokens = 0;

  std::optional<Rates> rates;  // nothing where no time can be told
  int64_t prompt_tokens = 0, output_tokens = 0;  // of the succeeded
  int64_t cached_tokens = 0;     // of their prompts: a prefix cache had them
  std::optional<double> joules;  // of those that say it
  int64_t joules_of = 0;         // succeeded with joules
  int64_t joule_tokens = 0;      // output tokens of these

  // Milliseconds, of the counted that succeeded.
  std::optional<Distribution> ttft;            // first text - due
  std::optional<Distribution> ttft_from_send;  // first text - sent
  std::optional<Distribution> tpot;
  std::optional<Distribution> latency;      // finished - due
  std::optional<Distribution> longest_gap;  // between parts of a reply
  std::optional<Distribution> send_delay;   // sent - due, of all counted

  std::optional<double> joules_per_token() const {
    if (!joules || joule_tokens == 0) return std::nullopt;
    return *joules / static_cast<double>(joule_tokens);
  }
  // Share of the counted.
  std::optional<double> attainment() const {
    if (counted == 0) return std::nullopt;
    return static_cast<double>(met_slo) / static_cast<double>(counted);
  }
};

LoadScore Score(const LoadRun& run, const Slo& slo);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_LOAD_LOAD_SCORE_H_
