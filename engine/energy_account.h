// The engine thread's half of accounting: prices each step, charges it to the
// requests whose sequences ran, and tells the control thread.
#ifndef MILLIJOULE_ENGINE_ENERGY_ACCOUNT_H_
#define MILLIJOULE_ENGINE_ENERGY_ACCOUNT_H_

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/device_stats.h"
#include "engine/energy/telemetry.h"
#include "engine/energy_control.h"
#include "engine/energy_setup.h"
#include "engine/model/step_runner.h"
#include "engine/prefix_stats.h"
#include "engine/request/sequence.h"
#include "engine/step_batch.h"
#include "engine/tenant_budgets.h"

namespace mj {

// Where a step's time went, on the engine's clock.
//
// A simulated device has none of the host's time: its own is modelled, and what
// the host does beside it costs no joules.
//
// A step's modelled joules are for its modelled time. Without a counter, what
// it ran for longer (on a host that others keep busy) draws idle power and is
// overhead: no second is cheaper than an idle one, and no reply dearer for its
// neighbours. With a counter the scale makes that good.
struct StepTimes {
  Seconds start{0}, end{0};
  Seconds run{0};       // in the model; the rest is overhead
  Seconds drafting{0};  // in drafters' own passes, before that
  double slowdown = 1;  // by its clock: modelled time / full speed's
};

// Built and destroyed anywhere; else engine thread only.
class EnergyAccount final {
 public:
  // `budgets` outlives it.
  EnergyAccount(EnergySetup setup, const ModelShape& model,
                const BackendInfo& backend, const Clock& clock,
                TenantBudgets& budgets);

  // A step has begun that AddStep will tell of.
  void BeginStep(Seconds start) { control_.BeginStep(start); }
  // A step that has run; returns what it took by the meter, where that is
  // known. Rows whose positions had been computed before are wasted on
  // preemption. `clock_scale`: what its clock makes of full speed's joules.
  std::optional<Joules> AddStep(const StepBatch& batch,
                                const StepReport& report,
                                const StepTimes& times, double clock_scale);
  // What computing them would have drawn, beside its share of the passes over
  // the weights; modelled.
  Joules PriceOf(const SharedTokens& tokens) const;
  // A drafter's pass; its sequences pay for it as for a step.
  void AddDrafting(std::span<Sequence* const> sequences, const StepShape& shape,
                   const StepCostModel& model, double clock_scale);
  // Of the draft of `s`, so many tokens came to nothing: their rows of the
  // latest step, and their part of drafting. REQUIRES: s.draft is still there
  void NoteRejected(Sequence& s, int num_rows);
  // The request is answered; if `aborted`, all that it cost is waste.
  void End(InFlight& request, bool aborted);
  // Passes on what has gathered, every tenth of a second or if `idle`.
  void Flush(Seconds now, bool idle);

  EnergyReport Report(const InFlight& request) const;
  // The joules of the report have reached what the request may cost.
  bool IsSpent(const InFlight& request) const;

  // How long the request's work would take by itself: the model's time, and
  // how much longer than that recent steps have taken.
  Seconds PredictAlone(const InFlight& request) const;

  // Of a simulated device; nothing for others.
  const std::optional<DeviceStats>& device() const { return device_; }

  // What a joule of this moment means. Any thread.
  SiteFactors FactorsNow() const;

  const StepCostModel& model() const { return model_; }
  const std::string& calibration() const { return basis_.calibration; }
  EnergyControl& control() { return control_; }

 private:
  void Charge(Sequence& sequence, const SequenceShape& shape, Joules energy);
  void CountDevice(const StepBatch& batch, const StepReport& report,
                   const StepEnergy& step);
  Joules OverheadOf(const StepTimes& times, Seconds modelled) const;
  void NoteUntold(InFlight& request, Phase phase, Joules energy);
  void TakeShares(InFlight& request);

  const Clock& clock_;
  TenantBudgets& budgets_;
  const StepCostModel model_;
  const Carbon carbon_;
  const std::function<absl::Time()> wall_clock_;
  std::optional<DeviceStats> device_;
  ReportBasis basis_;
  EnergyControl control_;
  // Gathered since the latest push.
  StepRecord pending_;
  Seconds pending_busy_{0};
  std::vector<InFlight*> charged_;
  Seconds last_flush_{0};
  double slowness_ = 2;  // time of steps / modelled; a guess before any ran
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_ACCOUNT_H_
