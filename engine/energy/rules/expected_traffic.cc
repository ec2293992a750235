#include "engine/energy/rules/expected_traffic.h"

#include <algorithm>

namespace mj {
namespace {

constexpr double kGuessedReply = 100;  // tokens, before any has ended

double MeanReply(const TrafficStats& t) {
  return t.replies > 0 ? t.mean_reply : kGuessedReply;
}

double Hurry(const GovernorLimits& limits, const GovernorMemory& memory) {
  const EnergyRuleOptions& options = limits.energy;
  const TrafficStats& t = memory.traffic;
  const int full = limits.full_clock();
  const double load = t.rate() * t.mean_prompt *
                      limits.profile[full].per_prompt_token.count() *
                      memory.corrections.ratio(Phase::kPrefill, full);
  return std::clamp(
      (load - options.calm_load) / (options.busy_load - options.calm_load), 0.0,
      1.0);
}

Seconds Allowance(const GovernorLimits& limits, const GovernorMemory& memory) {
  const EnergyRuleOptions& options = limits.energy;
  const double long_enough =
      std::min(1.0, MeanReply(memory.traffic) / options.allowance_reply);
  return limits.slo_tpot * options.allowance * long_enough *
         (1 - memory.tpot_guard.level());
}

Seconds Cushion(const GovernorLimits& limits, const GovernorMemory& memory,
                Seconds tpot) {
  const ClockProfile* best = &limits.profile.back();
  for (const ClockProfile& p : limits.profile) {
    if (p.full_step.energy < best->full_step.energy) best = &p;
  }
  const double ratio = memory.corrections.ratio(
      Phase::kPrefill, static_cast<int>(best - limits.profile.data()));
  const double steps = memory.traffic.mean_prompt / limits.max_batched_tokens;
  return limits.energy.cushion_prompts * steps *
         std::max(Seconds(0), best->full_step.time * ratio - tpot);
}

bool HasCompany(const GovernorLimits& limits, const TrafficStats& t) {
  return t.mean_in_flight >= limits.energy.seen_company &&
         t.rate() * MeanReply(t) * limits.slo_tpot.count() >=
             limits.energy.company;
}

}  // namespace

ExpectedTraffic ExpectTraffic(const GovernorLimits& limits,
                              const GovernorMemory& memory, Seconds tpot) {
  return {.hurry = Hurry(limits, memory),
          .allowance = Allowance(limits, memory),
          .cushion = Cushion(limits, memory, tpot),
          .company = HasCompany(limits, memory.traffic)};
}

}  // namespace mj
