#include "engine/step_probe.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace mj {
namespace {

constexpr int kRounds = 3;
// Halves of what is still unknown come first: who has little time gets few
// steps far apart.
constexpr std::array kRows = {1, 4,  2,  8,  16, 3,  6,  12, 5,  7, 10,
                              9, 14, 32, 11, 13, 15, 20, 24, 48, 64};

Seconds RunStep(int rows, LoadedModel& model, const Clock& clock,
                StepShape& shape) {
  const int num_blocks = (rows + kBlockSize - 1) / kBlockSize;
  std::vector<int32_t> table(num_blocks);
  std::iota(table.begin(), table.end(), 0);
  ForwardBatch batch;
  batch.tokens.assign(rows, 0);
  batch.sequences.push_back({0, rows, 0, table});
  for (int row = 0; row < rows; ++row) batch.logits_rows.push_back({row, 1});
  batch.shape.sequences.push_back({rows, 0, rows});
  const Seconds start = clock.Now();
  model.runner->Run(batch, [](int, const RowLogits&) {});
  const Seconds taken = clock.Now() - start;
  shape = std::move(batch.shape);
  return taken;
}

}  // namespace

std::vector<ProbedStep> ProbeSteps(LoadedModel& model, int num_blocks,
                                   Seconds budget, const Clock& clock) {
  std::vector<ProbedStep> steps;
  if (budget <= Seconds(0)) return steps;
  const int most = std::min(model.max_rows, num_blocks * kBlockSize);
  StepShape unused;
  const Seconds end = clock.Now() + budget;
  RunStep(1, model, clock, unused);
  for (int round = 0; round < kRounds; ++round) {
    for (int rows : kRows) {
      if (rows > most) continue;
      if (clock.Now() >= end) return steps;
      ProbedStep& step = steps.emplace_back();
      step.taken = RunStep(rows, model, clock, step.shape);
    }
  }
  return steps;
}

}  // namespace mj
