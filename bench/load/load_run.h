// What one run of a load left behind: plain data, from which every number and
// plot is made.
#ifndef MILLIJOULE_BENCH_LOAD_LOAD_RUN_H_
#define MILLIJOULE_BENCH_LOAD_LOAD_RUN_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "hw_backends/quantities.h"

namespace mj {

// Times are since the start of the run.
struct RequestRecord {
  int index = 0;
  bool counted = true;  // false: of the warm-up, or interrupted
  Seconds due{0};       // closed loop: when its turn came
  Seconds sent{0};
  std::optional<Seconds> first_text, last_text;
  Seconds finished{0};
  Seconds longest_gap{0};  // between two parts with text
  int in_flight = 0;       // requests at its start, itself among them
  int asked_tokens = 0;
  int prompt_tokens = 0, output_tokens = 0;  // as `usage` says
  int cached_tokens = 0;                     // of the prompt
  int text_events = 0;
  bool has_usage = false;  // else output_tokens = text_events
  std::optional<double> joules;
  std::string error;  // its kind; empty: it succeeded

  bool succeeded() const { return error.empty(); }
  Seconds ttft() const { return first_text.value_or(finished) - due; }
  // Of the tokens after the first; none for a reply in one part.
  std::optional<Seconds> tpot() const;
};

// Parts with text by the time they came.
struct Timeline {
  static constexpr Seconds kBucket{0.5};
  std::vector<int> events;  // [bucket]

  void Add(Seconds time);
};

struct LoadRun {
  std::vector<RequestRecord> records;  // by the time they were due
  Timeline timeline;
  std::set<std::string> energy_methods;  // that the server named
  // When requests no longer came; nothing: with the last one (closed loop).
  std::optional<Seconds> end;
  Seconds wall{0};           // until the last reply
  bool interrupted = false;  // by a signal; what was in flight is not counted
  int reconnects = 0;  // kept connections that the server had closed meanwhile
  double cpu_seconds = 0;    // of this program
  Seconds longest_stall{0};  // this program's own, of a tick every 50 ms
  // The wall clock against the steady one, which alone is measured with.
  Seconds wall_clock_jump{0};
};

}  // namespace mj

#endif  // MILLIJOULE_BENCH_LOAD_LOAD_RUN_H_
