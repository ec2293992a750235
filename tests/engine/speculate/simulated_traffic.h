// Speculation in a made world, step after step: true costs and true chances
// that the controller has to find out.
#ifndef MILLIJOULE_TESTS_ENGINE_SPECULATE_SIMULATED_TRAFFIC_H_
#define MILLIJOULE_TESTS_ENGINE_SPECULATE_SIMULATED_TRAFFIC_H_

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <vector>

#include "engine/speculate/controller.h"

namespace mj {

struct World {
  std::function<Seconds(int)> true_time, believed_time;  // of so many rows
  Joules joules_per_row{0.001};
  Watts power{10};
  std::function<double(int step)> acceptance;
  int load = 1;  // sequences
  Drafter drafter = Drafter::kNgram;
  Seconds true_drafting{0}, believed_drafting{0};  // of a token
  double noise = 0.05;     // relative deviation of a step's time
  double interrupted = 0;  // share of steps that take ten times as long
  int reply_tokens = 300;  // then another sequence takes the place
  int prompt_rows = 0;     // of every step, beside
};

// Costs are the expected ones, without the noise that the controller sees.
struct Rates {
  double tokens = 0, seconds = 0, joules = 0;
  int steps = 0, explored = 0;
  double speed() const { return tokens / seconds; }
  double economy() const { return tokens / joules; }
  Rates operator-(const Rates& o) const {
    return {tokens - o.tokens, seconds - o.seconds, joules - o.joules,
            steps - o.steps, explored - o.explored};
  }
};

class SimulatedTraffic final {
 public:
  SimulatedTraffic(const World& world, const SpeculationLimits& limits)
      : world_(world), limits_(limits), sequences_(world.load) {}

  // Another `steps` steps; returns what they brought.
  Rates Run(int steps) {
    const Rates before = total_;
    for (int i = 0; i < steps; ++i) Step();
    return total_ - before;
  }
  SpeculationMemory& memory() { return memory_; }

 private:
  struct Reply {
    SequenceAcceptance acceptance;
    int tokens = 0;
  };

  Price Cost(Seconds time, int rows) const {
    return {world_.power * time + world_.joules_per_row * rows, time};
  }
  Price Believed(int rows) const {
    return Cost(world_.believed_time(rows), rows);
  }
  double Uniform() { return std::uniform_real_distribution<>()(random_); }

  int Accepted(int length) {
    int accepted = 0;
    while (accepted < length && Uniform() < world_.acceptance(total_.steps)) {
      ++accepted;
    }
    return accepted;
  }

  SpeculationPlan Plan() {
    const DraftOffer offer{
        world_.drafter,
        16,
        4,
        {world_.power * world_.believed_drafting, world_.believed_drafting}};
    std::vector<DraftingSequence> views;
    for (const Reply& reply : sequences_) {
      views.push_back({{&offer, 1}, 0, &reply.acceptance});
    }
    std::vector<Price> step;
    const int most = std::min(16 * world_.load, 256);
    const int rows = world_.load + world_.prompt_rows;
    for (int r = 0; r <= most; ++r) step.push_back(Believed(rows + r));
    const SpeculationInputs inputs{views, rows, Believed(world_.load), step};
    if (!MayGain(limits_, inputs, memory_)) {
      SpeculationPlan none;
      none.choices.resize(views.size());
      return none;
    }
    return PlanSpeculation(limits_, inputs, memory_);
  }

  Seconds Draft(int tokens) {
    if (tokens == 0 || world_.true_drafting == Seconds(0)) return Seconds(0);
    const Seconds believed = world_.believed_drafting * tokens;
    const Seconds time = world_.true_drafting * tokens;
    total_.seconds += time.count();
    total_.joules += (world_.power * time).value();
    memory_.ObserveDrafting(
        world_.drafter,
        {{world_.power * believed, believed}, time, {}, world_.power});
    return time;
  }

  void Step() {
    const SpeculationPlan plan = Plan();
    const Seconds drafting = Draft(plan.num_rows);
    const int rows = world_.load + world_.prompt_rows + plan.num_rows;
    double slow =
        std::exp(world_.noise * std::normal_distribution<>()(random_));
    if (Uniform() < world_.interrupted) slow *= 10;
    const Seconds time = world_.true_time(rows) * slow;
    memory_.ObserveStep(rows, {Believed(rows), time, {}, world_.power},
                        limits_.most_exploration);
    const Price cost = Cost(world_.true_time(rows), rows);
    total_.seconds += cost.time.count();
    total_.joules += cost.energy.value();

    int tokens = world_.load;
    for (int i = 0; i < world_.load; ++i) {
      tokens += Judge(sequences_[i], plan.choices[i].length);
    }
    total_.tokens += tokens;
    if (plan.exploration) {
      ++total_.explored;
      memory_.ObserveExploration(*plan.exploration, tokens, time + drafting);
    }
    ++total_.steps;
  }

  // N-grams that are not drafted are judged by the token that comes anyway.
  int Judge(Reply& reply, int length) {
    const int accepted = Accepted(length);
    const bool shadow = length == 0 && world_.drafter == Drafter::kNgram &&
                        limits_.policy == SpeculationPolicy::kAuto;
    const DraftClass of{world_.drafter, 0, 4};
    if (shadow) {
      memory_.ObserveDraft({of, 1, Accepted(1)}, reply.acceptance);
    } else if (length > 0) {
      memory_.ObserveDraft({of, length, accepted}, reply.acceptance);
    }
    reply.tokens += 1 + accepted;
    if (reply.tokens >= world_.reply_tokens) reply = {};
    return accepted;
  }

  World world_;
  SpeculationLimits limits_;
  std::vector<Reply> sequences_;
  SpeculationMemory memory_;
  Rates total_;
  std::mt19937 random_{7};
};

// The better of two that are both wanted.
inline double Gain(const Rates& rates, const Rates& off) {
  return std::min(rates.speed() / off.speed(), rates.economy() / off.economy());
}

}  // namespace mj

#endif  // MILLIJOULE_TESTS_ENGINE_SPECULATE_SIMULATED_TRAFFIC_H_
