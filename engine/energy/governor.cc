#include "engine/energy/governor.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/energy/rules/energy_rule.h"
#include "engine/energy/rules/idle_rule.h"
#include "engine/energy/rules/lowest_feasible_rule.h"
#include "engine/energy/rules/static_rules.h"
#include "engine/energy/rules/throttle_rule.h"

namespace mj {
namespace {

constexpr std::array<std::pair<GovernorPolicy, std::string_view>, 7> kNames = {{
    {GovernorPolicy::kFmax, "fmax"},
    {GovernorPolicy::kFixed, "fixed"},
    {GovernorPolicy::kGatedStatic, "gated-static"},
    {GovernorPolicy::kLowestFeasible, "lowest-feasible"},
    {GovernorPolicy::kThrottle, "throttle"},
    {GovernorPolicy::kEnergy, "energy"},
    {GovernorPolicy::kPowerCap, "powercap"},
}};

constexpr Seconds kStaleTelemetry{5};

Decision ByRule(const GovernorLimits& limits, const GovernorInputs& inputs,
                const GovernorMemory& memory) {
  switch (limits.policy) {
    case GovernorPolicy::kFmax:
      return FmaxRule(limits);
    case GovernorPolicy::kFixed:
      return FixedRule(limits);
    case GovernorPolicy::kGatedStatic:
      return GatedStaticRule(limits);
    case GovernorPolicy::kLowestFeasible:
      return LowestFeasibleRule(limits, inputs, memory);
    case GovernorPolicy::kThrottle:
      return ThrottleRule(limits, inputs, memory);
    case GovernorPolicy::kEnergy:
      return EnergyRule(limits, inputs, memory);
    case GovernorPolicy::kPowerCap:
      return PowerCapRule(limits, inputs, memory);
  }
  return FmaxRule(limits);
}

}  // namespace

std::string_view PolicyName(GovernorPolicy policy) {
  for (const auto& [value, name] : kNames) {
    if (value == policy) return name;
  }
  return "";
}

absl::StatusOr<GovernorPolicy> ParsePolicy(std::string_view name) {
  std::string known;
  for (const auto& [value, text] : kNames) {
    if (text == name) return value;
    absl::StrAppend(&known, known.empty() ? "" : ", ", std::string(text));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "no governor is named \"", std::string(name), "\"; known: ", known));
}

std::string_view IdleStateName(IdleState state) {
  switch (state) {
    case IdleState::kLoaded:
      return "loaded";
    case IdleState::kParked:
      return "parked";
    case IdleState::kDropped:
      return "dropped";
  }
  return "";
}

Phase PhaseOf(const GovernorInputs& inputs) {
  for (const SequenceProgress& s : inputs.sequences) {
    if (s.rows > 0 && s.uncomputed > 1) return Phase::kPrefill;
  }
  return Phase::kDecode;
}

Decision Decide(const GovernorLimits& limits, const GovernorInputs& inputs,
                const GovernorMemory& memory) {
  Decision decision = ByRule(limits, inputs, memory);
  const bool lowers = limits.policy != GovernorPolicy::kFmax &&
                      limits.policy != GovernorPolicy::kFixed;
  if (lowers && inputs.telemetry_age > kStaleTelemetry) {
    decision = {.clock = limits.full_clock(), .reason = "stale telemetry"};
  } else if (lowers && !inputs.actuator_works) {
    decision.clock = limits.full_clock();
    decision.reason = "actuator fails";
  }
  decision.predicted = memory.Corrected(PhaseOf(inputs), decision.clock,
                                        inputs.step[decision.clock]);
  return decision;
}

IdleDecision DecideIdle(const GovernorLimits& limits, const IdleInputs& inputs,
                        const GovernorMemory& memory) {
  const int full = limits.full_clock();
  switch (limits.policy) {
    case GovernorPolicy::kFmax:
      return {.clock = full, .reason = "full speed"};
    case GovernorPolicy::kFixed:
      return {.clock = limits.fixed_clock, .reason = "fixed"};
    case GovernorPolicy::kGatedStatic:
      return {.clock = 0, .reason = "halted while idle"};
    case GovernorPolicy::kLowestFeasible:
      return LowestFeasibleIdle(inputs);
    case GovernorPolicy::kThrottle:
    case GovernorPolicy::kPowerCap:
      return {.clock = inputs.achieved_clock, .reason = "no rule for idle"};
    case GovernorPolicy::kEnergy:
      return EnergyIdle(limits, inputs, memory);
  }
  return {.clock = full, .reason = "full speed"};
}

}  // namespace mj
