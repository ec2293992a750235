// A model ready to run: its facts, its tokenizer and template, the runner
// that owns its weights, and the backend's KV arena behind them.
#ifndef MILLIJOULE_ENGINE_MODEL_LOADED_MODEL_H_
#define MILLIJOULE_ENGINE_MODEL_LOADED_MODEL_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/model/decoder.h"
#include "engine/model/model_config.h"
#include "engine/model/step_runner.h"
#include "engine/model/weight_reduction.h"
#include "engine/text/chat_template.h"
#include "engine/text/tokenizer.h"
#include "hw_backends/backend.h"
#include "kernels/model_shape.h"

namespace mj {

struct LoadedModel {
  std::string name;  // what /v1/models calls it
  std::string path;
  std::string fingerprint;  // of the file
  ModelConfig config;
  ModelShape shape;
  KvShape kv_shape;
  std::unique_ptr<Tokenizer> tokenizer;
  std::optional<ChatTemplate> chat_template;
  absl::Status chat_template_error;  // why the file's template is unusable
  std::unique_ptr<Backend> backend;
  std::unique_ptr<StepRunner> runner;
  // The runner, for who runs a part of its pass; null where it is no decoder.
  Decoder* decoder = nullptr;
  int max_rows = 0;  // rows a step may have
};

// Opens the file, loads its weights, reduced, into `backend` (made for at least
// `max_rows` rows a step) and lets the file go. Errors name the file's part.
absl::StatusOr<std::unique_ptr<LoadedModel>> LoadModel(
    const std::string& path, std::unique_ptr<Backend> backend, int max_rows,
    const WeightReduction& reduction = {});

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_LOADED_MODEL_H_
