#include "engine/open_engine.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "engine/energy_setup.h"
#include "engine/grid_points.h"
#include "engine/open_backend.h"
#include "engine/shadow_account.h"
#include "engine/speculate/exit_head_file.h"
#include "hw_backends/host/cores.h"
#include "hw_backends/host/find_meters.h"
#include "hw_backends/host/host_facts.h"
#include "hw_backends/models/cpu_descriptor.h"
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

absl::Status OfFlag(const char* flag, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(flag, ": ", status.message()));
}

absl::StatusOr<DrafterSetup> LoadDrafters(const EngineFlags& flags,
                                          const BuildInfo& build, int threads,
                                          const BackendInfo& info) {
  DrafterSetup drafters;
  const bool drafts =
      DefaultSpeculation(flags.engine, info) != Speculation::kOff;
  if (!flags.draft_model.empty() && drafts) {
    absl::StatusOr<OpenedBackend> backend = OpenBackend(flags, threads);
    if (!backend.ok()) return backend.status();
    absl::StatusOr<std::unique_ptr<LoadedModel>> model =
        LoadModel(flags.draft_model, std::move(backend->backend),
                  flags.engine.max_batched_tokens);
    if (!model.ok()) return OfFlag("--draft-model", model.status());
    drafters.model = *std::move(model);
  }
  if (!flags.exit_head.empty()) {
    absl::StatusOr<ExitHead> head = ReadExitHead(flags.exit_head);
    if (!head.ok()) return OfFlag("--exit-head", head.status());
    absl::Status same = CheckExitHeadVersion(*head, build.version);
    if (!same.ok()) return OfFlag("--exit-head", same);
    drafters.exit_head = *std::move(head);
  }
  drafters.learning_folder = flags.exit_head_learning;
  return drafters;
}

// What the drafters take, a line each; `setup` as it goes to the engine.
std::vector<std::string> DescribeDrafters(const EngineFlags& flags,
                                          const DrafterSetup& setup,
                                          const LoadedModel& model) {
  std::vector<std::string> lines;
  const bool drafts = DefaultSpeculation(flags.engine, model.backend->info()) !=
                      Speculation::kOff;
  const std::string no_drafts = absl::StrCat(
      ": speculation is off", flags.engine.speculation
                                  ? " (--speculation)"
                                  : ", as the backend is not batch-invariant");
  if (setup.model != nullptr) {
    lines.push_back(absl::StrCat(
        "draft model ", setup.model->name, ", fingerprint ",
        setup.model->fingerprint, "; of each block of the KV cache ",
        setup.model->backend->KvBytesPerBlock(setup.model->kv_shape),
        " bytes are its own, ", model.backend->KvBytesPerBlock(model.kv_shape),
        " the model's"));
  } else if (!flags.draft_model.empty()) {
    lines.push_back(absl::StrCat("draft model not loaded", no_drafts));
  }
  if (!setup.exit_head) return lines;
  lines.push_back(absl::StrCat(
      "exit head after layer ", setup.exit_head->layer, " of ",
      setup.exit_head->num_layers, ": ",
      ExitHeadBytes(*setup.exit_head, model.shape), " bytes",
      drafts ? "" : absl::StrCat("; it does not guess", no_drafts),
      setup.learning_folder.empty() ? ""
      : drafts
          ? absl::StrCat("; what it learns takes ", LearnedBytes(model.shape),
                         " for each tenant, and as much once")
          : "; it does not learn"));
  return lines;
}

struct HostEnergy {
  EnergySetup setup;
  std::string counters;  // those that are read, or why none is
};

// The generic setup with this CPU's own descriptor and counters.
absl::StatusOr<HostEnergy> MakeEnergySetup(const BackendInfo& backend,
                                           bool simulates,
                                           const CoreAllowance& cores,
                                           const std::string& host_root,
                                           const Clock& clock) {
  absl::StatusOr<EnergySetup> setup = GenericEnergySetup(backend);
  if (!setup.ok()) return setup.status();
  absl::StatusOr<std::vector<CpuDescriptor>> cpus = CompiledCpuDescriptors();
  if (!cpus.ok()) return cpus.status();
  setup->cpu = ChooseDescriptor(*cpus, ReadCpuIdentity(host_root));
  setup->share.cores = cores.cores;
  if (simulates) {
    return HostEnergy{*std::move(setup),
                      "this host's counters are not the device's"};
  }
  std::vector<FoundMeter> found =
      FindMeters(host_root, clock, LinuxPerfCalls());
  ChooseBoundary(/*with_gpus=*/false, found);
  Boundary boundary = TakeBoundary(std::move(found), clock,
                                   std::make_unique<const BootClock>());
  if (boundary.meter != nullptr) {
    setup->meter = std::move(boundary.meter);
    setup->max_power = boundary.max_power;
  }
  return HostEnergy{*std::move(setup), std::move(boundary.description)};
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

// "; 1 sequence: 8.3 ms a pass on 1 thread, 5.1 on 2; 4 sequences: ..."
std::string DescribeTimings(const BackendInfo& backend) {
  std::string text;
  int rows = 0;
  for (const ThreadTiming& timing : backend.thread_timings) {
    const double per_core_second =
        timing.rows / (timing.threads * timing.taken.count());
    absl::StrAppend(
        &text, timing.rows == rows ? ", " : "; weights pass of ",
        timing.rows == rows ? "" : absl::StrCat(timing.rows, " rows: "),
        absl::StrFormat("%.3g ms on %d (%.3g tokens per core-second)",
                        1e3 * timing.taken.count(), timing.threads,
                        per_core_second));
    rows = timing.rows;
  }
  return text;
}

std::vector<std::string> Describe(const EngineFlags& flags,
                                  const CoreAllowance& cores,
                                  const std::string& counters,
                                  const OpenedEngine& opened) {
  const Engine& engine = *opened.engine;
  const LoadedModel& model = engine.model();
  const BackendInfo& backend = model.backend->info();
  const EngineOptions& options = engine.options();
  const EngineStats stats = engine.stats();
  const Provenance& from = opened.provenance;
  return {
      absl::StrCat("model ", model.name, ": ", model.config.architecture, ", ",
                   model.config.num_layers, " layers, hidden ",
                   model.config.hidden, ", vocabulary ", model.config.vocab,
                   ", fingerprint ", model.fingerprint),
      absl::StrCat("backend ", backend.name, ", ISA ", backend.isa,
                   flags.isa.empty() ? " (the widest of " : " (--isa, on ",
                   from.cpu, "), numerics ", backend.numerics,
                   flags.numerics.empty() ? "" : " (--numerics)",
                   backend.batch_invariant ? ", batch-invariant"
                                           : ", not batch-invariant"),
      absl::StrCat("threads ", backend.threads,
                   flags.threads ? " (--threads) of " : ": all of ",
                   DescribeCores(cores), DescribeTimings(backend)),
      absl::StrCat("KV cache ", FormatSize(options.kv_memory_bytes), " of ",
                   backend.kv_dtype, ": ", stats.kv_blocks_total, " blocks of ",
                   kBlockSize, " tokens = ",
                   int64_t{stats.kv_blocks_total} * kBlockSize, " tokens"),
      absl::StrCat("context ", options.max_model_len, " of the model's ",
                   model.config.context_length, "; up to ",
                   options.max_num_seqs, " sequences, ",
                   options.max_batched_tokens, " rows a step, ",
                   options.max_queue, " waiting"),
      absl::StrCat("energy ", stats.energy_method, ", domain ",
                   stats.energy_domain, ", calibration ", from.calibration,
                   "; ", counters),
  };
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
  absl::StatusOr<HostEnergy> energy = MakeEnergySetup(
      info, backend->device.has_value(), cores, host_root, clock);
  if (!energy.ok()) return energy.status();
  absl::StatusOr<Carbon> carbon = LoadCarbon(flags.carbon);
  if (!carbon.ok()) return carbon.status();
  energy->setup.carbon = *carbon;
  energy->setup.grid = GridPointsOf(*carbon, absl::Now(), clock.Now());
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
      LoadDrafters(flags, build, *threads, info);
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
  for (std::string& line : Describe(flags, cores, energy->counters, opened)) {
    opened.choices.push_back(std::move(line));
  }
  opened.choices.insert(opened.choices.end(), drafter_lines.begin(),
                        drafter_lines.end());
  opened.choices.push_back(absl::StrCat("carbon ", DescribeCarbon(*carbon)));
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
