#include "engine/energy/rules/energy_rule.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "engine/energy/rules/slo_pressure.h"

namespace mj {
namespace {

constexpr double kCheapEnough = 1.02;  // of the least cost
constexpr double kDeviations = 2;      // of a step's spread, kept as margin
constexpr double kCushionShare = 0.2;  // of the time since the first token
constexpr double kAllowance = 2;       // TPOTs that prompts may cost a reply
constexpr double kMostKvUsed = 0.92;
constexpr size_t kManyPrompts = 24;
constexpr double kMostPromptLoad = 0.9;
constexpr double kReadyPrompts = 2;    // mean prompts a clock is ready for
constexpr double kReadyShare = 0.7;    // of the SLO of TTFT
constexpr double kGuessedReply = 100;  // tokens, before any has ended
constexpr double kCompany = 0.25;      // replies at once that make waiting pay
constexpr double kCatchUp = 0.8;       // of TPOT, for a step that is late
constexpr Seconds kShortestWait{1e-3};
constexpr Seconds kShortestGap{0.25}, kLongestGap{5};

class EnergyPlanner {
 public:
  EnergyPlanner(const GovernorLimits& limits, const GovernorInputs& in,
                const GovernorMemory& memory)
      : limits_(limits),
        in_(in),
        memory_(memory),
        phase_(PhaseOf(in)),
        tpot_(limits.slo_tpot * (1 - memory.tpot_guard.value())),
        ttft_(limits.slo_ttft * (1 - memory.ttft_guard.value())),
        allowance_(limits.slo_tpot * kAllowance *
                   (1 - memory.tpot_guard.level())),
        cushion_(UsualCost()),
        pressure_(FindPressure(in, {tpot_, cushion_, kCushionShare})) {
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
    if (in_.kv_used > kMostKvUsed) return "KV cache nearly full";
    if (pressure_.prompts.size() > kManyPrompts) return "many prompts";
    return nullptr;
  }

  // What a prompt of mean length costs the replies beside it, twice, at the
  // clock of least energy for it.
  Seconds UsualCost() const {
    const ClockProfile* best = &limits_.profile.back();
    for (const ClockProfile& p : limits_.profile) {
      if (p.full_step.energy < best->full_step.energy) best = &p;
    }
    const double ratio = memory_.corrections.ratio(
        Phase::kPrefill, static_cast<int>(best - limits_.profile.data()));
    const double steps =
        memory_.traffic.mean_prompt / limits_.max_batched_tokens;
    return 2 * steps *
           std::max(Seconds(0), best->full_step.time * ratio - tpot_);
  }

  Seconds time(int clock) const { return prices_[clock].time; }
  Joules Cost(int clock) const {
    return prices_[clock].energy - limits_.idle_power[0] * time(clock);
  }
  double Spread() const {
    return kDeviations * memory_.corrections.spread(phase_);
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

  bool PromptsMeet(int clock) const {
    const double load = std::min(
        kMostPromptLoad, memory_.traffic.rate() * memory_.traffic.mean_prompt *
                             time(clock).count() / Chunk());
    const int full = limits_.full_clock();
    for (const PromptPressure& p : pressure_.prompts) {
      const double steps = std::max(1.0, p.tokens_ahead / Chunk());
      const double loaded = 1 + (steps - 1) / (1 - load);
      if (Ends(clock, loaded) <= p.arrived + ttft_) continue;
      const bool lost =
          in_.now + steps * time(full) > p.arrived + limits_.slo_ttft;
      if (!lost) return false;
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
           pressure_.due + (steps - 1) * tpot_ + allowance_;
  }

  Decision ForPrompts() const {
    const auto feasible = [this](int clock) {
      return PromptsMeet(clock) && RepliesBear(clock);
    };
    const auto cost = [this](int clock) { return Cost(clock); };
    const std::optional<int> wanted = Cheapest(feasible, cost);
    if (!wanted) return {limits_.full_clock(), {}, "prompts need full speed"};
    const Seconds horizon =
        PromptSteps() * time(*wanted) - limits_.switch_latency;
    const int clock = Settle(*wanted, feasible, cost, horizon, time(*wanted));
    return {clock, {}, "prompts: least energy"};
  }

  // A prompt may arrive while this clock is set.
  bool Ready(int clock) const {
    const int full = limits_.full_clock();
    const auto step = [&](int c) {
      return limits_.profile[c].full_step.time *
             memory_.corrections.ratio(Phase::kPrefill, c);
    };
    const double steps =
        std::max(1.0, kReadyPrompts * memory_.traffic.mean_prompt / Chunk());
    const Seconds present = steps * step(clock);
    const Seconds latency = limits_.switch_latency;
    const Seconds ends =
        present <= latency
            ? present
            : latency + steps * step(full) * (1 - latency / present);
    return clock == full || (ends <= kReadyShare * ttft_ &&
                             ends - steps * tpot_ <= allowance_ + cushion_);
  }

  bool HasCompany() const {
    const TrafficStats& t = memory_.traffic;
    const double reply = t.replies > 0 ? t.mean_reply : kGuessedReply;
    return t.rate() * reply * limits_.slo_tpot.count() >= kCompany;
  }

  Decision ForDecode() const {
    const double margin = 1 + Spread();
    const Seconds period = pressure_.due_early - in_.now;
    const bool late = period < margin * time(limits_.full_clock());
    const Seconds limit = late ? kCatchUp * tpot_ : period;
    const bool waits = !late && HasCompany();
    const auto feasible = [&](int clock) {
      return margin * time(clock) <= limit && Ready(clock);
    };
    const auto cost = [&](int clock) {
      if (!waits) return Cost(clock);
      return prices_[clock].energy +
             limits_.idle_power[clock] * (period - time(clock));
    };
    const std::optional<int> wanted = Cheapest(feasible, cost);
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
  std::optional<int> Cheapest(const Feasible& feasible,
                              const Cost& cost) const {
    if (!in_.actuator_works) return in_.achieved_clock;
    std::optional<Joules> least;
    absl::InlinedVector<bool, 64> good(prices_.size());
    for (int clock = 0; clock <= limits_.full_clock(); ++clock) {
      good[clock] = feasible(clock);
      if (good[clock] && (!least || cost(clock) < *least)) least = cost(clock);
    }
    if (!least) return std::nullopt;
    int clock = limits_.full_clock();
    while (!good[clock] || cost(clock) > *least * kCheapEnough) --clock;
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
  const GovernorInputs& in_;
  const GovernorMemory& memory_;
  const Phase phase_;
  const Seconds tpot_, ttft_;  // to aim for
  const Seconds allowance_, cushion_;
  const SloPressure pressure_;
  absl::InlinedVector<Price, 64> prices_;  // corrected
};

}  // namespace

Decision EnergyRule(const GovernorLimits& limits, const GovernorInputs& inputs,
                    const GovernorMemory& memory) {
  return EnergyPlanner(limits, inputs, memory).Make();
}

}  // namespace mj
