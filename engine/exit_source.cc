#include "engine/exit_source.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace mj {

ExitSource::ExitSource(ExitDrafter drafter, std::optional<ElasticHeads> heads,
                       float norm_epsilon, int max_rows, StepCostModel price)
    : drafter_(std::move(drafter)),
      heads_(std::move(heads)),
      norm_epsilon_(norm_epsilon),
      max_rows_(max_rows),
      price_(std::move(price)) {}

Price ExitSource::PerToken(int num_sequences, int context) const {
  return PassPerToken(price_, num_sequences, context);
}

void ExitSource::Draft(std::span<const DraftJob> jobs,
                       const DraftPassSink& sink) {
  for (const DraftJob& job : jobs) job.sequence->draft.clear();
  std::vector<DraftRow> rows;
  std::vector<mj::Draft> drafts;
  std::vector<Sequence*> sequences;
  std::vector<const ElasticMap*> moved;
  for (int drafted = 0;; ++drafted) {
    rows.clear();
    sequences.clear();
    moved.clear();
    StepShape shape;
    for (const DraftJob& job : jobs) {
      Sequence& s = *job.sequence;
      if (drafted >= job.length || static_cast<int>(rows.size()) == max_rows_) {
        continue;
      }
      if (static_cast<int>(s.draft.size()) < drafted) continue;
      const int position = s.num_tokens() - 1 + drafted;
      rows.push_back({drafted == 0 ? s.tokens.back() : s.draft.back(), position,
                      s.blocks.ids()});
      shape.sequences.push_back({1, position, 1});
      sequences.push_back(&s);
      if (heads_) moved.push_back(heads_->Find(s.request->request.tenant));
    }
    if (rows.empty()) return;
    drafts.resize(rows.size());
    drafter_.Draft(rows, drafts, moved);
    for (size_t i = 0; i < rows.size(); ++i) {
      sequences[i]->draft.push_back(drafts[i].token);
    }
    sink(sequences, shape, price_);
  }
}

HiddenTap* ExitSource::Watch(const Sequence& s, int row) {
  if (!heads_) return nullptr;
  tap_.row = row;
  tap_.layer = drafter_.layer();
  tap_.output.clear();
  tenant_ = s.request->request.tenant;
  return &tap_;
}

void ExitSource::Learn() {
  // A step that may have let tokens leave early fills no tap.
  if (tap_.output.empty()) return;
  DivideByRms(norm_epsilon_, tap_.residual);
  heads_->Learn(tenant_, tap_.residual, tap_.output);
}

std::optional<LearningStats> ExitSource::learning() const {
  if (!heads_) return std::nullopt;
  return LearningStats{heads_->updates(), heads_->failed_saves()};
}

}  // namespace mj
