// What operators may see of speculation: plain data; counters only grow.
#ifndef MILLIJOULE_ENGINE_SPECULATION_STATS_H_
#define MILLIJOULE_ENGINE_SPECULATION_STATS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/speculate/acceptance.h"
#include "engine/speculate/drafter.h"
#include "hw_backends/quantities.h"

namespace mj {

struct DrafterStats {
  int64_t drafts = 0, drafted = 0, accepted = 0;  // the latter two: tokens
};

// Of requests, as guesses of them differ: by choice and by length of prompt.
inline constexpr std::array<std::string_view, kRequestClasses>
    kRequestClassNames = {"greedy_short_prompt", "greedy_long_prompt",
                          "sampled_short_prompt", "sampled_long_prompt"};

struct DraftSpending {
  int64_t drafted = 0, accepted = 0;  // tokens
  Joules energy{0};  // modelled, of drafting and of the rows that verify
  Seconds time{0};   // measured, of the same
};
using DraftSpendings =
    std::array<std::array<DraftSpending, kRequestClasses>, kNumDrafters>;

struct DraftChoiceCount {
  Drafter drafter = Drafter::kNone;
  std::string_view reason;
  int64_t count = 0;
};

// Of an exit head that learns from what it sees (speculate/elastic_heads.h).
struct LearningStats {
  int64_t updates = 0;       // rows learned from, of all tenants
  int64_t failed_saves = 0;  // of a tenant's file
  Seconds time{0};           // of the engine thread, saves included
};

struct SpeculationStats {
  static constexpr int kPositions = 16;  // later ones count as the last

  std::array<DrafterStats, kNumDrafters> drafters;
  DraftSpendings spendings{};  // by drafter and class (draft_account.h)
  std::array<int64_t, kPositions> accepted_at{};  // by place in the draft
  // Of each sequence in each step that might have had a draft.
  std::vector<DraftChoiceCount> choices;
  std::optional<LearningStats> learning;  // absent: none does
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SPECULATION_STATS_H_
