#include "engine/step_probe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/fakes/fake_model.h"
#include "tests/fakes/hand_clock.h"

namespace mj {
namespace {

class StepProbeTest : public testing::Test {
 protected:
  StepProbeTest() {
    log_.before_step = [this] { clock_.now += Seconds(0.01); };
    EXPECT_TRUE(model_->backend->AllocateKv(model_->kv_shape, 8).ok());
  }

  std::vector<ProbedStep> Probe(double budget, int num_blocks = 8) {
    return ProbeSteps(*model_, num_blocks, Seconds(budget), clock_);
  }

  HandClock clock_;
  FakeRunnerLog log_;
  std::unique_ptr<LoadedModel> model_ = MakeFakeModel(log_, 8192, 48);
};

std::multiset<int> RowsOf(const std::vector<ProbedStep>& steps) {
  std::multiset<int> rows;
  for (const ProbedStep& step : steps) {
    rows.insert(step.shape.sequences.at(0).num_tokens);
  }
  return rows;
}

TEST_F(StepProbeTest, EachNumberOfRowsThreeTimesAndNoMoreThanAStepHas) {
  const std::multiset<int> rows = RowsOf(Probe(100));
  for (int r = 1; r <= 16; ++r) EXPECT_EQ(rows.count(r), 3) << r;
  EXPECT_EQ(rows.count(48), 3);
  EXPECT_EQ(rows.count(64), 0);
  EXPECT_EQ(log_.max_rows, 48);
}

TEST_F(StepProbeTest, TellsWhatAStepTook) {
  for (const ProbedStep& step : Probe(1)) {
    EXPECT_NEAR(step.taken.count(), 0.01, 1e-9);
    EXPECT_EQ(step.shape.sequences.at(0).num_logits,
              step.shape.sequences.at(0).num_tokens);
  }
}

TEST_F(StepProbeTest, EndsWithItsTime) {
  EXPECT_EQ(Probe(0).size(), 0);
  EXPECT_EQ(log_.steps, 0);
  const std::multiset<int> rows = RowsOf(Probe(0.055));
  EXPECT_EQ(rows.size(), 5);  // and one to warm up
  EXPECT_EQ(rows.count(1), 1);
  EXPECT_EQ(rows.count(16), 1);
}

TEST_F(StepProbeTest, KeepsToTheBlocksThatAreThere) {
  const std::multiset<int> rows = RowsOf(Probe(100, 1));
  EXPECT_EQ(*rows.rbegin(), 32);
}

}  // namespace
}  // namespace mj
