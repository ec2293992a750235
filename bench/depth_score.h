// What adaptive depth costs in quality: a text through the whole model, and
// again position by position as if it were being generated, with confident
// positions leaving at the exit head (speculate/exit_pass.h). What stays
// attends to what left, as in a reply; the tokens are the text's own in both.
#ifndef MILLIJOULE_BENCH_DEPTH_SCORE_H_
#define MILLIJOULE_BENCH_DEPTH_SCORE_H_

#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "engine/model/loaded_model.h"
#include "engine/speculate/exit_head.h"

namespace mj {

// Sums over the positions that predict a token of the text; natural logs. Where
// a position leaves, its distribution is the exit head's over the whole
// vocabulary, and its choice the head's.
struct DepthScore {
  int64_t tokens = 0;
  int64_t early = 0;
  double full_nll = 0, adaptive_nll = 0;
  int64_t full_right = 0, adaptive_right = 0;  // choices that are the text's
  int64_t early_agrees = 0;  // early choices that are the whole model's
};

// In disjoint windows of `window` tokens, the first token of each running
// whole. Allocates the backend's KV cache for itself; errors are its own or
// ExitPass::Load()'s. INVALID_ARGUMENT: fewer than two tokens.
// REQUIRES: window >= 2
absl::StatusOr<DepthScore> ScoreDepth(const ExitHead& head, double margin,
                                      std::span<const int32_t> ids, int window,
                                      LoadedModel& model);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_DEPTH_SCORE_H_
