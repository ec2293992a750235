// One step of the model in which rows may leave early: after the exit head's
// layer, those that are sure of their next token go no further (Schuster et
// al. 2022, CALM). What they skip, later tokens still attend to, so the keys
// and values of the skipped layers are made from the state in which the row
// left, as if those layers had changed nothing.
//
// So whoever leaves changes what comes after it: this is no drafting, whose
// guesses the whole model verifies.
#ifndef MILLIJOULE_ENGINE_SPECULATE_EXIT_PASS_H_
#define MILLIJOULE_ENGINE_SPECULATE_EXIT_PASS_H_

#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/forward_batch.h"
#include "engine/model/loaded_model.h"
#include "engine/model/step_runner.h"
#include "engine/speculate/draft_head.h"
#include "engine/speculate/exit_head.h"

namespace mj {

// Engine thread only.
class ExitPass final {
 public:
  // `model` outlives the pass. Errors as ExitDrafter::Load(). Call it before
  // the backend's AllocateKv().
  static absl::StatusOr<ExitPass> Load(const ExitHead& head,
                                       LoadedModel& model);
  // With a head that is loaded; `layer` is its own.
  ExitPass(LoadedModel& model, std::shared_ptr<DraftHead> head, int layer)
      : model_(&model), head_(std::move(head)), layer_(layer) {}

  // Which of the candidates leave with these drafts: their numbers, ascending.
  using Choose = std::function<std::vector<int>(std::span<const Draft>)>;

  // As StepRunner::Run(), but that `sink` hears nothing of rows that leave.
  // Rows that stay get what they would have got from Run(), bit for bit.
  // REQUIRES: `candidates` are rows, ascending, whose logits are wanted
  StepOutcome Run(const ForwardBatch& batch, std::span<const int> candidates,
                  const Choose& choose, const LogitsSink& sink);

  int layer() const { return layer_; }
  const DraftHead& head() const { return *head_; }

 private:
  void NarrowTo(const ForwardBatch& batch, std::span<const int> leaving);

  LoadedModel* model_;
  std::shared_ptr<DraftHead> head_;
  int layer_;
  std::vector<Draft> drafts_;
  // Of the rows that stay: which they are, what is wanted of them by their new
  // numbers, and the wanted rows' numbers in the batch.
  std::vector<int> staying_;
  std::vector<LogitsRow> wanted_;
  std::vector<int> indices_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SPECULATE_EXIT_PASS_H_
