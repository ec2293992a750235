#include "engine/open_drafters.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/open_backend.h"
#include "engine/speculate/exit_head_file.h"

namespace mj {
namespace {

absl::Status OfFlag(const char* flag, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(flag, ": ", status.message()));
}

}  // namespace

absl::StatusOr<DrafterSetup> OpenDrafters(const EngineFlags& flags,
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

}  // namespace mj
