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

// A failed request meets none; a reply of one token has no TPOT to miss.
bool Meets(const RequestRecord& record, const Slo& slo);

struct LoadScore {
  int64_t sent = 0;                       // the warm-up's too
  int64_t counted = 0;                    // after the warm-up
  int64_t succeeded = 0;                  // of the counted
  int64_t met_slo = 0;                    // of the counted
  std::map<std::string, int64_t> errors;  // by kind; of all sent
  int64_t without_usage = 0;              // succeeded, tokens by events
  // Tokens of `usage` beyond the parts with text: joined by the server, or
  // without text of their own.
  int64_t joined_tokens = 0;

  Seconds measured{0};  // from the first counted due time to the last reply
  int64_t prompt_tokens = 0, output_tokens = 0;  // of the succeeded
  std::optional<double> joules;                  // where all of them say so
  int64_t joules_of = 0;                         // succeeded with joules
  int64_t joule_tokens = 0;                      // output tokens of these

  // Milliseconds, of the counted that succeeded.
  std::optional<Distribution> ttft;            // first text - due
  std::optional<Distribution> ttft_from_send;  // first text - sent
  std::optional<Distribution> tpot;
  std::optional<Distribution> latency;      // finished - due
  std::optional<Distribution> longest_gap;  // between parts of a reply
  std::optional<Distribution> send_delay;   // sent - due, of all counted

  double per_second(int64_t count) const {
    return measured.count() > 0 ? static_cast<double>(count) / measured.count()
                                : 0;
  }
  // Share of the counted; 0 if none is.
  double attainment() const {
    return counted == 0
               ? 0
               : static_cast<double>(met_slo) / static_cast<double>(counted);
  }
};

LoadScore Score(const LoadRun& run, const Slo& slo);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_LOAD_LOAD_SCORE_H_
