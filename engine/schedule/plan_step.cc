#include "engine/schedule/plan_step.h"

#include <algorithm>

#include "engine/schedule/water_fill.h"

namespace mj {
namespace {

int Lacks(const SequenceView& s) { return s.num_tokens - s.num_computed; }
bool Decodes(const SequenceView& s) { return Lacks(s) == 1; }
int Held(const SequenceView& s) { return s.num_blocks - s.num_released; }

// The plan while it is made. Sequences in play are a prefix of the order of
// arrival: all of `running`, then those admitted.
class Planner {
 public:
  explicit Planner(const PlanInput& input) : in_(input) {}

  StepPlan Make() {
    const int num_decodes = GiveDecodeRows();
    Admit(num_decodes);
    SharePrefillRows(num_decodes);
    FindBlocks();
    return Finish();
  }

 private:
  const SequenceView& At(int i) const {
    const int num_running = static_cast<int>(in_.running.size());
    return i < num_running ? in_.running[i] : in_.waiting[i - num_running];
  }
  int Blocks(int num_tokens) const {
    return BlocksFor(num_tokens, in_.limits.block_size);
  }

  bool Waits(size_t i) const { return i >= in_.running.size(); }
  // Blocks that become free when a sequence in play is left out.
  int Freed(size_t i) const {
    return Waits(i) ? 0 : Held(At(i)) - At(i).num_shared_blocks;
  }

  int GiveDecodeRows() {
    rows_.assign(in_.running.size(), 0);
    int given = 0;
    for (size_t i = 0; i < in_.running.size(); ++i) {
      if (!Decodes(in_.running[i])) continue;
      if (given == in_.limits.max_batched_tokens) break;
      rows_[i] = 1;
      ++given;
    }
    return given;
  }

  // Free blocks that `s` will take for the tokens it has, and one more if it
  // may outgrow them: a sequence that starts must not be preempted at once.
  int Claim(const SequenceView& s) const {
    const int needed = std::max(Blocks(s.num_tokens), s.num_blocks);
    const bool grows = Blocks(s.max_tokens) > needed;
    const int lacks = needed - s.num_blocks + (grows ? 1 : 0);
    const int room = std::max(0, in_.limits.most_blocks - Held(s));
    return std::min(lacks, room) + s.num_free_blocks;
  }

  void Admit(int num_decodes) {
    int claimed = 0;
    for (const SequenceView& s : in_.running) claimed += Claim(s);
    const int slots =
        std::min(in_.limits.max_num_seqs, in_.limits.max_batched_tokens);
    // Each prompt needs a row a step, or it would hold blocks for nothing.
    int rows = in_.limits.max_batched_tokens - num_decodes -
               (static_cast<int>(in_.running.size()) - num_decodes);
    for (const SequenceView& s : in_.waiting) {
      claimed += Claim(s);
      const bool fits = static_cast<int>(rows_.size()) < slots && rows > 0 &&
                        claimed <= in_.num_free_blocks;
      if (!fits) return;
      rows_.push_back(0);
      if (!s.follows) --rows;
    }
  }

  void SharePrefillRows(int num_decodes) {
    const int num_running = static_cast<int>(in_.running.size());
    std::vector<int> who, needs;
    for (int i = 0; i < static_cast<int>(rows_.size()); ++i) {
      if (i < num_running && Decodes(in_.running[i])) continue;
      if (At(i).follows) continue;
      who.push_back(i);
      needs.push_back(Lacks(At(i)));
    }
    const std::vector<int> shares =
        WaterFill(needs, in_.limits.max_batched_tokens - num_decodes);
    for (size_t k = 0; k < who.size(); ++k) rows_[who[k]] = shares[k];
  }

  void FindBlocks() {
    int free = in_.num_free_blocks;
    blocks_.resize(rows_.size());
    for (size_t i = 0; i < rows_.size(); ++i) {
      const SequenceView& s = At(i);
      free -= s.num_free_blocks;
      const int wanted = Blocks(s.num_computed + rows_[i]) - s.num_blocks;
      while (wanted > free && rows_.size() > i + 1) {
        free += Freed(rows_.size() - 1);
        rows_.pop_back();
      }
      const int room = (s.num_blocks + free) * in_.limits.block_size;
      rows_[i] = std::min(rows_[i], room - s.num_computed);
      blocks_[i] = std::max(s.num_blocks, Blocks(s.num_computed + rows_[i]));
      free -= blocks_[i] - s.num_blocks;
    }
  }

  StepPlan Finish() const {
    StepPlan plan;
    plan.rows.reserve(rows_.size());
    for (size_t i = 0; i < rows_.size(); ++i) {
      if (rows_[i] == 0) continue;
      plan.rows.push_back({static_cast<int>(i), rows_[i], blocks_[i]});
    }
    const int num_running = static_cast<int>(in_.running.size());
    int left = static_cast<int>(rows_.size());
    while (left > num_running && rows_[left - 1] == 0) --left;
    plan.num_admitted = std::max(0, left - num_running);
    plan.num_preempted = std::max(0, num_running - left);
    return plan;
  }

  const PlanInput& in_;
  std::vector<int> rows_;    // of each sequence in play
  std::vector<int> blocks_;  // held after this step
};

const SequenceView& ViewOf(const PlanInput& input, const PlannedRows& rows) {
  const auto i = static_cast<size_t>(rows.sequence);
  return i < input.running.size() ? input.running[i]
                                  : input.waiting[i - input.running.size()];
}

}  // namespace

StepPlan PlanStep(const PlanInput& input) { return Planner(input).Make(); }

PlanRest RestOf(const PlanInput& input, const StepPlan& plan) {
  PlanRest rest{input.limits.max_batched_tokens, input.num_free_blocks};
  for (const PlannedRows& rows : plan.rows) {
    rest.rows -= rows.num_rows;
    rest.blocks -= rows.num_blocks - ViewOf(input, rows).num_blocks;
  }
  for (int i = 0; i < plan.num_admitted; ++i) {
    rest.blocks -= input.waiting[i].num_free_blocks;
  }
  // One stays for each sequence that may grow: a guess preempts nobody.
  rest.blocks -= static_cast<int>(input.running.size()) + plan.num_admitted;
  if (plan.num_preempted > 0 || rest.blocks < 0) rest.blocks = 0;
  return rest;
}

void AddDraftRows(const PlanInput& input, std::span<const int> lengths,
                  StepPlan& plan) {
  PlanRest rest = RestOf(input, plan);
  const int size = input.limits.block_size;
  for (size_t k = 0; k < lengths.size() && rest.rows > 0; ++k) {
    if (lengths[k] == 0) continue;
    PlannedRows& rows = plan.rows[k];
    const int used = ViewOf(input, rows).num_computed + rows.num_rows;
    const int room = (rows.num_blocks + rest.blocks) * size - used;
    const int added = std::min({lengths[k], rest.rows, room});
    const int blocks = std::max(rows.num_blocks, BlocksFor(used + added, size));
    rest.blocks -= blocks - rows.num_blocks;
    rest.rows -= added;
    rows.num_rows += added;
    rows.num_blocks = blocks;
  }
}

}  // namespace mj
