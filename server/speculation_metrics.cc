#include "server/speculation_metrics.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/metric_families.h"

namespace mj {
namespace {

using Values = std::vector<MetricValue>;

void AddByDrafter(const SpeculationStats& stats, MetricFamilies& out) {
  Values drafts, drafted, accepted;
  for (int i = 1; i < kNumDrafters; ++i) {
    const DrafterStats& drafter = stats.drafters[i];
    const std::vector<prometheus::ClientMetric::Label> label = {
        {"drafter", std::string(DrafterName(static_cast<Drafter>(i)))}};
    drafts.push_back({static_cast<double>(drafter.drafts), label});
    drafted.push_back({static_cast<double>(drafter.drafted), label});
    accepted.push_back({static_cast<double>(drafter.accepted), label});
  }
  out.Counter("speculation_drafts_total", "Drafts that were verified.",
              std::move(drafts), "spec_decode_num_drafts_total");
  out.Counter("speculation_drafted_tokens_total",
              "Tokens guessed ahead and verified.", std::move(drafted),
              "spec_decode_num_draft_tokens_total");
  out.Counter("speculation_accepted_tokens_total",
              "Tokens guessed ahead that are in a reply.", std::move(accepted),
              "spec_decode_num_accepted_tokens_total");
}

void AddByClass(const SpeculationStats& stats, MetricFamilies& out) {
  Values tokens, joules, seconds;
  for (int i = 1; i < kNumDrafters; ++i) {
    for (int k = 0; k < kRequestClasses; ++k) {
      const DraftSpending& spent = stats.spendings[i][k];
      std::vector<prometheus::ClientMetric::Label> labels = {
          {"drafter", std::string(DrafterName(static_cast<Drafter>(i)))},
          {"class", std::string(kRequestClassNames[k])}};
      seconds.push_back({spent.time.count(), labels});
      labels.push_back({"method", "modelled"});
      joules.push_back({spent.energy.value(), labels});
      labels.back() = {"outcome", "accepted"};
      tokens.push_back({static_cast<double>(spent.accepted), labels});
      labels.back() = {"outcome", "rejected"};
      tokens.push_back(
          {static_cast<double>(spent.drafted - spent.accepted), labels});
    }
  }
  out.Counter("speculation_class_tokens_total",
              "Tokens guessed ahead, by drafter, class of request and outcome.",
              std::move(tokens));
  out.Counter("speculation_spent_joules_total",
              "Joules of drafting and of the rows that verify, beyond steps "
              "without them: by accepted tokens, what one of them costs.",
              std::move(joules));
  out.Counter("speculation_spent_seconds_total",
              "Seconds of the same, measured.", std::move(seconds));
}

}  // namespace

void AddSpeculationMetrics(const EngineStats& stats,
                           const std::string& model_name,
                           std::vector<prometheus::MetricFamily>& families) {
  MetricFamilies out(model_name, families);
  const SpeculationStats& speculation = stats.speculation;
  AddByDrafter(speculation, out);
  AddByClass(speculation, out);
  Values positions, choices;
  for (int i = 0; i < SpeculationStats::kPositions; ++i) {
    positions.push_back({static_cast<double>(speculation.accepted_at[i]),
                         {{"position", absl::StrCat(i)}}});
  }
  out.Counter("speculation_accepted_tokens_by_position_total",
              "Accepted tokens by their place in the draft; the last place "
              "counts later ones, too.",
              std::move(positions),
              "spec_decode_num_accepted_tokens_per_pos_total");
  for (const DraftChoiceCount& choice : speculation.choices) {
    choices.push_back({static_cast<double>(choice.count),
                       {{"drafter", std::string(DrafterName(choice.drafter))},
                        {"reason", std::string(choice.reason)}}});
  }
  out.Counter("speculation_decisions_total",
              "Decisions about a sequence's draft, one a step, by reason.",
              std::move(choices));
  if (!speculation.learning) return;
  const LearningStats& learning = *speculation.learning;
  out.Counter("exit_head_updates_total",
              "Rows of live traffic that the exit head learned from.",
              {{static_cast<double>(learning.updates), {}}});
  out.Counter("exit_head_learning_seconds_total",
              "Time that the engine's thread took to learn from them.",
              {{learning.time.count(), {}}});
  out.Counter("exit_head_failed_saves_total",
              "Times that what it learned could not be written to its folder.",
              {{static_cast<double>(learning.failed_saves), {}}});
}

}  // namespace mj
