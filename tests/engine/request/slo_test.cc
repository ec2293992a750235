#include "engine/request/slo.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

constexpr SloOutcome kNone = SloOutcome::kNone;
constexpr SloOutcome kAttained = SloOutcome::kAttained;
constexpr SloOutcome kMissed = SloOutcome::kMissed;

struct SloCase {
  const char* name;
  absl::StatusCode status;
  double held, first, finished;
  int tokens, choices;
  SloOutcome ttft, tpot;
};

constexpr absl::StatusCode kOk = absl::StatusCode::kOk;

// Targets: 0.5 s to the first token, 0.1 s a token after it.
constexpr SloCase kCases[] = {
    {"both met", kOk, 0, 0.5, 1.5, 11, 1, kAttained, kAttained},
    {"late first token", kOk, 0, 0.6, 1.5, 11, 1, kMissed, kAttained},
    {"slow tokens", kOk, 0, 0.4, 1.5, 11, 1, kAttained, kMissed},
    {"the hold is not latency", kOk, 9, 9.5, 10.5, 11, 1, kAttained, kAttained},
    {"one token meets TPOT", kOk, 0, 0.4, 7, 1, 1, kAttained, kAttained},
    {"choices side by side", kOk, 0, 0.4, 1.4, 22, 2, kAttained, kAttained},
    {"a scored prompt", kOk, 0, 0, 1, 0, 1, kNone, kNone},
    {"cut before a token", absl::StatusCode::kDeadlineExceeded, 0, 0, 1, 0, 1,
     kMissed, kMissed},
    {"cut after a token", absl::StatusCode::kDeadlineExceeded, 0, 0.4, 0.6, 3,
     1, kAttained, kMissed},
    {"failed", absl::StatusCode::kInternal, 0, 0, 1, 0, 1, kMissed, kMissed},
    {"cancelled, too late for the first token", absl::StatusCode::kCancelled, 0,
     0, 9, 0, 1, kMissed, kNone},
    {"cancelled before it was late", absl::StatusCode::kCancelled, 0, 0, 0.4, 0,
     1, kNone, kNone},
    {"cancelled within the reply", absl::StatusCode::kCancelled, 0, 0.6, 9, 3,
     1, kMissed, kNone},
    {"cancelled within one that began in time", absl::StatusCode::kCancelled, 0,
     0.4, 9, 3, 1, kAttained, kNone},
};

TEST(SloTest, JudgesWhatTheServerDid) {
  const SloTargets targets = {Seconds(0.5), Seconds(0.1)};
  for (const SloCase& c : kCases) {
    Delta last;
    last.status = absl::Status(c.status, "");
    last.timings.held = Seconds(c.held);
    last.timings.first_token = Seconds(c.first);
    last.timings.finished = Seconds(c.finished);
    last.usage.completion_tokens = c.tokens;
    const SloOutcomes got = JudgeSlo(targets, last, c.choices);
    EXPECT_EQ(got.ttft, c.ttft) << c.name;
    EXPECT_EQ(got.tpot, c.tpot) << c.name;
    const SloOutcomes none = JudgeSlo({}, last, c.choices);
    EXPECT_EQ(none.ttft, kNone) << c.name;
    EXPECT_EQ(none.tpot, kNone) << c.name;
  }
}

}  // namespace
}  // namespace mj
