#include "engine/step_governor.h"

#include <algorithm>
#include <utility>

namespace mj {
namespace {

constexpr Seconds kTellPeriod(0.1);
constexpr Seconds kNever(1e9);  // as a target: none

std::string_view PhaseName(Phase phase) {
  return phase == Phase::kPrefill ? "prefill" : "decode";
}

SloTargets OrNever(const SloTargets& targets) {
  return {targets.ttft.value_or(kNever), targets.tpot.value_or(kNever)};
}

GovernorLimits LimitsOf(const GovernorSetup& setup,
                        const PlatformCostModel& model,
                        const SloTargets& targets, int max_batched_tokens) {
  GovernorLimits limits;
  limits.policy = setup.policy;
  limits.slo_ttft = *targets.ttft;
  limits.slo_tpot = *targets.tpot;
  limits.clocks.assign(model.clocks().begin(), model.clocks().end());
  for (int clock = 0; clock < model.num_clocks(); ++clock) {
    limits.idle_power.push_back(model.idle_power(clock));
  }
  limits.profile = ProfilePlatform(model, max_batched_tokens, /*bias=*/1);
  limits.fixed_clock = setup.fixed_clock;
  limits.switch_latency = model.platform().switch_latency;
  limits.switch_energy = model.switch_energy();
  // Threads without work sleep as they are, and weights are never given up:
  // rungs that save nothing are never taken.
  limits.parked = limits.dropped = {model.idle_power(0), Seconds(0)};
  limits.max_batched_tokens = max_batched_tokens;
  return limits;
}

SequenceProgress ProgressOf(const Sequence& s, int num_computed) {
  const InFlight& request = *s.request;
  SequenceProgress progress;
  // A flex request arrives when it need wait no more.
  progress.arrived = request.submitted + request.timings.held;
  progress.tokens = s.num_generated();
  if (progress.tokens > 0) {
    progress.first_token = request.submitted + request.timings.first_token;
  }
  progress.uncomputed = s.num_tokens() - num_computed;
  progress.context = num_computed;
  return progress;
}

}  // namespace

StepGovernor::StepGovernor(GovernorSetup setup, const ModelShape& model,
                           const StepGovernorOptions& options,
                           const Clock& time)
    : time_(time),
      model_(model, options.cost, setup.platform, /*num_devices=*/1),
      defaults_(OrNever(options.targets)),
      limits_(LimitsOf(setup, model_, defaults_, options.max_batched_tokens)),
      memory_(model_.num_clocks(), *defaults_.ttft, *defaults_.tpot,
              limits_.energy.ttft_guard, limits_.energy.tpot_guard),
      on_change_(std::move(setup.on_change)),
      why_advisory_(std::move(setup.why_advisory)),
      driver_(setup.clock ? std::make_unique<ActuatorDriver<Hertz>>(
                                *std::move(setup.clock), time)
                          : nullptr),
      prices_(model_.num_clocks()) {}

// Without a driver the clock is the host's own affair: full speed, as far as
// the rules are concerned, and nothing that they ask for changes it.
StepGovernor::Seen StepGovernor::Look() const {
  if (driver_ == nullptr) {
    return {.clock = limits_.full_clock(), .advisory = true};
  }
  const ActuatorDriver<Hertz>::View view = driver_->view();
  // Drivers round: the nearest of ours.
  int clock = ClockAtLeast(limits_.clocks, view.setting);
  if (clock > 0 && view.setting - limits_.clocks[clock - 1] <
                       limits_.clocks[clock] - view.setting) {
    --clock;
  }
  return {clock, view.works, view.settled, view.lost};
}

void StepGovernor::LookAt(const StepPlan& plan, const Queues& queues) {
  progress_.clear();
  shape_.sequences.clear();
  const int count = queues.num_running() + queues.num_waiting();
  for (int i = 0; i < count; ++i) {
    progress_.push_back(ProgressOf(queues.At(i), queues.NumComputed(i)));
  }
  phase_ = Phase::kDecode;
  for (const PlannedRows& rows : plan.rows) {
    SequenceProgress& progress = progress_[rows.sequence];
    progress.rows = rows.num_rows;
    if (progress.uncomputed > 1) phase_ = Phase::kPrefill;
    const bool embeds = queues.At(rows.sequence).embeds();
    const int last = std::max(0, rows.num_rows - progress.uncomputed + 1);
    shape_.sequences.push_back({rows.num_rows, progress.context,
                                embeds ? 0 : last, embeds ? rows.num_rows : 0});
  }
  model_.PriceAll(model_.DemandOf(shape_), prices_);
}

// The least of those in flight is everybody's: they share each step.
void StepGovernor::TightenTargets(const Queues& queues) {
  limits_.slo_ttft = limits_.slo_tpot = kNever;
  const int count = queues.num_running() + queues.num_waiting();
  for (int i = 0; i < count; ++i) {
    const SloTargets& own = queues.At(i).request->request.slo;
    limits_.slo_ttft =
        std::min(limits_.slo_ttft, own.ttft.value_or(*defaults_.ttft));
    limits_.slo_tpot =
        std::min(limits_.slo_tpot, own.tpot.value_or(*defaults_.tpot));
  }
}

Seconds StepGovernor::Decide(const StepPlan& plan, const Queues& queues,
                             const Surroundings& around) {
  LookAt(plan, queues);
  TightenTargets(queues);
  limits_.power_cap = around.power_cap;
  idle_ = false;
  const Seen seen = Look();
  const BlockPool& pool = queues.pool();
  const Decision decision =
      mj::Decide(limits_,
                 {.now = time_.Now(),
                  .sequences = progress_,
                  .num_queued = queues.num_waiting() - plan.num_admitted,
                  .kv_used = 1 - static_cast<double>(pool.num_free()) /
                                     std::max(1, pool.num_blocks()),
                  .step = prices_,
                  .achieved_clock = seen.clock,
                  .actuator_works = seen.works,
                  .telemetry_age = around.telemetry_age},
                 memory_);
  Ask(decision.clock, PhaseName(phase_), decision.reason, decision.predicted);
  return seen.advisory ? Seconds(0) : decision.wait;
}

void StepGovernor::NoteWait(Seconds waited) {
  memory_.ObserveWait(waited);
  waited_ += waited;
}

void StepGovernor::NoteDrafts(const StepPlan& plan, const Queues& queues) {
  LookAt(plan, queues);
}

void StepGovernor::NoteStart() { at_start_ = Look(); }

double StepGovernor::ClockScale() const {
  const Joules full = prices_[limits_.full_clock()].energy;
  return prices_[at_start_.clock].energy / full;
}

double StepGovernor::ClockSlowdown() const {
  return prices_[at_start_.clock].time / prices_[limits_.full_clock()].time;
}

void StepGovernor::NoteEnd(Seconds taken, std::optional<Joules> spent) {
  const Seen now = Look();
  const int clock = at_start_.clock, full = limits_.full_clock();
  const Price predicted = memory_.Corrected(phase_, clock, prices_[clock]);
  memory_.ObserveStep(
      {.phase = phase_,
       .clock = clock,
       .one_clock = now.clock == clock && now.settled && at_start_.settled,
       .predicted = prices_[clock],
       .full_speed = prices_[full].time,
       .measured = taken,
       .saturated = clock == full});
  PredictionSums& sums = sums_[static_cast<size_t>(phase_)];
  sums.predicted += predicted;
  sums.achieved += taken;
  sums.correction = memory_.corrections.ratio(phase_, clock);
  if (spent) {
    sums.measured = sums.measured.value_or(Joules(0)) + *spent;
    sums.metered += predicted.energy;
  }
  last_predicted_ = predicted.time;
  last_taken_ = taken;
}

std::optional<Seconds> StepGovernor::DecideIdle() {
  const Seconds now = time_.Now();
  if (!std::exchange(idle_, true)) idle_since_ = now;
  const Seen seen = Look();
  const IdleDecision decision = mj::DecideIdle(limits_,
                                               {.now = now,
                                                .idle_since = idle_since_,
                                                .achieved_clock = seen.clock,
                                                .actuator_works = seen.works},
                                               memory_);
  Ask(decision.clock, "idle", decision.reason, std::nullopt);
  if (!decision.ask_again) return std::nullopt;
  return std::max(Seconds(0), *decision.ask_again - now);
}

void StepGovernor::Ask(int clock, std::string_view phase,
                       std::string_view reason,
                       std::optional<Price> predicted) {
  ++decisions_[{phase, reason}];
  if (driver_ != nullptr) driver_->Want(limits_.clocks[clock]);
  if (clock == memory_.requested_clock()) return;
  TellChange(clock, phase, reason, predicted);
  memory_.ObserveRequest(clock, time_.Now());
}

void StepGovernor::TellChange(int clock, std::string_view phase,
                              std::string_view reason,
                              std::optional<Price> predicted) {
  if (!on_change_) return;
  const Seconds now = time_.Now();
  if (told_at_ && now - *told_at_ < kTellPeriod) {
    ++untold_;
    return;
  }
  told_at_ = now;
  on_change_({limits_.clocks[memory_.requested_clock()], limits_.clocks[clock],
              phase, reason, predicted, last_predicted_, last_taken_,
              std::exchange(untold_, 0)});
}

void StepGovernor::NoteArrival(InFlight& request, const Queues& queues) {
  request.lost_at_arrival = memory_.lost();
  int in_flight = queues.num_running() + queues.num_waiting();
  for (const Sequence& s : request.sequences) {
    memory_.ObserveArrival(time_.Now(), s.num_prompt, in_flight++);
  }
}

void StepGovernor::NoteFirstToken(InFlight& request) const {
  request.lost_at_first_token = memory_.lost();
}

// Latencies count as parts of the request's own targets.
void StepGovernor::NoteReply(const InFlight& request) {
  const RequestTimings& times = request.timings;
  const auto choices = static_cast<int>(request.sequences.size());
  const int tokens = request.usage.completion_tokens / choices;
  if (tokens == 0) return;
  const SloTargets& own = request.request.slo;
  const double ttft = *defaults_.ttft / own.ttft.value_or(*defaults_.ttft);
  const double tpot = *defaults_.tpot / own.tpot.value_or(*defaults_.tpot);
  const Seconds before = request.lost_at_first_token - request.lost_at_arrival;
  const Seconds since = memory_.lost() - request.lost_at_first_token;
  memory_.ObserveReply({.ttft = ttft * (times.first_token - times.held),
                        .ttft_lost = ttft * before,
                        .decode = tpot * (times.finished - times.first_token),
                        .decode_lost = tpot * since,
                        .tokens = tokens});
}

GovernorStats StepGovernor::stats() const {
  GovernorStats stats;
  stats.requested = limits_.clocks[memory_.requested_clock()];
  for (const auto& [key, count] : decisions_) {
    stats.decisions.push_back({key.first, key.second, count});
  }
  stats.phases = sums_;
  stats.waited = waited_;
  stats.ttft_guard = memory_.ttft_guard.value();
  stats.tpot_guard = memory_.tpot_guard.value();
  return stats;
}

void StepGovernor::FillState(GovernorStats& stats) const {
  stats.policy = std::string(PolicyName(limits_.policy));
  stats.advisory = driver_ == nullptr;
  stats.why_advisory = why_advisory_;
  if (driver_ == nullptr) return;
  const ActuatorDriver<Hertz>::State state = driver_->state();
  stats.achieved = state.achieved;
  stats.changes = state.changes;
  stats.errors = state.errors;
  stats.lease_losses = state.losses;
  stats.lease_recoveries = state.recoveries;
  stats.problem = state.problem;
  if (driver_->view().works) return;
  stats.advisory = true;
  stats.why_advisory =
      state.problem.empty() ? "the clock's driver hangs" : state.problem;
}

}  // namespace mj
