// Trains an exit head in one pass over a text: after each of a few layers, a
// ridge regression (ridge.h) from the residual stream, every row divided by the
// root of its mean square, to the normed hidden state that the language model's
// head multiplies.
//
// The text goes through the model in disjoint windows, each with its own BOS
// where the model wants one. The first 90 % are fitted and counted for the
// draft vocabulary; the last 10 % are never trained on: there the finished
// heads draft, as they will when serving, and are compared with the model's
// argmax. A window's first position takes no part: what it attends to is itself
// alone.
#ifndef MILLIJOULE_ENGINE_SPECULATE_TRAIN_EXIT_HEAD_H_
#define MILLIJOULE_ENGINE_SPECULATE_TRAIN_EXIT_HEAD_H_

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/loaded_model.h"
#include "engine/speculate/draft_value.h"
#include "engine/speculate/exit_head.h"

namespace mj {

struct ExitTraining {
  int layer = 0;             // 0: of TrialLayers(), the one of the best value
  double lambda = 1e-4;      // as in ridge.h
  int draft_vocabulary = 0;  // tokens that drafts are chosen from; 0: all
  std::string version;       // of the build that trains
};

// A layer's head on the held-out text.
struct ExitTrial {
  int layer = 0;
  double cost = 0;       // DraftCost()
  double agreement = 0;  // share of positions whose draft is the model's argmax
  std::array<double, kMostDrafts> tokens{};  // AgreementRuns::Tokens(k)
  DraftValue best;                           // BestDrafts()
};

struct TrainedExitHead {
  ExitHead head;                  // of the best trial
  std::vector<ExitTrial> trials;  // by ascending layer
  int64_t held_out = 0;           // positions
};

// A twelfth of the model, and each sixth of it. The last is the whole model:
// where the language model's head is most of a step, a short list of tokens
// pays by itself.
std::vector<int> TrialLayers(int num_layers);

// `ids` is a text's tokens, without special ones. Allocates the backend's KV
// cache for itself. INVALID_ARGUMENT names the value and what was needed: a
// layer the model lacks, a text too short for the hidden size, a token that is
// not the model's, a runner that is no decoder. Others as Ridge::Solve().
absl::StatusOr<TrainedExitHead> TrainExitHead(const ExitTraining& training,
                                              std::span<const int32_t> ids,
                                              LoadedModel& model);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SPECULATE_TRAIN_EXIT_HEAD_H_
