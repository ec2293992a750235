#include <random>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "engine/capacity.h"
#include "engine/engine_impl.h"
#include "engine/offers.h"

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

absl::Status CheckOptions(const EngineOptions& options,
                          const DrafterSetup& drafters) {
  if (options.depth.policy == DepthPolicy::kUnderCap && !drafters.exit_head) {
    return absl::InvalidArgumentError(
        "adaptive-depth is under-cap, which needs an exit-head");
  }
  for (const TenantLimit& limit : options.tenant_limits) {
    absl::Status status = Validate(limit);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// Nothing where beginnings are not shared.
absl::StatusOr<std::optional<BlockHasher>> MakeHasher(
    const EngineOptions& options, const BackendInfo& backend) {
  if (!options.prefix_cache.value_or(backend.batch_invariant)) {
    return std::nullopt;
  }
  absl::StatusOr<BlockHasher> made = BlockHasher::CreateSecret();
  if (!made.ok()) return made.status();
  return *std::move(made);
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
  PublishStats();
  energy.control().OnWindow([this](const EnergyWindow& window) {
    power.OnWindow(window);
    NoteWindow(window);
  });
  thread = std::thread([this] { Loop(); });
}

Engine::Impl::~Impl() { energy.control().OnWindow(nullptr); }

absl::StatusOr<std::unique_ptr<Engine>> Engine::Start(
    const EngineOptions& options, std::unique_ptr<LoadedModel> model,
    const Clock& clock, EnergySetup energy, DrafterSetup drafter_setup) {
  if (absl::Status sound = CheckOptions(options, drafter_setup); !sound.ok()) {
    return sound;
  }
  const BackendInfo& backend = model->backend->info();
  absl::StatusOr<std::optional<BlockHasher>> hasher =
      MakeHasher(options, backend);
  if (!hasher.ok()) return hasher.status();
  // Who may not guess takes no memory.
  const Speculation speculation = DefaultSpeculation(options, backend);
  const bool speculates = speculation != Speculation::kOff;
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
  const std::vector<ProbedStep> probes =
      ProbeSteps(*model, capacity->num_blocks,
                 speculates ? options.probe_time : Seconds(0), clock);
  std::unique_ptr<PackageLimit> packages = MakePackageLimit(energy, clock);
  std::unique_ptr<Engine> engine =
      absl::WrapUnique(new Engine(std::make_unique<Impl>(
          *capacity, std::move(model), clock, std::move(energy),
          *std::move(hasher), *std::move(drafters), probes, std::move(depth),
          std::move(packages))));
  absl::Status offered = CheckSpeculation(speculation, options, backend,
                                          engine->impl_->speculator);
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

}  // namespace mj
