#include "server/grpc/telemetry_message.h"

#include <utility>

namespace mj {

namespace {

void FillLoad(const EngineStats& stats, v1::Telemetry& message) {
  message.set_running(stats.running);
  message.set_waiting(stats.waiting);
  message.set_held(stats.held);
  if (stats.kv_blocks_total > 0) {
    message.set_kv_usage(static_cast<double>(stats.kv_blocks_used) /
                         stats.kv_blocks_total);
  }
}

void FillLimits(const EngineStats& stats, v1::Telemetry& message) {
  if (stats.power_cap) message.set_power_cap_watts(stats.power_cap->value());
  message.set_power_cap_violation_seconds(stats.power_cap_violation.count());
  message.set_max_num_seqs(stats.limits.schedule.max_num_seqs);
  message.set_max_batched_tokens(stats.limits.schedule.max_batched_tokens);
  message.set_busy_share(stats.limits.busy_share);
}

void FillGovernor(const EngineStats& stats, v1::Telemetry& message) {
  if (!stats.governor) return;
  const GovernorStats& governor = *stats.governor;
  message.set_governor(governor.policy);
  message.set_governor_advisory(governor.advisory);
  if (governor.requested) {
    message.set_frequency_requested_hertz(governor.requested->value());
  }
  if (governor.achieved) {
    message.set_frequency_achieved_hertz(governor.achieved->value());
  }
}

}  // namespace

void TelemetryWriter::FillEnergy(const EngineStats& stats,
                                 v1::Telemetry& message) {
  message.set_method(stats.energy_method);
  message.set_domain(stats.energy_domain);
  if (!stats.energy_known) return;
  const EnergyLook look = {
      stats.energy_known_time,
      stats.prefill + stats.decode + stats.idle + stats.overhead,
      stats.generated_tokens};
  if (!last_energy_) {
    last_energy_ = look;
  } else if (look.known_time > last_energy_->known_time) {
    const EnergyLook before = *std::exchange(last_energy_, look);
    const Joules spent = look.joules - before.joules;
    const auto tokens = static_cast<double>(look.tokens - before.tokens);
    watts_ = spent / (look.known_time - before.known_time);
    if (tokens > 0) message.set_joules_per_token((spent / tokens).value());
  }
  if (watts_) message.set_watts(watts_->value());
}

v1::Telemetry TelemetryWriter::Next(const EngineStats& stats, Seconds now,
                                    double unix_seconds) {
  v1::Telemetry message;
  message.set_unix_seconds(unix_seconds);
  FillLoad(stats, message);
  FillLimits(stats, message);
  FillGovernor(stats, message);
  FillEnergy(stats, message);
  const Look look = {now, stats.generated_tokens};
  const std::optional<Look> before = std::exchange(last_, look);
  if (!before || now <= before->time) return message;
  const Seconds passed = now - before->time;
  const auto tokens = static_cast<double>(look.tokens - before->tokens);
  message.set_tokens_per_second(tokens / passed.count());
  return message;
}

}  // namespace mj
