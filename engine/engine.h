// The engine: continuous batching over a paged KV cache.
//
// Threads. Network threads call Submit (which tokenizes on the caller) and
// read response channels. One engine thread owns sequences, KV blocks and the
// plan, and runs Step() while there is work; it sleeps when there is none.
// The backend's worker pool runs inside a step. Threads meet in the submit
// inbox, the response channels, the telemetry ring and the limits only. The
// control thread (energy_control.h) reads the meter once a second and hands
// each window to the ledger's thread (ledger_writer.h), which owns its file. Of
// what may be set, clock and packages, each has a thread (actuator_driver.h).
#ifndef MILLIJOULE_ENGINE_ENGINE_H_
#define MILLIJOULE_ENGINE_ENGINE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/drafters.h"
#include "engine/energy_setup.h"
#include "engine/energy_statement.h"
#include "engine/engine_options.h"
#include "engine/engine_stats.h"
#include "engine/model/loaded_model.h"
#include "engine/power_control.h"
#include "engine/request/request.h"
#include "engine/request/response_channel.h"
#include "engine/tenant_budgets.h"
#include "hw_backends/clock.h"

namespace mj {

class Engine final {
 public:
  // Takes the KV arena and starts the engine thread.
  // INVALID_ARGUMENT: an option out of its range or over the model's.
  // RESOURCE_EXHAUSTED: the arena does not fit; says how much would.
  // `clock` outlives the engine.
  // `drafters` guess tokens ahead; errors of theirs as MakeDrafters().
  static absl::StatusOr<std::unique_ptr<Engine>> Start(
      const EngineOptions& options, std::unique_ptr<LoadedModel> model,
      const Clock& clock, EnergySetup energy, DrafterSetup drafters = {});
  // With GenericEnergySetup.
  static absl::StatusOr<std::unique_ptr<Engine>> Start(
      const EngineOptions& options, std::unique_ptr<LoadedModel> model,
      const Clock& clock);
  ~Engine();  // as Stop(), if nobody called it

  // Any thread. Errors, with nothing queued:
  //   INVALID_ARGUMENT: a field out of range, an empty prompt, an id outside
  //     the vocabulary, prompt + max_tokens over the context (both named), or
  //     more KV blocks than the pool will ever hold;
  //   RESOURCE_EXHAUSTED: the queue is full, or, with QuotaWaitOf, the
  //     tenant's joules are spent; UNAVAILABLE: draining.
  // `on_ready` as in ResponseChannel.
  absl::StatusOr<std::shared_ptr<ResponseChannel>> Submit(
      Request request, std::function<void()> on_ready);
  // All of them before the same step, or none; a channel each.
  absl::StatusOr<std::vector<std::shared_ptr<ResponseChannel>>> SubmitTogether(
      std::vector<Request> requests, const std::function<void()>& on_ready);

  // Refuses new requests from now on; what is in flight goes on.
  void Drain();
  bool idle() const;  // nothing in flight
  // Ends what is in flight with CANCELLED, at the latest after the step that
  // runs, and takes nothing more. From one thread.
  void Stop();

  const LoadedModel& model() const;
  const EngineOptions& options() const;  // max_model_len filled in
  // Limits that may change while it runs; any thread. INVALID_ARGUMENT, and no
  // change: as PowerControl::SetCap and Validate(JouleRate) say.
  void LimitThreads(int threads);  // as Backend's, drafters' too
  absl::Status SetPowerCap(std::optional<Watts> cap);  // nothing: none
  absl::Status SetTenantLimit(const TenantLimit& limit);
  void RemoveTenantLimit(const std::string& tenant);
  PowerControl::State power() const;
  std::vector<TenantBudget> tenant_budgets() const;

  EnergyStatement energy() const;  // as of now; never waits for a step
  // Steps and tokens as of the latest step's end, joules as of now; never
  // waits for a step.
  EngineStats stats() const;

 private:
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENGINE_H_
