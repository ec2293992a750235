#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/model/decoder.h"
#include "engine/model/gguf_fingerprint.h"
#include "engine/model/load_weights.h"
#include "engine/model/loaded_model.h"
#include "engine/model/model_file.h"
#include "engine/model/vocabulary_reader.h"

namespace mj {
namespace {

absl::Status LoadText(const ModelFile& file, LoadedModel& model) {
  absl::StatusOr<Vocabulary> vocabulary = ReadVocabulary(file.metadata());
  if (!vocabulary.ok()) return vocabulary.status();
  auto tokenizer = Tokenizer::Make(*std::move(vocabulary));
  if (!tokenizer.ok()) return tokenizer.status();
  model.tokenizer = *std::move(tokenizer);

  const auto source = ReadChatTemplate(file.metadata());
  if (!source.ok()) return source.status();
  if (!source->has_value()) return absl::OkStatus();
  auto parsed = ChatTemplate::Parse(**source);
  if (!parsed.ok()) {
    model.chat_template_error = parsed.status();
  } else {
    model.chat_template = *std::move(parsed);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<LoadedModel>> LoadModel(
    const std::string& path, std::unique_ptr<Backend> backend, int max_rows,
    const WeightReduction& reduction) {
  absl::StatusOr<ModelFile> file = ModelFile::Open(path);
  if (!file.ok()) return file.status();
  absl::StatusOr<std::string> fingerprint = Fingerprint(file->parts());
  if (!fingerprint.ok()) return fingerprint.status();
  if (auto status = file->Reduce(reduction); !status.ok()) return status;
  auto model = std::make_unique<LoadedModel>();
  model->name = std::filesystem::path(path).stem();
  model->path = path;
  model->fingerprint = *std::move(fingerprint);
  model->config = file->config();
  model->shape = ShapeOf(file->config(), *file);
  model->kv_shape = {.num_layers = model->config.num_layers,
                     .num_kv_heads = model->config.num_kv_heads,
                     .head_dim = model->config.head_dim};
  model->max_rows = max_rows;
  if (auto status = LoadText(*file, *model); !status.ok()) return status;

  model->backend = std::move(backend);
  if (auto fits = model->backend->CheckModel(model->shape); !fits.ok()) {
    return absl::Status(fits.code(),
                        absl::StrCat(model->name, ": ", fits.message()));
  }
  auto weights = LoadWeights(*file, *model->backend);
  if (!weights.ok()) return weights.status();
  auto decoder = std::make_unique<Decoder>(*std::move(weights), model->shape,
                                           *model->backend);
  model->decoder = decoder.get();
  model->runner = std::move(decoder);
  return model;
}

}  // namespace mj
