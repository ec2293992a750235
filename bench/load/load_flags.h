// The words of `load` on the command line.
#ifndef MILLIJOULE_BENCH_LOAD_LOAD_FLAGS_H_
#define MILLIJOULE_BENCH_LOAD_LOAD_FLAGS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/load/load_plan.h"
#include "engine/flag.h"

namespace mj {

struct LoadFlags {
  std::string url, api = "openai", model, prompts, api_key_file;
  PlanWords plan;
  int seed = 1;
  bool stop_at_eos = false, check_tokens = false;
  std::optional<double> slo_ttft_ms, slo_tpot_ms;
  double slo_share = 0.9;
  std::string sweep;  // "LOW:HIGH"; empty: none
  double timeout_seconds = 600;
  std::string json, html;  // files; "-": standard output
};

std::vector<Flag> LoadFlagTable(LoadFlags& flags);

struct SweepRange {
  double low, high;
};
// "LOW:HIGH", requests a second. INVALID_ARGUMENT if it is another text.
absl::StatusOr<SweepRange> ParseSweep(const std::string& text);

// INVALID_ARGUMENT for flags that contradict each other.
absl::Status CheckLoadFlags(const LoadFlags& flags);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_LOAD_LOAD_FLAGS_H_
