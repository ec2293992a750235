// What an engine consists of. engine.cc is its thread's work, step by step;
// engine_govern.cc and engine_hold.cc the parts of it that govern the clock and
// make flex requests wait; engine_start.cc, engine_submit.cc and
// engine_state.cc are what other threads call.
#ifndef MILLIJOULE_ENGINE_ENGINE_IMPL_H_
#define MILLIJOULE_ENGINE_ENGINE_IMPL_H_

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "engine/adaptive_depth.h"
#include "engine/admission.h"
#include "engine/capacity.h"
#include "engine/energy_account.h"
#include "engine/engine.h"
#include "engine/inbox.h"
#include "engine/power_control.h"
#include "engine/queues.h"
#include "engine/sample/sampler.h"
#include "engine/schedule/flex_hold.h"
#include "engine/schedule/shared_limits.h"
#include "engine/shadow_account.h"
#include "engine/speculator.h"
#include "engine/step_batch.h"
#include "engine/step_governor.h"
#include "engine/step_probe.h"
#include "engine/tenant_budgets.h"

namespace mj {

// The last of a request, told when its step is over. `request` lives until
// Forget().
struct Farewell {
  std::shared_ptr<ResponseChannel> channel;
  Delta delta;
  const InFlight* request = nullptr;
};

struct Engine::Impl {
  Impl(const Capacity& capacity, std::unique_ptr<LoadedModel> model,
       const Clock& clock, EnergySetup energy,
       std::optional<BlockHasher> hasher,
       std::vector<std::unique_ptr<DraftSource>> drafters,
       std::span<const ProbedStep> probes, std::unique_ptr<AdaptiveDepth> depth,
       std::unique_ptr<PackageLimit> packages);
  ~Impl();

  // Any thread.
  uint64_t DrawSeed();
  // Admitted, with its channel, but in no queue. Errors as Engine::Submit.
  absl::StatusOr<std::unique_ptr<InFlight>> Prepare(
      Request request, const std::function<void()>& on_ready);
  EngineStats Stats();
  void NoteWindow(const EnergyWindow& window);

  // The engine thread.
  void Loop();
  bool PauseIfDue();  // for the limits' sake; false: a step may run
  void Step();
  void TakeInbox();
  void EndLapsed(Seconds now);
  StepBatch Schedule(StepPlan& plan, StepTimes& times);
  void CountShared();
  StepReport Run(StepBatch& batch, StepTimes& times);
  void Commit(const StepBatch& batch, Seconds now);
  void AddShadow(const StepBatch& batch, size_t num_farewells);
  void Advance(Sequence& s, int num_rows, Seconds now);
  void TellEmbedding(Sequence& s, Seconds now);
  void TakeSampled(Sequence& s, Seconds now);
  void Tell(Sequence& s, Delta delta, Seconds now);
  void EndSpent(const StepBatch& batch, Seconds now);
  void CountSlo(const InFlight& request, const Delta& last);
  void EndSequence(Sequence& s);
  void End(InFlight& request, absl::Status status, Seconds now, Delta delta);
  void Finish(Seconds now);
  void Forget();
  void PublishStats();

  // engine_govern.cc
  bool WaitsForCompany(const StepPlan& plan, StepTimes& times);
  std::optional<Seconds> LongestSleep();
  bool CapBinds() const;

  // engine_hold.cc
  bool HasWork() const;  // beside what is held
  Seconds HeldWork() const;
  bool Hold(InFlight& request, Seconds now);
  void NoteReleased(InFlight& request, Seconds now);
  void ReleaseHeld(Seconds now);

  const EngineOptions options;
  const std::unique_ptr<LoadedModel> model;
  const Clock& clock;
  const Seconds started;
  const std::vector<GridPoint> grid;
  SharedLimits limits;
  const AdmissionLimits admission;
  const std::array<uint32_t, 2> seed_key;  // of seeds that are drawn
  std::atomic<uint64_t> num_submitted{0};
  Inbox inbox;
  TenantBudgets budgets;
  const std::unique_ptr<StepGovernor> governor;  // null: there is none
  ShadowAccount shadow;
  EnergyAccount energy;
  PowerControl power;

  // The engine thread's own.
  std::vector<std::unique_ptr<InFlight>> requests;
  Queues queues;
  Speculator speculator;
  const std::unique_ptr<AdaptiveDepth> depth;  // null: nobody leaves early
  Sampler sampler;
  EngineStats counted;
  uint64_t num_taken = 0;
  bool some_ended = false;
  int num_held = 0;
  Seconds next_step{0};  // not before, under a power cap
  std::vector<Farewell> farewells;

  mutable std::mutex stats_mutex;  // guards what follows
  EngineStats published;
  std::optional<EnergyOfLate> of_late;
  EnergyOfLate gathered;          // windows that are not yet a second
  uint64_t tokens_before_it = 0;  // generated ones
  std::thread thread;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENGINE_IMPL_H_
