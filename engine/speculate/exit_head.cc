#include "engine/speculate/exit_head.h"

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

absl::Status Differs(const char* what, int head, int model) {
  return absl::InvalidArgumentError(absl::StrCat(
      "exit head: ", what, " is ", head, "; the model's is ", model));
}

}  // namespace

absl::Status CheckExitHead(const ExitHead& head, const LoadedModel& model) {
  if (head.fingerprint != model.fingerprint) {
    return absl::InvalidArgumentError(absl::StrCat(
        "exit head of another model: it was trained on the file "
        "with fingerprint ",
        head.fingerprint, ", ", model.name, " has ", model.fingerprint));
  }
  const ModelConfig& config = model.config;
  if (head.vocab != config.vocab) {
    return Differs("the vocabulary", head.vocab, config.vocab);
  }
  if (head.num_layers != config.num_layers) {
    return Differs("the number of layers", head.num_layers, config.num_layers);
  }
  if (head.map.inputs != config.hidden) {
    return Differs("the hidden size", head.map.inputs, config.hidden);
  }
  return absl::OkStatus();
}

absl::Status CheckExitHeadVersion(const ExitHead& head,
                                  const std::string& version) {
  if (head.version == version) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("exit head of another build: version ", head.version,
                   " trained it, this is version ", version));
}

}  // namespace mj
