#include "engine/energy_account.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/energy/attribution.h"

namespace mj {
namespace {

constexpr Seconds kFlushPeriod(0.1);
constexpr double kSlownessWeight = 0.05;  // of the newest step

ReportBasis BasisOf(const EnergySetup& setup, const MeterInfo& meter) {
  ReportBasis basis;
  basis.domain = meter.domain;
  basis.calibration = setup.cpu.calibration;
  return basis;
}

// What a simulated device says of the whole step outweighs the CPU's prices,
// which then only tell the shares.
double ScaleTo(const StepReport& report, Joules priced) {
  if (!report.modelled_energy || priced == Joules(0)) return 1;
  return *report.modelled_energy / priced;
}

}  // namespace

EnergyAccount::EnergyAccount(EnergySetup setup, const ModelShape& model,
                             const BackendInfo& backend, const Clock& clock,
                             TenantBudgets& budgets)
    : clock_(clock),
      budgets_(budgets),
      model_(model, setup.cost, setup.cpu, setup.share, backend.numerics),
      carbon_(setup.carbon),
      wall_clock_(setup.wall_clock),
      control_(
          std::move(setup.meter),
          {.idle_power = model_.idle_power(), .max_power = setup.max_power},
          setup.cpu.calibration, clock, std::move(setup.ledger)) {
  basis_ = BasisOf(setup, control_.info());
}

void EnergyAccount::Charge(Sequence& s, const SequenceShape& shape,
                           Joules energy) {
  InFlight& request = *s.request;
  s.row_energy = energy / shape.num_tokens;
  const bool decodes = shape.context_tokens >= s.num_prompt;
  const Phase phase = decodes ? Phase::kDecode : Phase::kPrefill;
  const int again = std::clamp(s.num_recomputed_until - shape.context_tokens, 0,
                               shape.num_tokens);
  const double share = static_cast<double>(again) / shape.num_tokens;
  request.energy.Add(phase, energy, share, WasteReason::kPreempted);
  if (again > 0) {
    pending_.wasted.push_back({WasteReason::kPreempted, energy * share});
  }
  NoteUntold(request, phase, energy);
}

void EnergyAccount::NoteUntold(InFlight& request, Phase phase, Joules energy) {
  if (request.untold[0] == Joules(0) && request.untold[1] == Joules(0)) {
    charged_.push_back(&request);
  }
  request.untold[static_cast<size_t>(phase)] += energy;
}

std::optional<Joules> EnergyAccount::AddStep(const StepBatch& batch,
                                             const StepReport& report,
                                             const StepTimes& times,
                                             double clock_scale) {
  const StepEnergy step = batch.energy
                              ? *batch.energy
                              : AttributeStep(model_, batch.forward.shape);
  const double scale = ScaleTo(report, step.total) * clock_scale;
  if (step.time > Seconds(0)) {
    slowness_ += kSlownessWeight * (times.run / step.time - slowness_);
  }
  for (size_t i = 0; i < batch.sequences.size(); ++i) {
    Charge(*batch.sequences[i], batch.forward.shape.sequences[i],
           step.sequences[i].total() * scale);
  }
  const Seconds spent = times.end - times.start;
  Joules overhead = model_.busy_power() *
                    std::max(Seconds(0), spent - times.run - times.drafting);
  if (control_.info().method == EnergyMethod::kModelled) {
    const Seconds modelled = times.slowdown * step.time;
    overhead +=
        model_.idle_power() * std::max(Seconds(0), times.run - modelled);
  }
  pending_.overhead += overhead;
  pending_.end = times.end;
  pending_busy_ += spent;
  const std::optional<double> by_meter = control_.scale();
  if (!by_meter) return std::nullopt;
  return (step.total * scale + overhead) * *by_meter;
}

void EnergyAccount::AddDrafting(std::span<Sequence* const> sequences,
                                const StepShape& shape,
                                const StepCostModel& model,
                                double clock_scale) {
  const StepEnergy pass = AttributeStep(model, shape);
  for (size_t i = 0; i < sequences.size(); ++i) {
    Sequence& s = *sequences[i];
    const Joules energy = pass.sequences[i].total() * clock_scale;
    s.draft_energy += energy;
    s.request->energy.Add(Phase::kDecode, energy);
    NoteUntold(*s.request, Phase::kDecode, energy);
  }
}

void EnergyAccount::NoteRejected(Sequence& s, int num_rows) {
  const Joules drafting = std::exchange(s.draft_energy, Joules(0));
  if (num_rows == 0) return;
  const double share = static_cast<double>(num_rows) / s.draft.size();
  const Joules wasted = num_rows * s.row_energy + share * drafting;
  s.request->energy.Waste(wasted, WasteReason::kRejectedDraft);
  pending_.wasted.push_back({WasteReason::kRejectedDraft, wasted});
}

Joules EnergyAccount::PriceOf(const SharedTokens& tokens) const {
  return model_.Own({tokens.count, tokens.first, 0}).energy;
}

// Tenants pay when telemetry learns of it: a tenth of a second after the step
// at the latest, and before the request's last word.
void EnergyAccount::TakeShares(InFlight& request) {
  const Joules untold = request.untold[0] + request.untold[1];
  if (untold > Joules(0)) {
    budgets_.Debit(request.request.tenant,
                   untold * control_.scale().value_or(1), clock_.Now());
  }
  for (Phase phase : {Phase::kPrefill, Phase::kDecode}) {
    Joules& part = request.untold[static_cast<size_t>(phase)];
    if (part == Joules(0)) continue;
    pending_.shares.push_back(
        {request.number, request.request.tenant, phase, part});
    part = Joules(0);
  }
}

void EnergyAccount::End(InFlight& request, bool aborted) {
  TakeShares(request);
  std::erase(charged_, &request);
  pending_.ended.push_back(
      {request.request.tenant, request.usage.completion_tokens});
  if (!aborted) return;
  pending_.wasted.push_back({WasteReason::kAborted, request.energy.Abort()});
}

void EnergyAccount::Flush(Seconds now, bool idle) {
  if (!idle && now - last_flush_ < kFlushPeriod) return;
  for (InFlight* request : charged_) TakeShares(*request);
  charged_.clear();
  last_flush_ = now;
  // The ledger reads the time that steps took off the record's ends.
  pending_.start = pending_.end - pending_busy_;
  if (idle) {
    control_.Push(pending_);  // no later step would
  } else if (!control_.TryPush(pending_)) {
    return;  // grows until there is room
  }
  pending_.shares.clear();
  pending_.wasted.clear();
  pending_.ended.clear();
  pending_.overhead = Joules(0);
  pending_.end = now;
  pending_busy_ = Seconds(0);
}

bool EnergyAccount::IsSpent(const InFlight& request) const {
  const std::optional<Joules>& most = request.request.max_energy;
  return most && request.energy.total() * control_.scale().value_or(1) >= *most;
}

Seconds EnergyAccount::PredictAlone(const InFlight& request) const {
  Seconds time(0);
  for (const Sequence& s : request.sequences) {
    const int generated = s.max_tokens - s.num_prompt;
    const StepShape prompt = {{{s.num_prompt, 0, 1}}};
    const StepShape decode = {{{1, s.num_prompt + generated / 2, 1}}};
    time += model_.Step(prompt).time + generated * model_.Step(decode).time;
  }
  return std::max(1.0, slowness_) * time;
}

EnergyReport EnergyAccount::Report(const InFlight& request) const {
  ReportBasis basis = basis_;
  const std::optional<double> scale = control_.scale();
  basis.scale = scale.value_or(1);
  const absl::Time now = wall_clock_();
  basis.site = FactorsOver(carbon_, now, now);
  basis.method = scale ? control_.info().method : EnergyMethod::kModelled;
  // The model's shares, the counter's joules.
  if (scale) basis.calibration += " x " + control_.info().calibration;
  return MakeReport(request.energy, request.usage.completion_tokens, basis);
}

}  // namespace mj
