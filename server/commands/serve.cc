// millijoule serve: builds the parts bottom-up, serves, and drains.
#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/open_engine.h"
#include "hw_backends/host/core_watch.h"
#include "hw_backends/host/huge_pages.h"
#include "server/api.h"
#include "server/api_keys.h"
#include "server/commands/commands.h"
#include "server/commands/drain.h"
#include "server/commands/output.h"
#include "server/commands/stop_signals.h"
#include "server/grpc/grpc_server.h"
#include "server/http_server.h"
#include "server/logging.h"
#include "server/metrics.h"
#include "server/prefix_regions_file.h"
#include "server/request_log.h"
#include "server/serve_flags.h"
#include "server/service_manager.h"
#include "server/tenant_limits_file.h"

namespace mj {
namespace {

bool KeepsLedger(const ServeFlags& flags) {
  return !flags.energy_ledger.empty() && flags.energy_ledger != "off";
}

void LogLedger(const ServeFlags& flags, const std::optional<LedgerState>& state,
               Logger& log) {
  if (!state) {
    log.info("energy ledger: off");
  } else if (state->problem.ok()) {
    log.info("energy ledger: {}", flags.energy_ledger);
  } else {
    log.warn("energy ledger: {} is not written for now", flags.energy_ledger);
  }
}

void LogSummary(const OpenedEngine& opened, const ServeFlags& flags,
                const ApiKeys& keys, const HttpServer& http,
                const GrpcServer& grpc, Logger& log) {
  const BuildInfo& build = opened.provenance.build;
  log.info("millijoule {}, commit {}, {}, {}", build.version, build.commit,
           build.build_type, build.compiler);
  for (const std::string& line : opened.choices) log.info("{}", line);
  for (const std::string& line : opened.warnings) log.warn("{}", line);
  LogLedger(flags, opened.engine->stats().ledger, log);
  if (const auto why = WhyNoHugePages()) log.warn("no huge pages: {}", *why);
  log.info("API keys: {}",
           keys.required() ? flags.api_keys : "none needed (no --api-keys)");
  log.info("serving HTTP on {} (port {}), gRPC on {} (port {})",
           flags.http.address, http.port(), flags.grpc, grpc.port());
}

void FollowCores(CoreWatch& cores, Engine& engine, Logger& log) {
  const auto change = cores.Look(engine.model().backend->info().threads);
  if (!change) return;
  engine.LimitThreads(change->threads);
  log.warn("{}", change->message);
}

// What a power cap made of the packages' own limit, whenever that changes.
void TellPackages(const Engine& engine, std::string& told, Logger& log) {
  const PowerControl::State power = engine.power();
  if (!power.packages || (!power.cap && told.empty())) return;
  if (power.packages->note == told) return;
  told = power.packages->note;
  log.log(power.packages->works ? spdlog::level::info : spdlog::level::warn,
          "power cap: {}", told);
}

// What was last told of the clock.
struct ClockTold {
  std::string why_advisory;
  uint64_t losses = 0;
};

// Whether the clock follows the governor, whenever that changes, if only for a
// moment.
void TellClock(const Engine& engine, ClockTold& told, Logger& log) {
  const GovernorStats stats = *engine.stats().governor;
  const bool lost =
      std::exchange(told.losses, stats.lease_losses) != stats.lease_losses;
  const std::string why = stats.why_advisory;
  if (std::exchange(told.why_advisory, why) != why) {
    if (why.empty()) return log.info("governor: the clock follows again");
    log.warn("governor: the clock does not follow: {}", why);
  } else if (lost && why.empty()) {
    log.warn("governor: the clock's lease was lost, and is taken again");
  }
}

// Until a signal comes. Meanwhile steps follow what this process may use, and
// operators hear of clock and packages: here because this thread has nothing
// else to do and owns the log, and no step then waits for files.
void WaitForSignal(const StopSignals& signals, CoreWatch& cores, Engine& engine,
                   ServiceManager& manager, const Clock& clock, Logger& log) {
  constexpr Seconds kPeriod{1};
  const std::optional<GovernorStats> governor = engine.stats().governor;
  std::string packages;
  ClockTold follows{governor ? governor->why_advisory : ""};
  while (!signals.WaitFor(kPeriod)) {
    manager.Progress(engine.stats(), clock.Now());
    FollowCores(cores, engine, log);
    TellPackages(engine, packages, log);
    if (governor) TellClock(engine, follows, log);
  }
}

// Null where none is wanted. `log` outlives it.
absl::StatusOr<std::unique_ptr<LedgerWriter>> OpenLedger(
    const ServeFlags& flags, Logger& log) {
  if (!KeepsLedger(flags)) return std::unique_ptr<LedgerWriter>();
  LedgerWriterOptions options;
  options.path = flags.energy_ledger;
  if (const std::optional<double> days = flags.ledger_retention_days) {
    // Windows that wait for a disk are never as old.
    if (*days < 1) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--ledger-retention is ", *days, " days; at least 1 is needed"));
    }
    options.retention = absl::Hours(24 * *days);
  }
  options.on_change = [&log](const absl::Status& status) {
    if (status.ok()) {
      log.info("energy ledger: it can be written again");
    } else {
      log.warn("energy ledger: {}", std::string(status.message()));
    }
  };
  absl::StatusOr<std::unique_ptr<LedgerWriter>> writer =
      LedgerWriter::Open(std::move(options));
  if (writer.ok()) return writer;
  return absl::Status(
      writer.status().code(),
      absl::StrCat("--energy-ledger: ", writer.status().message()));
}

// A file about tenants goes into `out`, if all of them have keys.
template <class T>
absl::Status TakeFile(absl::StatusOr<T> loaded, const ApiKeys& keys, T& out) {
  if (!loaded.ok()) return loaded.status();
  absl::Status status = CheckTenantsHaveKeys(*loaded, keys);
  if (status.ok()) out = *std::move(loaded);
  return status;
}

// The engine's flags, and what serving adds to its options.
absl::StatusOr<EngineFlags> MakeEngineFlags(const ServeFlags& flags,
                                            const ApiKeys& keys) {
  constexpr double kMillisecond = 1e-3;
  constexpr Seconds kProbeTime(1);  // a server has many replies to earn it back
  EngineFlags made = flags.engine;
  EngineOptions& engine = made.engine;
  engine.probe_time = kProbeTime;
  if (flags.slo_ttft_ms)
    engine.slo.ttft = Seconds(*flags.slo_ttft_ms * kMillisecond);
  if (flags.slo_tpot_ms)
    engine.slo.tpot = Seconds(*flags.slo_tpot_ms * kMillisecond);
  if (flags.power_cap_watts) engine.power_cap = Watts(*flags.power_cap_watts);
  if (!flags.tenant_limits.empty()) {
    absl::Status status = TakeFile(LoadTenantLimits(flags.tenant_limits), keys,
                                   engine.tenant_limits);
    if (!status.ok()) return status;
  }
  if (!flags.prefix_regions.empty()) {
    absl::Status status = TakeFile(LoadPrefixRegions(flags.prefix_regions),
                                   keys, engine.prefix_regions);
    if (!status.ok()) return status;
  }
  return made;
}

void LogClockChange(const ClockChange& change, Logger& log) {
  const auto milliseconds = [](Seconds time) { return 1e3 * time.count(); };
  const std::string predicted =
      change.predicted ? absl::StrFormat("; predicted %.3g ms, %.3g mJ",
                                         milliseconds(change.predicted->time),
                                         1e3 * change.predicted->energy.value())
                       : "";
  log.debug(
      "clock {} to {}, {}: {}{}; the step before took {:.3g} ms of {:.3g} ms "
      "predicted; {} changes untold",
      QuantityText(change.from), QuantityText(change.to), change.phase,
      change.reason, predicted, milliseconds(change.last_achieved),
      milliseconds(change.last_predicted), change.untold);
}

// Nothing where no governor is asked for. `log` outlives the engine.
absl::StatusOr<std::optional<GovernorOptions>> MakeGovernorOptions(
    const ServeFlags& flags, Logger& log) {
  constexpr double kMegahertz = 1e6;
  if (!flags.governor) {
    if (!flags.frequency_mhz) return std::nullopt;
    return absl::InvalidArgumentError("--frequency-mhz needs --governor fixed");
  }
  GovernorOptions options;
  options.policy = *flags.governor;
  if (flags.frequency_mhz) {
    options.fixed_clock = Hertz(*flags.frequency_mhz * kMegahertz);
  }
  options.helper = flags.helper;
  options.socket = flags.actuator_socket;
  if (log.should_log(spdlog::level::debug)) {
    options.on_change = [&log](const ClockChange& change) {
      LogClockChange(change, log);
    };
  }
  return options;
}

int Run(const ServeFlags& flags, const ApiKeys& keys, const BuildInfo& build,
        const StopSignals& signals, ServiceManager& manager, Logger& log) {
  const SteadyClock clock;
  CoreWatch cores([] { return AllowedCores(); });
  absl::StatusOr<std::unique_ptr<LedgerWriter>> ledger = OpenLedger(flags, log);
  if (!ledger.ok()) {
    return PrintError(ledger.status());
  }
  const absl::StatusOr<EngineFlags> engine_flags = MakeEngineFlags(flags, keys);
  if (!engine_flags.ok()) return PrintError(engine_flags.status());
  absl::StatusOr<std::optional<GovernorOptions>> governor =
      MakeGovernorOptions(flags, log);
  if (!governor.ok()) return PrintError(governor.status());
  absl::StatusOr<OpenedEngine> opened =
      OpenEngine(*engine_flags, clock, build, kHostRoot, *std::move(ledger),
                 *std::move(governor));
  if (!opened.ok()) return PrintError(opened.status());
  Engine& engine = *opened->engine;
  Metrics metrics({.model = engine.model().name,
                   .max_model_len = engine.options().max_model_len,
                   .from = opened->provenance});
  RequestLog request_log(log, flags.log_prompts);
  Api api({engine, metrics, request_log, clock}, keys, opened->provenance);
  absl::StatusOr<std::unique_ptr<HttpServer>> http =
      HttpServer::Start(flags.http, api, log);
  if (!http.ok()) return PrintError(http.status());
  GrpcOptions grpc_options;
  grpc_options.address = flags.grpc;
  grpc_options.max_message_bytes = static_cast<int>(std::min<int64_t>(
      flags.http.max_body_bytes, std::numeric_limits<int>::max()));
  absl::StatusOr<std::unique_ptr<GrpcServer>> grpc =
      GrpcServer::Start(grpc_options, engine, metrics, request_log, &keys);
  if (!grpc.ok()) return PrintError(grpc.status());

  LogSummary(*opened, flags, keys, **http, **grpc, log);
  api.SetReady(true);
  (*grpc)->SetServing(true);
  const absl::Status told = manager.Ready();
  if (!told.ok()) log.warn("{}", std::string(told.message()));
  WaitForSignal(signals, cores, engine, manager, clock, log);
  Drain({api, engine, **http, **grpc, manager, clock, log},
        {Seconds(flags.drain_delay), Seconds(flags.drain_timeout)}, signals);
  log.info("stopped");
  return 0;
}

int Serve(const ServeFlags& flags, const BuildInfo& build,
          const std::string& notify_socket) {
  const StopSignals signals;  // before any thread
  ServiceManager manager(notify_socket);
  const absl::StatusOr<std::unique_ptr<Logger>> log =
      MakeLogger(flags.log_level, flags.log_format);
  if (!log.ok()) return PrintError(log.status());
  if (flags.api_keys.empty()) {
    return Run(flags, ApiKeys(), build, signals, manager, **log);
  }
  const absl::StatusOr<ApiKeys> keys = ApiKeys::Load(flags.api_keys);
  if (!keys.ok()) return PrintError(keys.status());
  return Run(flags, *keys, build, signals, manager, **log);
}

}  // namespace

Command ServeCommand(const BuildInfo& build, const ServePlaces& places) {
  auto flags = std::make_shared<ServeFlags>();
  flags->helper.program = places.actuator_helper;
  flags->energy_ledger = places.ledger;
  return {.name = "serve",
          .help = "serves HTTP and gRPC",
          .flags = ServeFlagTable(*flags),
          .takes_config = true,
          .run = [flags, build, notify = places.notify_socket] {
            return Serve(*flags, build, notify);
          }};
}

}  // namespace mj
