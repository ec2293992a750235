// What a running engine tells of itself, and what may be set; any thread.
#include "absl/strings/str_cat.h"
#include "engine/engine_impl.h"

namespace mj {

void Engine::Impl::NoteWindow(const EnergyWindow& window) {
  constexpr Seconds kShortest(1);
  const std::lock_guard<std::mutex> lock(stats_mutex);
  gathered.time += window.end - window.start;
  gathered.energy += window.energy.sum();
  gathered.generated_tokens = published.generated_tokens - tokens_before_it;
  if (window.known() && gathered.time < kShortest) return;
  of_late = window.known() ? std::optional(gathered) : std::nullopt;
  gathered = {};
  tokens_before_it = published.generated_tokens;
}

EngineStats Engine::Impl::Stats() {
  const EnergyControl::Totals totals = energy.control().totals();
  const MeterInfo& meter = energy.control().info();
  EngineStats stats;
  {
    std::lock_guard<std::mutex> lock(stats_mutex);
    stats = published;
    stats.of_late = of_late;
  }
  stats.progress += model->runner->layers_done();
  stats.waiting += inbox.num_untaken();
  const auto wasted = [&](WasteReason reason) {
    return totals.energy.wasted[static_cast<size_t>(reason)];
  };
  stats.prefill = totals.energy.prefill;
  stats.decode = totals.energy.decode;
  stats.idle = totals.energy.idle;
  stats.overhead = totals.energy.overhead;
  stats.wasted_aborted = wasted(WasteReason::kAborted);
  stats.wasted_preempted = wasted(WasteReason::kPreempted);
  stats.wasted_rejected = wasted(WasteReason::kRejectedDraft);
  stats.energy_domain = meter.domain;
  stats.energy_method = EnergyMethodName(meter.method);
  stats.energy_known = totals.known;
  stats.energy_unknown_reason = totals.unknown_reason;
  stats.energy_unknown_time = totals.unknown_time;
  stats.energy_known_time = totals.known_time;
  stats.footprint = totals.footprint;
  stats.grams_per_kwh = energy.FactorsNow().grams_per_kwh;
  if (const LedgerWriter* ledger = energy.control().writer()) {
    stats.ledger = ledger->state();
  }
  const PowerControl::State state = power.state();
  stats.limits = state.limits;
  stats.power_cap = state.cap;
  stats.power_cap_violation = state.violation;
  stats.packages = state.packages;
  stats.slo_defaults = options.slo;
  if (governor) governor->FillState(*stats.governor);
  stats.tenants = budgets.All(clock.Now());
  return stats;
}

void Engine::LimitThreads(int threads) {
  impl_->model->backend->LimitThreads(threads);
  impl_->speculator.LimitThreads(threads);
}

absl::Status Engine::SetPowerCap(std::optional<Watts> cap) {
  if (cap && impl_->energy.device()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "power cap: the backend ", impl_->model->backend->info().name,
        " is simulated; its joules over this host's seconds are no watts"));
  }
  impl_->energy.control().totals();  // ends the window under other limits
  return impl_->power.SetCap(cap);
}

PowerControl::State Engine::power() const { return impl_->power.state(); }

absl::Status Engine::SetTenantLimit(const TenantLimit& limit) {
  absl::Status status = Validate(limit);
  if (status.ok()) impl_->budgets.Set(limit, impl_->clock.Now());
  return status;
}

void Engine::RemoveTenantLimit(const std::string& tenant) {
  impl_->budgets.Remove(tenant);
}

std::vector<TenantBudget> Engine::tenant_budgets() const {
  return impl_->budgets.All(impl_->clock.Now());
}

EnergyStatement Engine::energy() const {
  EnergyControl& control = impl_->energy.control();
  return {control.totals(), control.info(), impl_->energy.calibration(),
          control.scale(), impl_->clock.Now() - impl_->started};
}

void Engine::Drain() { impl_->inbox.Drain(); }
bool Engine::idle() const { return impl_->inbox.num_in_flight() == 0; }
const LoadedModel& Engine::model() const { return *impl_->model; }
const EngineOptions& Engine::options() const { return impl_->options; }
EngineStats Engine::stats() const { return impl_->Stats(); }

}  // namespace mj
