#include "engine/adaptive_depth.h"

#include <algorithm>
#include <span>
#include <utility>

#include "engine/drafters.h"
#include "engine/sample/penalties.h"

namespace mj {
namespace {

// The head says which token is the likeliest, and nothing of the others.
std::string_view WhyWhole(const Request& request) {
  if (NumTopWanted(request) == 1) return "";
  if (request.logprobs.generated) return "logprobs";
  return ChangesLogits(request.sampling) ? "penalties" : "sampling";
}

}  // namespace

AdaptiveDepth::AdaptiveDepth(const DepthOptions& options, const ExitHead& head,
                             std::shared_ptr<DraftHead> draft_head,
                             const EnergySetup& energy, LoadedModel& model)
    : options_(options),
      checksum_(head.checksum),
      pass_(model, std::move(draft_head), head.layer),
      prices_(model.shape, ShapeOfDrafting(head, model.shape),
              [&](const ModelShape& part) {
                return CostModelOf(energy, part,
                                   model.backend->info().numerics);
              }),
      model_(model) {}

DepthReport AdaptiveDepth::NewReport(const Request& request) const {
  return {0, checksum_, WhyWhole(request)};
}

bool AdaptiveDepth::MayLeave(const Sequence& s, bool capped) const {
  const Request& request = s.request->request;
  const bool wanted = request.quality == Quality::kAdaptive ||
                      (capped && options_.policy == DepthPolicy::kUnderCap);
  return wanted && s.num_generated() > 0 && s.draft.empty() &&
         WhyWhole(request).empty();
}

void AdaptiveDepth::Gather(bool capped, const StepBatch& batch) {
  candidates_.clear();
  int logits = 0;
  for (size_t i = 0; i < batch.sequences.size(); ++i) {
    const SequenceShape& shape = batch.forward.shape.sequences[i];
    Sequence& s = *batch.sequences[i];
    if (shape.num_tokens == 1 && shape.num_logits == 1 && MayLeave(s, capped)) {
      candidates_.push_back(
          {static_cast<int>(i), batch.forward.sequences[i].first_row, logits});
      std::optional<DepthReport>& report = s.request->usage.depth;
      if (!report) report = NewReport(s.request->request);
    }
    logits += shape.num_logits;
  }
}

bool AdaptiveDepth::IsWorthAsking(const StepBatch& batch) {
  std::vector<double> odds;
  double context = 0;
  bool stale = false;
  for (const Candidate& c : candidates_) {
    const Sequence& s = *batch.sequences[c.sequence];
    odds.push_back(s.exit_odds.sure());
    stale |= s.exit_odds.is_stale();
    context += s.num_computed;
  }
  stake_ = prices_.Stake(static_cast<int>(context / odds.size()));
  stake_.others = candidates_.size() < batch.sequences.size();
  if (stale || AskingPays(stake_, odds)) return true;
  for (const Candidate& c : candidates_) {
    batch.sequences[c.sequence]->exit_odds.NoteUnasked();
  }
  stats_.unasked += std::ssize(candidates_);
  return false;
}

std::vector<int> AdaptiveDepth::Choose(std::span<const Draft> drafts,
                                       const StepBatch& batch) {
  std::vector<int> sure;
  for (size_t i = 0; i < drafts.size(); ++i) {
    const bool is_sure = drafts[i].margin >= options_.margin;
    batch.sequences[candidates_[i].sequence]->exit_odds.Observe(is_sure);
    if (is_sure) sure.push_back(static_cast<int>(i));
  }
  stats_.unsure += std::ssize(drafts) - std::ssize(sure);
  if (!LeavingPays(stake_, static_cast<int>(sure.size()),
                   static_cast<int>(drafts.size()))) {
    stats_.stayed += std::ssize(sure);
    sure.clear();
  }
  return sure;
}

StepOutcome AdaptiveDepth::Run(bool capped, const LogitsSink& sink,
                               StepBatch& batch) {
  Gather(capped, batch);
  // Hidden states are those of a whole pass.
  if (candidates_.empty() || batch.forward.hidden != nullptr ||
      !IsWorthAsking(batch)) {
    return model_.runner->Run(batch.forward, sink);
  }
  std::vector<int> rows, asked, left;
  std::vector<std::pair<int, TokenLogit>> tokens;
  for (const Candidate& c : candidates_) {
    rows.push_back(c.row);
    asked.push_back(c.sequence);
  }
  const StepOutcome outcome = pass_.Run(
      batch.forward, rows,
      [&](std::span<const Draft> drafts) {
        std::vector<int> leaving = Choose(drafts, batch);
        for (int i : leaving) {
          left.push_back(candidates_[i].sequence);
          tokens.push_back({candidates_[i].logits, {0, drafts[i].token}});
        }
        return leaving;
      },
      sink);
  for (int i : left) {
    batch.sequences[i]->left_early = true;
    batch.sequences[i]->findable = false;
  }
  for (const auto& [logits, token] : tokens) {
    sink(logits, {.all = {}, .top = {&token, 1}});
  }
  batch.num_left = static_cast<int>(left.size());
  batch.energy = prices_.Attribute(batch.forward.shape, asked, left);
  return outcome;
}

void AdaptiveDepth::NoteTaken(const Sequence& s, int taken) {
  std::optional<DepthReport>& report = s.request->usage.depth;
  if (!report) return;
  const int early = s.left_early ? taken : 0;
  report->early_tokens += early;
  stats_.early_tokens += early;
  stats_.full_tokens += taken - early;
}

}  // namespace mj
