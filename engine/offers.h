// What a request may ask of an engine as it was started.
#ifndef MILLIJOULE_ENGINE_OFFERS_H_
#define MILLIJOULE_ENGINE_OFFERS_H_

#include "absl/status/status.h"
#include "engine/adaptive_depth.h"
#include "engine/engine_options.h"
#include "engine/request/request.h"
#include "engine/speculator.h"
#include "hw_backends/backend.h"

namespace mj {

// INVALID_ARGUMENT says what the server lacks, by the request's field.
absl::Status CheckSpeculation(Speculation asked, const EngineOptions& options,
                              const BackendInfo& backend,
                              const Speculator& speculator);
// `depth`: null where nothing can leave early.
absl::Status CheckQuality(Quality asked, const DepthOptions& options,
                          const AdaptiveDepth* depth);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_OFFERS_H_
