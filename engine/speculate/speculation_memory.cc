#include "engine/speculate/speculation_memory.h"

#include <algorithm>

namespace mj {
namespace {

constexpr double kDraftingWeight = 0.05;

// Measured over predicted; 0 where nothing was predicted.
double TimeRatio(const CostOutcome& cost) {
  return cost.predicted.time > Seconds(0) ? cost.time / cost.predicted.time : 0;
}

double EnergyRatio(const CostOutcome& cost) {
  if (!(cost.predicted.energy > Joules(0))) return 0;
  const Joules modelled =
      cost.predicted.energy + cost.power * (cost.time - cost.predicted.time);
  return cost.energy.value_or(modelled) / cost.predicted.energy;
}

}  // namespace

void ExplorationBudget::NoteStep(double share) {
  purse_ = std::min(purse_ + share, 4 * kPurse);
  --wait_;
}

void ExplorationBudget::Spend(double gain) {
  ++num_explored_;
  purse_ += std::min(gain, 0.0);
  if (gain < -kMuch) {
    interval_ = std::min(2 * interval_, kMostInterval);
  } else if (gain > 0) {
    interval_ = kLeastInterval;
  }
  wait_ = interval_;
}

void SpeculationMemory::ObserveStep(int rows, const CostOutcome& cost,
                                    double exploration_share) {
  ++step_;
  exploration_.NoteStep(exploration_share);
  time_.Observe(rows, TimeRatio(cost), step_);
  energy_.Observe(rows, EnergyRatio(cost), step_);
}

void SpeculationMemory::ObserveProbe(int rows, const CostOutcome& cost) {
  time_.ObserveProbe(rows, TimeRatio(cost));
  energy_.ObserveProbe(rows, EnergyRatio(cost));
}

void SpeculationMemory::ObserveDrafting(Drafter drafter,
                                        const CostOutcome& cost) {
  const double time = TimeRatio(cost), energy = EnergyRatio(cost);
  if (!(time > 0) || !(energy > 0)) return;
  DraftingRatio& ratio = drafting_[static_cast<int>(drafter)];
  const double weight = std::max(kDraftingWeight, 1.0 / ++ratio.count);
  ratio.time += weight * (time - ratio.time);
  ratio.energy += weight * (energy - ratio.energy);
}

void SpeculationMemory::ObserveExploration(const Exploration& exploration,
                                           int tokens, Seconds time) {
  exploration_.Spend(tokens / exploration.tokens * (exploration.time / time) -
                     1);
}

Price SpeculationMemory::Corrected(Drafter drafter, const Price& price) const {
  const DraftingRatio& ratio = drafting_[static_cast<int>(drafter)];
  return {price.energy * ratio.energy, price.time * ratio.time};
}

}  // namespace mj
