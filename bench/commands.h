// The commands of `millijoule-bench`, each in its own file.
#ifndef MILLIJOULE_BENCH_COMMANDS_H_
#define MILLIJOULE_BENCH_COMMANDS_H_

#include <optional>

#include "absl/status/status.h"
#include "engine/device_stats.h"
#include "engine/flag.h"
#include "engine/model/loaded_model.h"
#include "engine/provenance.h"
#include "nlohmann/json.hpp"

namespace mj {

// Where commands find this host's proc/ and sys/.
inline constexpr const char* kHostRoot = "/";

Command OfflineCommand(const BuildInfo& build);
Command PerplexityCommand(const BuildInfo& build);
Command ExitHeadCommand(const BuildInfo& build);
Command KernelsCommand(const BuildInfo& build);
Command SimulateCommand(const BuildInfo& build);
Command PriceCommand(const BuildInfo& build);
Command FusionCommand(const BuildInfo& build);
Command ReproduceCommand(const BuildInfo& build);
Command ScheduleCommand(const BuildInfo& build);
Command SensitivityCommand(const BuildInfo& build);

// "millijoule-bench: MESSAGE" on standard error; returns 1.
int PrintBenchError(const absl::Status& status);

// Adds bit_activity: how often a simulated device's lines were one or toggled,
// of their cycles, since the engine's start. Nothing where none are counted.
void AddBenchBitActivity(const std::optional<DeviceStats>& device,
                         nlohmann::ordered_json& json);

// Of a model that runs here; its joules are not told.
Provenance BenchProvenance(const LoadedModel& model, const BuildInfo& build);

// Adds commit, build, cpu, isa, numerics, model_fingerprint and calibration.
void AddBenchProvenance(const Provenance& from, nlohmann::ordered_json& json);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_COMMANDS_H_
