// An exit head on a backend: drafts of a step's rows from the residual stream,
// after as many layers as the head asks for.
//
//   draft = argmax over the draft vocabulary of  H (W rms(x) + b)
//
// rms(x) is x over the root of its mean square, H the rows of the language
// model's head. W is loaded in bfloat16, which halves what a draft reads of it;
// the agreement that training tells is that of the rounded map. What a tenant's
// text has moved of it (elastic_map.h) is added to a row in float32, on the
// host.
#ifndef MILLIJOULE_ENGINE_SPECULATE_DRAFT_HEAD_H_
#define MILLIJOULE_ENGINE_SPECULATE_DRAFT_HEAD_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/loaded_model.h"
#include "engine/speculate/elastic_map.h"
#include "engine/speculate/exit_head.h"
#include "engine/speculate/linear_map.h"
#include "hw_backends/backend.h"

namespace mj {

struct Draft {
  int32_t token = 0;
  // Of its logit over the next token's: the larger, the likelier the model
  // agrees. Infinite where the draft vocabulary has one token alone.
  float margin = 0;
};

// The rows of the head that drafts are chosen from, for any number of heads.
struct DraftVocabulary {
  WeightId head{};           // the model's own where there is no list
  std::vector<int32_t> ids;  // of its rows; empty: row i is token i
};

// Reads the rows of `ids` from the model's file; none: takes the head that is
// loaded. INVALID_ARGUMENT and NOT_FOUND: the file is not what it was.
// REQUIRES: model.decoder; ids ascend, from 0 to the vocabulary's size
absl::StatusOr<DraftVocabulary> LoadDraftVocabulary(
    const std::vector<int32_t>& ids, LoadedModel& model);

// The bytes of weights that a draft reads, as a share of a decode step's: the
// model's first `layer` layers, W, and the head's rows of `listed` tokens (0:
// all of them).
double DraftCost(const ModelShape& shape, int layer, int listed);

// Engine thread only.
class DraftHead final {
 public:
  // `model` outlives the head. INVALID_ARGUMENT: a weight that bfloat16 cannot
  // hold. REQUIRES: model.decoder, and a map of its hidden size
  static absl::StatusOr<DraftHead> Load(const LinearMap& map,
                                        DraftVocabulary vocabulary,
                                        LoadedModel& model);
  // Of a whole exit head. INVALID_ARGUMENT also: it is another model's
  // (CheckExitHead), or the model's runner is no decoder; others as
  // LoadDraftVocabulary().
  static absl::StatusOr<DraftHead> Load(const ExitHead& head,
                                        LoadedModel& model);

  // In a step, after Decoder::RunLayers(): drafts of all its rows. `moved` has
  // what each row's map has learned, or null; or it is empty: nobody's has.
  void Run(std::span<Draft> drafts,
           std::span<const ElasticMap* const> moved = {});
  // The same of some rows by the map as it was trained, in ascending order.
  // REQUIRES: drafts.size() == rows.size()
  void Run(std::span<const int> rows, std::span<Draft> drafts);
  // What its rows of the model's head multiply, of every row of the step that
  // Run() was last called in.
  BufferId mapped() const { return mapped_; }

 private:
  DraftHead() = default;
  void AddMoved(int row, const ElasticMap& map);

  void MapRows(std::span<const ElasticMap* const> moved);  // of the step
  void Choose(std::span<const int> rows, std::span<Draft> drafts);

  LoadedModel* model_ = nullptr;
  DraftVocabulary vocabulary_;
  LinearSpec map_;
  BufferId mapped_{};
  std::vector<int> all_rows_;
  std::vector<LogitsRow> rows_;
  std::vector<TokenLogit> top_;
  std::vector<float> input_, output_;  // of a row whose map has moved
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SPECULATE_DRAFT_HEAD_H_
