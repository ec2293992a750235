#include "engine/schedule/plan_step.h"

#include <deque>
#include <random>

#include "engine/schedule/water_fill.h"
#include "gtest/gtest.h"

namespace mj {
namespace {

// Hands the budget out unit by unit to the smallest unmet share.
std::vector<int> SlowWaterFill(const std::vector<int>& needs, int budget) {
  std::vector<int> shares(needs.size(), 0);
  for (; budget > 0; --budget) {
    int best = -1;
    for (int i = 0; i < static_cast<int>(needs.size()); ++i) {
      if (shares[i] == needs[i]) continue;
      if (best < 0 || shares[i] < shares[best]) best = i;
    }
    if (best < 0) break;
    ++shares[best];
  }
  return shares;
}

TEST(WaterFillTest, AgreesWithUnitByUnit) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::vector<int> needs(random() % 9);
    for (int& n : needs) n = random() % 30;
    const int budget = random() % 120;
    EXPECT_EQ(WaterFill(needs, budget), SlowWaterFill(needs, budget));
  }
}

constexpr ScheduleLimits kLimits{4, 100, 32};

struct PlanCase {
  const char* name;
  std::vector<SequenceView> running, waiting;
  int free_blocks;
  ScheduleLimits limits;
  std::vector<std::pair<int, int>> rows;  // sequence, rows
  int admitted, preempted;
};

TEST(PlanStepTest, NamedCases) {
  // {tokens, computed, blocks, max tokens}
  const PlanCase kCases[] = {
      {"nothing to do", {}, {}, 10, kLimits, {}, 0, 0},
      {"a short prompt at once",
       {},
       {{20, 0, 0, 30}},
       10,
       kLimits,
       {{0, 20}},
       1,
       0},
      {"decode first, the prompt gets the rest",
       {{50, 49, 2, 60}},
       {{3000, 0, 0, 3010}},
       100,
       kLimits,
       {{0, 1}, {1, 99}},
       1,
       0},
      {"long and short advance together",
       {},
       {{3000, 0, 0, 3010}, {10, 0, 0, 20}, {500, 0, 0, 510}},
       200,
       kLimits,
       {{0, 45}, {1, 10}, {2, 45}},
       3,
       0},
      {"no more than max_num_seqs",
       {},
       std::vector<SequenceView>(6, {10, 0, 0, 20}),
       100,
       kLimits,
       {{0, 10}, {1, 10}, {2, 10}, {3, 10}},
       4,
       0},
      {"nobody overtakes who does not fit",
       {{50, 49, 2, 60}},
       {{300, 0, 0, 310}, {10, 0, 0, 20}},
       9,
       kLimits,
       {{0, 1}},
       0,
       0},
      {"the latest gives way to the oldest",
       {{65, 64, 2, 90}, {65, 64, 2, 90}, {40, 39, 2, 90}},
       {},
       0,
       kLimits,
       {{0, 1}, {1, 1}},
       0,
       1},
      {"the latest waits rather than lose its blocks",
       {{40, 39, 2, 90}, {65, 64, 2, 90}},
       {},
       0,
       kLimits,
       {{0, 1}},
       0,
       0},
      {"a prompt takes what is left",
       {{100, 32, 1, 110}},
       {},
       1,
       kLimits,
       {{0, 32}},
       0,
       0},
      {"a pool of one block",
       {},
       {{10, 0, 0, 32}, {10, 0, 0, 32}},
       1,
       kLimits,
       {{0, 10}},
       1,
       0},
      {"a row for everyone who runs",
       {},
       std::vector<SequenceView>(4, {10, 0, 0, 20}),
       100,
       {4, 2, 32},
       {{0, 1}, {1, 1}},
       2,
       0},
      {"what is shared need not be computed",
       {},
       {{100, 64, 2, 110, 0, /*num_free_blocks=*/2}},
       4,
       kLimits,
       {{0, 36}},
       1,
       0},
      {"idle blocks that are shared are free no more",
       {},
       {{100, 64, 2, 110, 0, /*num_free_blocks=*/2}},
       3,
       kLimits,
       {},
       0,
       0},
      {"who follows gets no rows and lets others pass",
       {{320, 32, 1, 330}, {320, 32, 1, 330, 0, 0, /*follows=*/true}},
       {{50, 0, 0, 60}},
       100,
       kLimits,
       {{0, 50}, {2, 50}},
       1,
       0},
      {"who would only follow starts later",
       {{320, 32, 1, 330}},
       {{320, 32, 1, 330, 0, 0, /*follows=*/true}},
       100,
       kLimits,
       {{0, 100}},
       0,
       0},
      {"shared blocks are not freed by one who leaves",
       {{65, 64, 2, 90}, {70, 69, 3, 90, /*num_shared_blocks=*/3}},
       {},
       0,
       kLimits,
       {},
       0,
       1},
  };
  for (const PlanCase& c : kCases) {
    SCOPED_TRACE(c.name);
    const StepPlan plan =
        PlanStep({c.running, c.waiting, c.free_blocks, c.limits});
    std::vector<std::pair<int, int>> rows;
    for (const PlannedRows& r : plan.rows) {
      rows.emplace_back(r.sequence, r.num_rows);
    }
    EXPECT_EQ(rows, c.rows);
    EXPECT_EQ(plan.num_admitted, c.admitted);
    EXPECT_EQ(plan.num_preempted, c.preempted);
  }
}

struct DraftCase {
  const char* name;
  std::vector<SequenceView> running;
  int free_blocks;
  ScheduleLimits limits;
  std::vector<int> lengths;
  std::vector<int> rows, blocks;  // of each sequence
};

TEST(PlanStepTest, DraftsGetWhatIsLeft) {
  const DraftCase kCases[] = {
      {"as long as they are",
       {{50, 49, 2, 99}, {10, 9, 1, 99}},
       9,
       kLimits,
       {5, 3},
       {6, 4},
       {2, 1}},
      {"a block more", {{60, 59, 2, 99}}, 2, kLimits, {16}, {17}, {3}},
      {"no block is left but for growth",
       {{60, 59, 2, 99}, {30, 29, 1, 99}},
       0,
       kLimits,
       {16, 16},
       {5, 3},
       {2, 1}},
      {"few rows, first ones first",
       {{50, 49, 2, 99}, {10, 9, 1, 99}},
       9,
       {4, 6, 32},
       {3, 3},
       {4, 2},
       {2, 1}},
      {"beside a prompt that takes all rows",
       {{50, 49, 2, 99}, {500, 0, 0, 510}},
       99,
       kLimits,
       {3, 0},
       {1, 99},
       {2, 4}},
  };
  for (const DraftCase& c : kCases) {
    SCOPED_TRACE(c.name);
    const PlanInput input = {c.running, {}, c.free_blocks, c.limits};
    StepPlan plan = PlanStep(input);
    AddDraftRows(input, c.lengths, plan);
    std::vector<int> rows, blocks;
    for (const PlannedRows& r : plan.rows) {
      rows.push_back(r.num_rows);
      blocks.push_back(r.num_blocks);
    }
    EXPECT_EQ(rows, c.rows);
    EXPECT_EQ(blocks, c.blocks);
    EXPECT_GE(RestOf(input, plan).rows, 0);
    EXPECT_GE(RestOf(input, plan).blocks, 0);
  }
}

// Sequences that live by the plan alone, with everything a plan promises
// checked at every step.
class Simulation {
 public:
  // `window` of all sequences, in blocks; 0: none.
  explicit Simulation(uint32_t seed, int window = 0)
      : random_(seed), window_(window) {
    total_blocks_ = 1 + random_() % 60;
    limits_ = {static_cast<int>(1 + random_() % 12),
               static_cast<int>(1 + random_() % 200), 32};
    to_arrive_ = 60;
    if (window == 0) return;
    total_blocks_ += window;  // it and one row more fit
    limits_.most_blocks = std::min(
        total_blocks_, window + 1 + BlocksFor(limits_.max_batched_tokens, 32));
  }

  void RunToTheEnd() {
    for (int step = 0; to_arrive_ > 0 || !Empty(); ++step) {
      ASSERT_LT(step, 200000) << "somebody starves";
      Arrive();
      CancelSome();
      if (Empty()) continue;
      ASSERT_NO_FATAL_FAILURE(Step());
    }
    EXPECT_EQ(Free(), total_blocks_);
  }

 private:
  bool Empty() const { return running_.empty() && waiting_.empty(); }
  int Free() const {
    int used = 0;
    for (const SequenceView& s : running_) {
      used += s.num_blocks - s.num_released;
    }
    return total_blocks_ - used;
  }

  void Arrive() {
    while (to_arrive_ > 0 && random_() % 4 == 0) {
      const int most = (window_ == 0 ? 1 : 4) * total_blocks_ * 32;
      const int prompt = 1 + random_() % (most - 1);
      const int max_tokens = prompt + 1 + random_() % (most - prompt);
      waiting_.push_back({prompt, 0, 0, max_tokens});
      --to_arrive_;
    }
  }

  void CancelSome() {
    if (!running_.empty() && random_() % 50 == 0) {
      running_.erase(running_.begin() + random_() % running_.size());
    }
    if (!waiting_.empty() && random_() % 50 == 0) {
      waiting_.erase(waiting_.begin() + random_() % waiting_.size());
    }
  }

  void Step() {
    const std::vector<SequenceView> waiting(waiting_.begin(), waiting_.end());
    const StepPlan plan = PlanStep({running_, waiting, Free(), limits_});
    for (int i = 0; i < plan.num_preempted; ++i) {
      SequenceView s = running_.back();
      s.num_computed = s.num_blocks = s.num_released = 0;
      waiting_.push_front(s);
      running_.pop_back();
    }
    for (int i = 0; i < plan.num_admitted; ++i) {
      running_.push_back(waiting_.front());
      waiting_.pop_front();
    }
    CheckAndRun(plan);
    std::erase_if(running_, [](const SequenceView& s) {
      return s.num_tokens > s.max_tokens;
    });
  }

  void CheckAndRun(const StepPlan& plan) {
    ASSERT_FALSE(plan.rows.empty());
    ASSERT_EQ(plan.rows[0].sequence, 0) << "the oldest always advances";
    ASSERT_LE(running_.size(), static_cast<size_t>(limits_.max_num_seqs));
    int rows = 0, before = -1;
    for (const PlannedRows& r : plan.rows) {
      ASSERT_GT(r.sequence, before);
      before = r.sequence;
      SequenceView& s = running_[r.sequence];
      rows += r.num_rows;
      ASSERT_GT(r.num_rows, 0);
      ASSERT_LE(s.num_computed + r.num_rows, s.num_tokens);
      ASSERT_GE(r.num_blocks, s.num_blocks);
      ASSERT_GE(r.num_blocks * 32, s.num_computed + r.num_rows);
      s.num_blocks = r.num_blocks;
      s.num_computed += r.num_rows;
      if (s.num_computed == s.num_tokens) ++s.num_tokens;
      if (window_ > 0) {
        s.num_released = std::max(0, s.num_computed / 32 - window_);
      }
    }
    ASSERT_LE(rows, limits_.max_batched_tokens);
    ASSERT_GE(Free(), 0);
  }

  std::mt19937 random_;
  const int window_;
  int total_blocks_, to_arrive_;
  ScheduleLimits limits_;
  std::vector<SequenceView> running_;
  std::deque<SequenceView> waiting_;
};

TEST(PlanStepTest, EveryRequestEndsAndNoBlockIsLost) {
  for (uint32_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    ASSERT_NO_FATAL_FAILURE(Simulation(seed).RunToTheEnd());
  }
}

// Prompts and replies are longer than the pool.
TEST(PlanStepTest, SoTheyDoWithSlidingWindows) {
  for (uint32_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    const int window = 1 + static_cast<int>(seed % 8);
    ASSERT_NO_FATAL_FAILURE(Simulation(seed, window).RunToTheEnd());
  }
}

// In steady state everyone who decodes gets one row a step.
TEST(PlanStepTest, DecodingSequencesAdvanceAtTheSameRate) {
  const std::vector<SequenceView> running(256, {100, 99, 4, 2000});
  const StepPlan plan = PlanStep({running, {}, 1000, {256, 512, 32}});
  ASSERT_EQ(plan.rows.size(), 256u);
  for (const PlannedRows& r : plan.rows) EXPECT_EQ(r.num_rows, 1);
}

}  // namespace
}  // namespace mj
