#include "engine/energy_account.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/energy/attribution.h"

namespace mj {
namespace {

constexpr Seconds kFlushPeriod(0.1);
constexpr double kSlownessWeight = 0.05;  // of the newest step

std::optional<DeviceStats> StatsOf(const std::optional<DeviceAccount>& device) {
  if (!device) return std::nullopt;
  return DeviceStats{.name = device->domain};
}

EnergyControl MakeControl(EnergySetup setup, const StepCostModel& model,
                          const Clock& clock) {
  const LedgerOptions options{.idle_power = model.idle_power(),
                              .max_power = setup.max_power};
  if (setup.device) {
    return EnergyControl(nullptr, options, model.calibration(), clock,
                         std::move(setup.ledger), setup.device->domain);
  }
  return EnergyControl(std::move(setup.meter), options, model.calibration(),
                       clock, std::move(setup.ledger));
}

// What a device's model says of the whole step, but for what its sequences'
// own bits did, outweighs the prices, which then only tell the shares.
double ScaleTo(const StepReport& report, Joules priced) {
  if (!report.modelled_energy || priced == Joules(0)) return 1;
  Joules energy = *report.modelled_energy;
  for (Joules bits : report.bit_energy) energy -= bits;
  return energy / priced;
}

}  // namespace

EnergyAccount::EnergyAccount(EnergySetup setup, const ModelShape& model,
                             const BackendInfo& backend, const Clock& clock,
                             TenantBudgets& budgets)
    : clock_(clock),
      budgets_(budgets),
      model_(CostModelOf(setup, model, backend.numerics)),
      carbon_(setup.carbon),
      wall_clock_(setup.wall_clock),
      device_(StatsOf(setup.device)),
      control_(MakeControl(std::move(setup), model_, clock)) {
  basis_.domain = control_.info().domain;
  basis_.calibration = model_.calibration();
  control_.PriceWindows([carbon = carbon_, wall_clock = wall_clock_](
                            const EnergyWindow& window, Seconds ago) {
    const absl::Time end = wall_clock() - absl::Seconds(ago.count());
    const absl::Duration length =
        absl::Seconds((window.end - window.start).count());
    return FootprintOf(window.energy.sum(),
                       FactorsOver(carbon, end - length, end));
  });
}

SiteFactors EnergyAccount::FactorsNow() const {
  const absl::Time now = wall_clock_();
  return FactorsOver(carbon_, now, now);
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
  const StepEnergy step =
      batch.energy ? *batch.energy : AttributeStep(model_, batch.forward.shape);
  const double scale = ScaleTo(report, step.total) * clock_scale;
  if (device_) CountDevice(batch, report, step);
  if (step.time > Seconds(0)) {
    slowness_ += kSlownessWeight * (times.run / step.time - slowness_);
  }
  for (size_t i = 0; i < batch.sequences.size(); ++i) {
    const Joules bits =
        report.bit_energy.empty() ? Joules(0) : report.bit_energy[i];
    Charge(*batch.sequences[i], batch.forward.shape.sequences[i],
           step.sequences[i].total() * scale + bits);
  }
  const Joules overhead = OverheadOf(times, step.time);
  pending_.overhead += overhead;
  pending_.end = times.end;
  pending_busy_ += times.end - times.start;
  const std::optional<double> by_meter = control_.scale();
  if (!by_meter) return std::nullopt;
  return (step.total * scale + overhead) * *by_meter;
}

Joules EnergyAccount::OverheadOf(const StepTimes& times,
                                 Seconds modelled) const {
  if (device_) return Joules(0);
  const Seconds beside = times.end - times.start - times.run - times.drafting;
  Joules overhead = model_.busy_power() * std::max(Seconds(0), beside);
  if (control_.info().method == EnergyMethod::kModelled) {
    overhead += model_.idle_power() *
                std::max(Seconds(0), times.run - times.slowdown * modelled);
  }
  return overhead;
}

void EnergyAccount::CountDevice(const StepBatch& batch,
                                const StepReport& report,
                                const StepEnergy& step) {
  // Steps in which some may leave early are priced part by part, as shares.
  const Seconds time = report.modelled_energy ? report.busy : step.time;
  device_->time += time;
  for (const BitActivity& bits : report.bit_activity) device_->bits += bits;
  if (step.time == Seconds(0)) return;
  for (size_t i = 0; i < batch.sequences.size(); ++i) {
    batch.sequences[i]->request->device_time +=
        step.sequences[i].time * (time / step.time);
  }
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
    if (device_) s.request->device_time += pass.sequences[i].time;
  }
  if (device_) device_->time += pass.time;
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
    const StepShape prompt = {
        {{s.num_prompt, 0, s.embeds() ? 0 : 1, s.embeds() ? s.num_prompt : 0}}};
    const StepShape decode = {{{1, s.num_prompt + generated / 2, 1}}};
    time += model_.Step(prompt).time + generated * model_.Step(decode).time;
  }
  return std::max(1.0, slowness_) * time;
}

EnergyReport EnergyAccount::Report(const InFlight& request) const {
  ReportBasis basis = basis_;
  const std::optional<double> scale = control_.scale();
  basis.scale = scale.value_or(1);
  basis.site = FactorsNow();
  basis.method = scale ? control_.info().method : EnergyMethod::kModelled;
  // The model's shares, the counter's joules.
  if (scale) basis.calibration += " x " + control_.info().calibration;
  EnergyReport report =
      MakeReport(request.energy, request.usage.completion_tokens, basis);
  if (device_) {
    constexpr int kDigits = 3;  // as MakeReport
    report.device_time =
        Seconds(RoundToSignificant(request.device_time.count(), kDigits));
  }
  return report;
}

}  // namespace mj
