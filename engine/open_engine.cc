#include "engine/open_engine.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/describe_engine.h"
#include "engine/open_backend.h"
#include "engine/open_drafters.h"
#include "engine/open_energy.h"
#include "engine/shadow_account.h"
#include "hw_backends/host/cores.h"
#include "hw_backends/host/host_facts.h"
#include "hw_backends/simulated_backend.h"

namespace mj {
namespace {

absl::Status CheckModelNamed(const EngineFlags& flags) {
  if (!flags.model.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError("--model FILE is needed");
}

// Clocks and power are the host's, and the host only simulates.
absl::Status CheckGoverned(const EngineFlags& flags) {
  if (!IsSimulated(flags.backend)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--governor: the backend ", flags.backend,
                   " is simulated; this host's clock changes none of its "
                   "seconds or joules"));
}

absl::Status AddGovernor(const std::optional<GovernorOptions>& options,
                         const BackendInfo& backend, bool has_host,
                         const std::string& host_root, const Clock& clock,
                         EnergySetup& setup) {
  if (!options) return absl::OkStatus();
  absl::StatusOr<GovernorSetup> governor =
      OpenGovernor(*options,
                   {setup.cpu, ReadCpuIdentity(host_root).vendor, setup.share,
                    backend.numerics, setup.meter != nullptr || has_host},
                   clock);
  if (!governor.ok()) return governor.status();
  setup.governor = *std::move(governor);
  return absl::OkStatus();
}

void TellGovernor(const std::optional<GovernorSetup>& governor,
                  OpenedEngine& opened) {
  if (!governor) return;
  (governor->clock ? opened.choices : opened.warnings)
      .push_back(DescribeGovernor(*governor));
  opened.choices.push_back(DescribePackages(*governor));
}

LedgerRun RunOf(const OpenedEngine& opened) {
  const Provenance& from = opened.provenance;
  LedgerRun run;
  run.commit = from.build.commit;
  run.cpu = from.cpu;
  run.isa = from.isa;
  run.numerics = from.numerics;
  run.model = opened.engine->model().name;
  run.model_fingerprint = from.model_fingerprint;
  run.method = from.energy_method;
  run.domain = opened.engine->stats().energy_domain;
  run.calibration = from.calibration;
  return run;
}

}  // namespace

absl::StatusOr<OpenedEngine> OpenEngine(
    const EngineFlags& flags, const Clock& clock, BuildInfo build,
    const std::string& host_root, std::unique_ptr<LedgerWriter> ledger,
    std::optional<GovernorOptions> governor) {
  if (absl::Status named = CheckModelNamed(flags); !named.ok()) return named;
  if (governor) {
    governor->helper.root = host_root;
    absl::Status sound = CheckGovernor(*governor, flags.engine.slo);
    sound.Update(CheckGoverned(flags));
    if (!sound.ok()) return sound;
  }
  const CoreAllowance cores = AllowedCores(host_root);
  const absl::StatusOr<int> threads = ChooseThreads(flags.threads, cores);
  if (!threads.ok()) return threads.status();
  absl::StatusOr<OpenedBackend> backend = OpenBackend(flags, *threads);
  if (!backend.ok()) return backend.status();
  const BackendInfo info = backend->backend->info();
  absl::StatusOr<HostEnergy> energy =
      OpenHostEnergy(flags.carbon, info, backend->device.has_value(), cores,
                     host_root, clock);
  if (!energy.ok()) return energy.status();
  const std::string carbon_line =
      absl::StrCat("carbon ", DescribeCarbon(energy->setup.carbon));
  LedgerWriter* const writer = ledger.get();
  energy->setup.ledger = std::move(ledger);
  absl::StatusOr<std::unique_ptr<LoadedModel>> model =
      LoadModel(flags.model, std::move(backend->backend),
                flags.engine.max_batched_tokens, flags.weights);
  if (!model.ok()) return model.status();
  OpenedEngine opened;
  if (backend->device) {
    absl::StatusOr<std::string> placed =
        RunOnDevice(*std::move(backend->device), flags, energy->setup, **model);
    if (!placed.ok()) return placed.status();
    opened.choices.push_back(*std::move(placed));
  }
  absl::StatusOr<DrafterSetup> drafters =
      OpenDrafters(flags, build, *threads, info);
  if (!drafters.ok()) return drafters.status();
  const std::vector<std::string> drafter_lines =
      DescribeDrafters(flags, *drafters, **model);
  absl::StatusOr<std::vector<DeviceModel>> shadows = OpenShadows(
      flags.shadow, flags.data_dir, (*model)->shape, energy->setup.cost);
  if (!shadows.ok()) return shadows.status();
  energy->setup.shadows = *std::move(shadows);
  const absl::Status governed = AddGovernor(governor, info, cores.whole_host,
                                            host_root, clock, energy->setup);
  if (!governed.ok()) return governed;
  TellGovernor(energy->setup.governor, opened);
  opened.provenance = {std::move(build),
                       ReadCpuName(host_root),
                       info.isa,
                       info.numerics,
                       (*model)->fingerprint,
                       "",
                       ""};
  absl::StatusOr<std::unique_ptr<Engine>> engine =
      Engine::Start(flags.engine, *std::move(model), clock,
                    std::move(energy->setup), *std::move(drafters));
  if (!engine.ok()) return engine.status();
  opened.engine = *std::move(engine);
  opened.provenance.energy_method = opened.engine->stats().energy_method;
  opened.provenance.calibration = opened.engine->energy().calibration;
  for (std::string& line :
       DescribeEngine(flags, cores, energy->counters, *opened.engine,
                      opened.provenance)) {
    opened.choices.push_back(std::move(line));
  }
  opened.choices.insert(opened.choices.end(), drafter_lines.begin(),
                        drafter_lines.end());
  opened.choices.push_back(carbon_line);
  if (writer != nullptr) writer->SetRun(RunOf(opened));
  return opened;
}

absl::StatusOr<std::unique_ptr<LoadedModel>> OpenModel(
    const EngineFlags& flags, const std::string& host_root) {
  if (absl::Status named = CheckModelNamed(flags); !named.ok()) return named;
  const absl::StatusOr<int> threads =
      ChooseThreads(flags.threads, AllowedCores(host_root));
  if (!threads.ok()) return threads.status();
  absl::StatusOr<OpenedBackend> backend = OpenBackend(flags, *threads);
  if (!backend.ok()) return backend.status();
  return LoadModel(flags.model, std::move(backend->backend),
                   flags.engine.max_batched_tokens, flags.weights);
}

}  // namespace mj
