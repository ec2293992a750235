// From flags to a running engine: backend, model, energy, engine. Energy is
// measured where this host's counters can be read, modelled elsewhere; that of
// a simulated device is always its model's, and the host's is none of it.
#ifndef MILLIJOULE_ENGINE_OPEN_ENGINE_H_
#define MILLIJOULE_ENGINE_OPEN_ENGINE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/engine.h"
#include "engine/engine_flags.h"
#include "engine/governor_setup.h"
#include "engine/provenance.h"

namespace mj {

struct OpenedEngine {
  std::unique_ptr<Engine> engine;
  Provenance provenance;
  // What was chosen and why, a line each, for the start-up summary.
  std::vector<std::string> choices;
  std::vector<std::string> warnings;  // what was asked for and is not to be had
};

// `clock` outlives the engine; `host_root` holds the host's proc/ and sys/. The
// meter's windows go into `ledger`, unless it is null. With `governor` the
// engine's clock is governed, through a helper that finds the host at
// `host_root` too; without, nothing of the host is written. Errors name the
// flag or the file.
absl::StatusOr<OpenedEngine> OpenEngine(
    const EngineFlags& flags, const Clock& clock, BuildInfo build,
    const std::string& host_root,
    std::unique_ptr<LedgerWriter> ledger = nullptr,
    std::optional<GovernorOptions> governor = std::nullopt);

// The model alone, for work that no engine schedules. Errors as above.
absl::StatusOr<std::unique_ptr<LoadedModel>> OpenModel(
    const EngineFlags& flags, const std::string& host_root);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_OPEN_ENGINE_H_
