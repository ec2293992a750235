#include <random>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "engine/capacity.h"
#include "engine/engine_impl.h"
#include "engine/request/request_error.h"
#include "engine/sample/random.h"

namespace mj {

namespace {

std::unique_ptr<StepGovernor> MakeGovernor(EnergySetup& setup,
                                           const ModelShape& model,
                                           const EngineOptions& options,
                                           const Clock& clock) {
  if (!setup.governor) return nullptr;
  return std::make_unique<StepGovernor>(
      *std::exchange(setup.governor, std::nullopt), model,
      StepGovernorOptions{setup.cost, options.slo, options.max_batched_tokens},
      clock);
}

// Null where control was not asked for.
std::unique_ptr<PackageLimit> MakePackageLimit(EnergySetup& setup,
                                               const Clock& clock) {
  if (!setup.governor) return nullptr;
  return std::make_unique<PackageLimit>(std::move(setup.governor->packages),
                                        clock);
}

absl::Status CheckOffered(Speculation asked, const EngineOptions& options,
                          const BackendInfo& backend,
                          const Speculator& speculator) {
  const bool names = asked != Speculation::kAuto && asked != Speculation::kOff;
  if (names && !backend.batch_invariant) {
    return RequestError(
        "speculation",
        absl::StrCat("the backend ", backend.name,
                     " is not batch-invariant: guesses would change replies"));
  }
  if (names && options.speculation == Speculation::kOff) {
    return RequestError(
        "speculation", absl::StrCat("'", std::string(SpeculationName(asked)),
                                    "' is off on this server (--speculation)"));
  }
  if (asked == Speculation::kDraft && !speculator.Has(Drafter::kDraftModel)) {
    return RequestError("speculation",
                        "'draft' needs a server with --draft-model");
  }
  if (asked == Speculation::kExit && !speculator.Has(Drafter::kExitHead)) {
    return RequestError("speculation",
                        "'exit' needs a server with --exit-head");
  }
  return absl::OkStatus();
}

absl::Status CheckDepth(const DepthOptions& options,
                        const DrafterSetup& drafters) {
  if (options.policy != DepthPolicy::kUnderCap || drafters.exit_head) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      "adaptive-depth is under-cap, which needs an exit-head");
}

// Null where there is none, or nothing to do for it.
absl::StatusOr<std::shared_ptr<DraftHead>> LoadHead(
    const std::optional<ExitHead>& head, bool is_used, LoadedModel& model) {
  if (!head || !is_used) return nullptr;
  absl::StatusOr<DraftHead> loaded = DraftHead::Load(*head, model);
  if (!loaded.ok()) {
    return absl::Status(
        loaded.status().code(),
        absl::StrCat("--exit-head: ", loaded.status().message()));
  }
  return std::make_shared<DraftHead>(*std::move(loaded));
}

absl::Status CheckQuality(Quality asked, const DepthOptions& options,
                          const AdaptiveDepth* depth) {
  if (asked == Quality::kFull || depth != nullptr) return absl::OkStatus();
  return RequestError("energy.quality",
                      options.policy == DepthPolicy::kOff
                          ? "'adaptive' is off on this server "
                            "(--adaptive-depth)"
                          : "'adaptive' needs a server with --exit-head");
}

}  // namespace

Engine::Impl::Impl(const Capacity& capacity,
                   std::unique_ptr<LoadedModel> loaded, const Clock& clk,
                   EnergySetup setup, std::optional<BlockHasher> hasher,
                   std::vector<std::unique_ptr<DraftSource>> drafters,
                   std::span<const ProbedStep> probes,
                   std::unique_ptr<AdaptiveDepth> adaptive_depth,
                   std::unique_ptr<PackageLimit> packages)
    : options(capacity.options),
      model(std::move(loaded)),
      clock(clk),
      started(clk.Now()),
      grid(std::move(setup.grid)),
      limits({ScheduleOf(capacity), 1}),
      admission{options.max_model_len, capacity.kv_tokens, model->config.vocab,
                MaxPromptBytes(model->tokenizer->vocabulary(),
                               options.max_model_len)},
      seed_key{std::random_device()(), std::random_device()()},
      inbox(options.max_queue),
      budgets(options.tenant_limits, clk.Now()),
      governor(MakeGovernor(setup, model->shape, options, clk)),
      shadow(std::move(setup.shadows)),
      energy(std::move(setup), model->shape, model->backend->info(), clk,
             budgets),
      power(CapLadder(energy.model(), limits.Load().schedule),
            energy.model().idle_power(), limits, std::move(packages)),
      queues(capacity.num_blocks, capacity.window),
      speculator(DefaultSpeculation(options, model->backend->info()),
                 options.speculation_limits, std::move(drafters),
                 energy.model()),
      depth(std::move(adaptive_depth)) {
  if (hasher) {
    queues.ShareBeginnings(*std::move(hasher), options.prefix_regions);
  }
  speculator.NoteProbes(probes);
  counted.last_progress = clock.Now();
  PublishStats();
  energy.control().OnWindow([this](const EnergyWindow& window) {
    power.OnWindow(window);
    NoteWindow(window);
  });
  thread = std::thread([this] { Loop(); });
}

Engine::Impl::~Impl() { energy.control().OnWindow(nullptr); }

uint64_t Engine::Impl::DrawSeed() {
  const uint64_t n = num_submitted.fetch_add(1);
  const auto bits =
      Philox({static_cast<uint32_t>(n), static_cast<uint32_t>(n >> 32), 0, 0},
             seed_key);
  return uint64_t{bits[0]} << 32 | bits[1];
}

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

absl::StatusOr<std::unique_ptr<Engine>> Engine::Start(
    const EngineOptions& options, std::unique_ptr<LoadedModel> model,
    const Clock& clock, EnergySetup energy, DrafterSetup drafter_setup) {
  std::optional<BlockHasher> hasher;
  if (options.prefix_cache.value_or(model->backend->info().batch_invariant)) {
    absl::StatusOr<BlockHasher> made = BlockHasher::CreateSecret();
    if (!made.ok()) return made.status();
    hasher = *std::move(made);
  }
  if (absl::Status sound = CheckDepth(options.depth, drafter_setup);
      !sound.ok()) {
    return sound;
  }
  // Who may not guess takes no memory.
  const bool speculates =
      DefaultSpeculation(options, model->backend->info()) != Speculation::kOff;
  if (!speculates) drafter_setup.model = nullptr;
  absl::StatusOr<Capacity> capacity =
      PlanCapacity(options, *model, drafter_setup.model.get());
  if (!capacity.ok()) return capacity.status();
  const std::optional<ExitHead>& exit_head = drafter_setup.exit_head;
  const bool leaves = options.depth.policy != DepthPolicy::kOff;
  absl::StatusOr<std::shared_ptr<DraftHead>> head =
      LoadHead(exit_head, speculates || leaves, *model);
  if (!head.ok()) return head.status();
  std::unique_ptr<AdaptiveDepth> depth;
  if (*head != nullptr && leaves) {
    depth = std::make_unique<AdaptiveDepth>(options.depth, *exit_head, *head,
                                            energy, *model);
  }
  absl::StatusOr<std::vector<std::unique_ptr<DraftSource>>> drafters =
      MakeDrafters(std::move(drafter_setup), speculates ? *head : nullptr,
                   capacity->num_blocks, capacity->options.max_batched_tokens,
                   energy, *model);
  if (!drafters.ok()) return drafters.status();
  absl::Status taken =
      model->backend->AllocateKv(model->kv_shape, capacity->num_blocks);
  if (!taken.ok()) return taken;
  for (const TenantLimit& limit : options.tenant_limits) {
    absl::Status status = Validate(limit);
    if (!status.ok()) return status;
  }
  const std::vector<ProbedStep> probes =
      ProbeSteps(*model, capacity->num_blocks,
                 speculates ? options.probe_time : Seconds(0), clock);
  std::unique_ptr<PackageLimit> packages = MakePackageLimit(energy, clock);
  std::unique_ptr<Engine> engine =
      absl::WrapUnique(new Engine(std::make_unique<Impl>(
          *capacity, std::move(model), clock, std::move(energy),
          std::move(hasher), *std::move(drafters), probes, std::move(depth),
          std::move(packages))));
  const LoadedModel& loaded = engine->model();
  absl::Status offered =
      CheckOffered(DefaultSpeculation(options, loaded.backend->info()), options,
                   loaded.backend->info(), engine->impl_->speculator);
  if (!offered.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--speculation: ", offered.message()));
  }
  absl::Status capped = engine->SetPowerCap(options.power_cap);
  if (!capped.ok()) return capped;
  return engine;
}

absl::StatusOr<std::unique_ptr<Engine>> Engine::Start(
    const EngineOptions& options, std::unique_ptr<LoadedModel> model,
    const Clock& clock) {
  absl::StatusOr<EnergySetup> energy =
      GenericEnergySetup(model->backend->info());
  if (!energy.ok()) return energy.status();
  return Start(options, std::move(model), clock, *std::move(energy));
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Engine::~Engine() { Stop(); }

void Engine::Stop() {
  impl_->inbox.Close();
  if (impl_->thread.joinable()) impl_->thread.join();
}

absl::StatusOr<std::unique_ptr<InFlight>> Engine::Impl::Prepare(
    Request request, const std::function<void()>& on_ready) {
  const Seconds now = clock.Now();
  absl::Status allowed = budgets.Admit(request.tenant, now);
  if (!allowed.ok()) return allowed;
  if (absl::Status offered = CheckOffered(request.speculation, options,
                                          model->backend->info(), speculator);
      !offered.ok()) {
    return offered;
  }
  if (request.wants_shadow && shadow.stats().empty()) {
    return RequestError("energy.shadow", "needs a server with --shadow");
  }
  if (absl::Status offered =
          CheckQuality(request.quality, options.depth, depth.get());
      !offered.ok()) {
    return offered;
  }
  if (!request.slo.ttft) request.slo.ttft = options.slo.ttft;
  if (!request.slo.tpot) request.slo.tpot = options.slo.tpot;
  absl::StatusOr<std::unique_ptr<InFlight>> admitted =
      Admit(std::move(request), *model->tokenizer, admission, DrawSeed());
  if (!admitted.ok()) return admitted.status();
  (*admitted)->channel = std::make_shared<ResponseChannel>(on_ready);
  (*admitted)->submitted = now;
  if ((*admitted)->request.quality == Quality::kAdaptive) {
    (*admitted)->usage.depth = depth->NewReport((*admitted)->request);
  }
  return admitted;
}

absl::StatusOr<std::shared_ptr<ResponseChannel>> Engine::Submit(
    Request request, std::function<void()> on_ready) {
  absl::StatusOr<std::unique_ptr<InFlight>> admitted =
      impl_->Prepare(std::move(request), on_ready);
  if (!admitted.ok()) return admitted.status();
  auto channel = (*admitted)->channel;
  absl::Status status = impl_->inbox.Push(*std::move(admitted));
  if (!status.ok()) return status;
  return channel;
}

absl::StatusOr<std::vector<std::shared_ptr<ResponseChannel>>>
Engine::SubmitTogether(std::vector<Request> requests,
                       const std::function<void()>& on_ready) {
  std::vector<std::unique_ptr<InFlight>> admitted;
  std::vector<std::shared_ptr<ResponseChannel>> channels;
  for (Request& request : requests) {
    auto one = impl_->Prepare(std::move(request), on_ready);
    if (!one.ok()) return one.status();
    channels.push_back((*one)->channel);
    admitted.push_back(*std::move(one));
  }
  absl::Status status = impl_->inbox.Push(std::move(admitted));
  if (!status.ok()) return status;
  return channels;
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
