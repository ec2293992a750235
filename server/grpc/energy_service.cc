#include "server/grpc/energy_service.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/grpc/unary_call.h"
#include "server/grpc/watch_call.h"
#include "server/tenant_limits_file.h"

namespace mj {

namespace {

using Methods = v1::Energy::AsyncService;

// What is to change, checked as far as it can be without the engine.
struct LimitChanges {
  std::vector<TenantLimit> limits;
  std::vector<std::string> unlimited;
};

absl::Status CheckNamedOnce(const LimitChanges& changes) {
  std::set<std::string> named;
  const auto check = [&](const std::string& tenant) {
    if (named.insert(tenant).second) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("tenant '", tenant, "' is named twice"));
  };
  absl::Status status;
  for (const TenantLimit& limit : changes.limits) {
    status.Update(check(limit.tenant));
  }
  for (const std::string& tenant : changes.unlimited) {
    status.Update(check(tenant));
  }
  return status;
}

absl::StatusOr<LimitChanges> ReadChanges(const v1::SetLimitsRequest& request,
                                         const ApiKeys& keys) {
  LimitChanges changes;
  for (const v1::JouleLimit& limit : request.tenants()) {
    changes.limits.push_back(
        {limit.tenant(),
         {Watts(limit.joules_per_second()), Joules(limit.burst_joules())}});
    absl::Status status = Validate(changes.limits.back());
    if (!status.ok()) return status;
  }
  changes.unlimited.assign(request.unlimited_tenants().begin(),
                           request.unlimited_tenants().end());
  absl::Status status = CheckNamedOnce(changes);
  status.Update(CheckTenantsHaveKeys(changes.limits, keys));
  if (!status.ok()) return status;
  return changes;
}

}  // namespace

void ServeEnergy(EnergyContext& context, CallQueue& queue) {
  const CallGuard guard = {context.keys, /*operators_only=*/true};
  UnaryCall<Methods, v1::EnergyReportRequest, v1::EnergyReportResponse>::Listen(
      context.service, guard, queue, &Methods::RequestReport,
      [&context](const auto&) -> absl::StatusOr<v1::EnergyReportResponse> {
        return EnergyReportOf(context.engine);
      });
  UnaryCall<Methods, v1::GetLimitsRequest, v1::Limits>::Listen(
      context.service, guard, queue, &Methods::RequestGetLimits,
      [&context](const auto&) -> absl::StatusOr<v1::Limits> {
        return LimitsOf(context.engine);
      });
  UnaryCall<Methods, v1::SetLimitsRequest, v1::Limits>::Listen(
      context.service, guard, queue, &Methods::RequestSetLimits,
      [&context](const v1::SetLimitsRequest& request) {
        return SetLimits(request, context.engine, context.keys);
      });
  WatchCall::Listen(context, queue);
}

v1::EnergyReportResponse EnergyReportOf(const Engine& engine) {
  const EnergyStatement energy = engine.energy();
  const EnergyTotals& totals = energy.totals.energy;
  v1::EnergyReportResponse report;
  report.set_prefill_joules(totals.prefill.value());
  report.set_decode_joules(totals.decode.value());
  report.set_idle_joules(totals.idle.value());
  report.set_overhead_joules(totals.overhead.value());
  report.set_total_joules(totals.sum().value());
  for (int i = 0; i < kNumWasteReasons; ++i) {
    v1::WastedEnergy* wasted = report.add_wasted();
    wasted->set_reason(
        std::string(WasteReasonName(static_cast<WasteReason>(i))));
    wasted->set_joules(totals.wasted[i].value());
  }
  for (const auto& [tenant, joules] : energy.totals.tenants) {
    v1::TenantEnergy* message = report.add_tenants();
    message->set_tenant(tenant);
    message->set_joules(joules.value());
  }
  report.set_known(energy.totals.known);
  report.set_unknown_windows(energy.totals.unknown_windows);
  report.set_unknown_seconds(energy.totals.unknown_time.count());
  report.set_unknown_reason(energy.totals.unknown_reason);
  report.set_method(std::string(EnergyMethodName(energy.meter.method)));
  report.set_domain(energy.meter.domain);
  report.set_source(energy.meter.source);
  report.set_calibration(energy.calibration);
  if (energy.scale) report.set_scale(*energy.scale);
  report.set_uptime_seconds(energy.uptime.count());
  return report;
}

v1::Limits LimitsOf(const Engine& engine) {
  const PowerControl::State power = engine.power();
  v1::Limits limits;
  if (power.cap) limits.set_power_cap_watts(power.cap->value());
  for (const TenantBudget& budget : engine.tenant_budgets()) {
    v1::JouleLimit* limit = limits.add_tenants();
    limit->set_tenant(budget.tenant);
    limit->set_joules_per_second(budget.rate.refill.value());
    limit->set_burst_joules(budget.rate.burst.value());
    limit->set_level_joules(budget.level.value());
  }
  limits.set_max_num_seqs(power.limits.schedule.max_num_seqs);
  limits.set_max_batched_tokens(power.limits.schedule.max_batched_tokens);
  limits.set_busy_share(power.limits.busy_share);
  limits.set_reason(power.cap && power.packages
                        ? absl::StrCat(power.reason, "; ", power.packages->note)
                        : power.reason);
  return limits;
}

absl::StatusOr<v1::Limits> SetLimits(const v1::SetLimitsRequest& request,
                                     Engine& engine, const ApiKeys& keys) {
  const absl::StatusOr<LimitChanges> changes = ReadChanges(request, keys);
  if (!changes.ok()) return changes.status();
  // First what only the engine can refuse.
  if (request.has_power_cap_watts()) {
    const double watts = request.power_cap_watts();
    absl::Status status = engine.SetPowerCap(
        watts == 0 ? std::nullopt : std::optional(Watts(watts)));
    if (!status.ok()) return status;
  }
  for (const TenantLimit& limit : changes->limits) {
    absl::Status status = engine.SetTenantLimit(limit);
    if (!status.ok()) return status;
  }
  for (const std::string& tenant : changes->unlimited) {
    engine.RemoveTenantLimit(tenant);
  }
  return LimitsOf(engine);
}

}  // namespace mj
