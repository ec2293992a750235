#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/load/load_report.h"

namespace mj {
namespace {

constexpr Seconds kJump(0.1);   // of a clock that is only slewed, none
constexpr Seconds kStall(0.1);  // twice what the tester's own ticks are apart

}  // namespace

std::vector<std::string> Remarks(const LoadRow& row) {
  const LoadScore& score = row.score;
  const LoadRun& run = row.run;
  std::vector<std::string> remarks;
  if (run.interrupted) {
    remarks.push_back(absl::StrFormat(
        "a signal ended the load after %.3g s; what was in flight then is not "
        "counted",
        run.wall.count()));
  }
  if (std::abs(run.wall_clock_jump.count()) >= kJump.count()) {
    remarks.push_back(absl::StrFormat(
        "the wall clock jumped by %.3g s; times are of the steady clock",
        run.wall_clock_jump.count()));
  }
  if (run.longest_stall >= kStall) {
    remarks.push_back(absl::StrFormat(
        "the tester itself stood still for %.3g s: its host was busy, and "
        "latencies may be its own",
        run.longest_stall.count()));
  }
  if (score.without_usage > 0) {
    remarks.push_back(absl::StrCat(
        score.without_usage,
        " replies told no usage: their tokens are their parts with text"));
  }
  if (score.joined_tokens > 0) {
    remarks.push_back(absl::StrCat(score.joined_tokens, " of ",
                                   score.output_tokens,
                                   " tokens had no part of their own"));
  }
  if (run.reconnects > 0) {
    remarks.push_back(absl::StrCat(
        run.reconnects, " kept connections had been closed by the server"));
  }
  return remarks;
}

}  // namespace mj
