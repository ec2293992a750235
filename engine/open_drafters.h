// From flags to what drafts.
#ifndef MILLIJOULE_ENGINE_OPEN_DRAFTERS_H_
#define MILLIJOULE_ENGINE_OPEN_DRAFTERS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/drafters.h"
#include "engine/engine_flags.h"
#include "engine/model/loaded_model.h"
#include "engine/provenance.h"
#include "hw_backends/backend.h"

namespace mj {

// `info`: of the model's backend; a draft model runs on another one of
// `threads`, and is not loaded where nobody drafts by default. Errors name the
// flag.
absl::StatusOr<DrafterSetup> OpenDrafters(const EngineFlags& flags,
                                          const BuildInfo& build, int threads,
                                          const BackendInfo& info);

// What the drafters take, a line each; `setup` as it goes to the engine.
std::vector<std::string> DescribeDrafters(const EngineFlags& flags,
                                          const DrafterSetup& setup,
                                          const LoadedModel& model);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_OPEN_DRAFTERS_H_
