#include "engine/energy/rules/energy_rule.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "engine/energy/rules/expected_traffic.h"
#include "engine/energy/rules/slo_pressure.h"

namespace mj {
namespace {

constexpr size_t kManyPrompts = 24;
constexpr Seconds kShortestWait{1e-3};
constexpr Seconds kShortestGap{0.25}, kLongestGap{5};

class EnergyPlanner {
 public:
  EnergyPlanner(const GovernorLimits& limits, const GovernorInputs& in,
                const GovernorMemory& memory)
      : limits_(limits),
        options_(limits.energy),
        in_(in),
        memory_(memory),
        phase_(PhaseOf(in)),
        tpot_(limits.slo_tpot * (1 - memory.tpot_guard.value())),
        ttft_(limits.slo_ttft * (1 - memory.ttft_guard.value())),
        expected_(ExpectTraffic(limits, memory, tpot_)),
        pressure_(
            FindPressure(in, {tpot_, (1 - expected_.hurry) * tpot_,
                              expected_.cushion, options_.cushion_share})) {
    for (int clock = 0; clock <= limits.full_clock(); ++clock) {
      prices_.push_back(memory.Corrected(phase_, clock, in.step[clock]));
    }
  }

  Decision Make() const {
    if (const char* why = Alarm()) return {limits_.full_clock(), {}, why};
    return pressure_.step_prompt_rows > 0 ? ForPrompts() : ForDecode();
  }

 private:
  const char* Alarm() const {
    if (in_.num_queued > 0) return "requests queue";
    if (in_.kv_used > options_.most_kv_used) return "KV cache nearly full";
    if (pressure_.prompts.size() > kManyPrompts) return "many prompts";
    return nullptr;
  }

  // Prompts also hurry when there are many tokens of them.
  double Rush() const {
    const int full = limits_.full_clock();
    const Seconds backlog = pressure_.prompt_tokens *
                            limits_.profile[full].per_prompt_token *
                            memory_.corrections.ratio(Phase::kPrefill, full);
    const double by_backlog =
        (backlog / limits_.slo_ttft - options_.calm_backlog) /
        (options_.busy_backlog - options_.calm_backlog);
    return std::clamp(std::max(expected_.hurry, by_backlog), 0.0, 1.0);
  }

  Seconds time(int clock) const { return prices_[clock].time; }
  Joules Cost(int clock) const {
    return prices_[clock].energy - limits_.idle_power[0] * time(clock);
  }
  // What a second costs that full speed saves over the cheapest clock.
  Watts SpeedPrice() const {
    const int full = limits_.full_clock();
    int best = full;
    for (int clock = 0; clock < full; ++clock) {
      if (Cost(clock) < Cost(best)) best = clock;
    }
    if (time(best) <= time(full)) return Watts(0);
    return (Cost(full) - Cost(best)) / (time(best) - time(full));
  }
  double Spread() const {
    return options_.deviations * memory_.corrections.spread(phase_);
  }

  // `present` and `wanted`: how long the work takes at either clock.
  Seconds WithSwitch(int clock, Seconds present, Seconds wanted) const {
    const Seconds latency = limits_.switch_latency;
    if (clock == in_.achieved_clock) return wanted;
    if (present <= latency) return present;
    return latency + wanted * (1 - latency / present);
  }

  // Rows of a step that prompts may have.
  double Chunk() const {
    return std::max(
        {1.0, pressure_.step_prompt_rows,
         double{1} * limits_.max_batched_tokens - pressure_.num_decodes});
  }

  Seconds Ends(int clock, double steps) const {
    const Seconds margin = time(clock) * Spread() * std::sqrt(steps);
    return in_.now + margin +
           WithSwitch(clock, steps * time(in_.achieved_clock),
                      steps * time(clock));
  }

  // A deviation of what prompts that arrive within `rest` will need: a compound
  // Poisson process.
  Seconds Intrusion(int clock, Seconds rest) const {
    const TrafficStats& t = memory_.traffic;
    const double tokens =
        std::sqrt(t.rate() * rest.count() * t.mean_square_prompt);
    return options_.intrusion * tokens *
           limits_.profile[clock].per_prompt_token *
           memory_.corrections.ratio(Phase::kPrefill, clock);
  }

  bool PromptsMeet(int clock) const {
    const double load =
        std::min(options_.most_prompt_load, memory_.traffic.rate() *
                                                memory_.traffic.mean_prompt *
                                                time(clock).count() / Chunk());
    const int full = limits_.full_clock();
    for (const PromptPressure& p : pressure_.prompts) {
      const double steps = std::max(1.0, p.tokens_ahead / Chunk());
      const double loaded = 1 + (steps - 1) / (1 - load);
      const Seconds ends =
          Ends(clock, loaded) + Intrusion(clock, (loaded - 1) * time(clock));
      if (ends <= p.arrived + ttft_) continue;
      const double hoped = steps + options_.lost_load * (loaded - steps);
      const bool lost =
          in_.now + hoped * time(full) > p.arrived + limits_.slo_ttft;
      const bool blocks_others =
          pressure_.prompts.size() >= options_.lost_blocks;
      if (!lost || blocks_others) return false;
    }
    return true;
  }

  double PromptSteps() const {
    return std::max(1.0, pressure_.prompt_tokens / Chunk());
  }

  bool RepliesBear(int clock) const {
    if (pressure_.num_decodes == 0) return true;
    const double steps = PromptSteps();
    return Ends(clock, steps) <=
           pressure_.due + (steps - 1) * tpot_ + expected_.allowance;
  }

  Decision ForPrompts() const {
    const auto feasible = [this](int clock) {
      return PromptsMeet(clock) && RepliesBear(clock);
    };
    const Watts price = Rush() * options_.rush * SpeedPrice();
    const auto cost = [this, price](int clock) {
      return Cost(clock) + price * time(clock);
    };
    const std::optional<int> wanted =
        Cheapest(feasible, cost, options_.cheap_prompts);
    if (!wanted) return {limits_.full_clock(), {}, "prompts need full speed"};
    const Seconds horizon =
        PromptSteps() * time(*wanted) - limits_.switch_latency;
    const bool raises = *wanted > memory_.requested_clock() &&
                        horizon > Seconds(0);  // up at once: it costs little
    const int clock =
        raises ? *wanted
               : Settle(*wanted, feasible, cost, horizon, time(*wanted));
    return {clock, {}, "prompts: least energy"};
  }

  // A prompt may arrive while this clock is set.
  bool Ready(int clock) const {
    const int full = limits_.full_clock();
    const auto step = [&](int c) {
      return limits_.profile[c].full_step.time *
             memory_.corrections.ratio(Phase::kPrefill, c);
    };
    const double steps = std::max(
        1.0, options_.ready_prompts * memory_.traffic.mean_prompt / Chunk());
    const Seconds present = steps * step(clock);
    const Seconds latency = limits_.switch_latency;
    const Seconds ends =
        present <= latency
            ? present
            : latency + steps * step(full) * (1 - latency / present);
    const Seconds lag = latency * (1 - step(full) / step(clock));
    const double most_lag =
        options_.ready_lag * (1 - expected_.hurry * (1 - options_.busy_lag));
    return clock == full ||
           (ends <= options_.ready_share * ttft_ &&
            lag <= most_lag * limits_.slo_ttft &&
            ends - steps * tpot_ <= expected_.allowance + expected_.cushion);
  }

  Decision ForDecode() const {
    const double margin = 1 + Spread();
    const Seconds period = pressure_.due_early - in_.now;
    const bool late = period < margin * time(limits_.full_clock());
    const Seconds limit =
        late ? std::max(margin * time(limits_.full_clock()),
                        options_.catch_up * (1 - expected_.hurry) * tpot_)
             : period;
    const bool waits = !late && expected_.company;
    const auto feasible = [&](int clock) {
      return margin * time(clock) <= limit && Ready(clock);
    };
    const auto cost = [&](int clock) {
      if (!waits) return Cost(clock);
      return prices_[clock].energy +
             limits_.idle_power[clock] * (period - time(clock));
    };
    const std::optional<int> wanted = Cheapest(
        feasible, cost,
        options_.cheap_decode + options_.busy_decode * expected_.hurry);
    if (!wanted) return {limits_.full_clock(), {}, "decode needs full speed"};
    const Seconds horizon =
        std::clamp(memory_.traffic.mean_gap, kShortestGap, kLongestGap);
    const int clock = Settle(*wanted, feasible, cost, horizon,
                             waits ? period : time(*wanted));
    // Until it changes, the present clock decides how early to start.
    const int slower = std::min(clock, in_.achieved_clock);
    const Seconds wait = period - margin * time(slower);
    if (!waits || wait < kShortestWait) {
      return {clock, {}, "decode: least energy"};
    }
    return {clock, wait, "decode: least energy, waits for company"};
  }

  // The fastest of the clocks whose cost is near the least feasible one.
  template <class Feasible, class Cost>
  std::optional<int> Cheapest(const Feasible& feasible, const Cost& cost,
                              double cheap_enough) const {
    if (!in_.actuator_works) return in_.achieved_clock;
    std::optional<Joules> least;
    absl::InlinedVector<bool, 64> good(prices_.size());
    for (int clock = 0; clock <= limits_.full_clock(); ++clock) {
      good[clock] = feasible(clock);
      if (good[clock] && (!least || cost(clock) < *least)) least = cost(clock);
    }
    if (!least) return std::nullopt;
    int clock = limits_.full_clock();
    while (!good[clock] || cost(clock) > *least * cheap_enough) --clock;
    return clock;
  }

  // `wanted`, or the clock that was asked for before, if the change does not
  // pay within `horizon` of steps that each take `period`.
  template <class Feasible, class Cost>
  int Settle(int wanted, const Feasible& feasible, const Cost& cost,
             Seconds horizon, Seconds period) const {
    const int present = memory_.requested_clock();
    if (wanted == present || !feasible(present)) return wanted;
    const Joules saved = (cost(present) - cost(wanted)) * (horizon / period);
    const bool dwelt =
        in_.now - memory_.requested_at() >= 2 * limits_.switch_latency;
    const bool pays = saved > limits_.switch_energy;
    return pays && (wanted > present || dwelt) ? wanted : present;
  }

  const GovernorLimits& limits_;
  const EnergyRuleOptions& options_;
  const GovernorInputs& in_;
  const GovernorMemory& memory_;
  const Phase phase_;
  const Seconds tpot_, ttft_;  // to aim for
  const ExpectedTraffic expected_;
  const SloPressure pressure_;
  absl::InlinedVector<Price, 64> prices_;  // corrected
};

}  // namespace

Decision EnergyRule(const GovernorLimits& limits, const GovernorInputs& inputs,
                    const GovernorMemory& memory) {
  return EnergyPlanner(limits, inputs, memory).Make();
}

}  // namespace mj
