#include "engine/offers.h"

#include "absl/strings/str_cat.h"
#include "engine/request/request_error.h"

namespace mj {

absl::Status CheckSpeculation(Speculation asked, const EngineOptions& options,
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

absl::Status CheckQuality(Quality asked, const DepthOptions& options,
                          const AdaptiveDepth* depth) {
  if (asked == Quality::kFull || depth != nullptr) return absl::OkStatus();
  return RequestError("energy.quality",
                      options.policy == DepthPolicy::kOff
                          ? "'adaptive' is off on this server "
                            "(--adaptive-depth)"
                          : "'adaptive' needs a server with --exit-head");
}

}  // namespace mj
