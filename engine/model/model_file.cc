#include "engine/model/model_file.h"

#include <cmath>
#include <cstring>
#include <initializer_list>
#include <unordered_set>
#include <utility>

#include "engine/model/gguf_split.h"
#include "engine/model/invalid.h"

namespace mj {
namespace {

std::string Dimensions(int64_t rows, int64_t cols) {
  return Concat("[", rows, ", ", cols, "]");
}

// REQUIRES: the file has the tensors.
MatrixShape Stacked(const ModelFile& file,
                    std::initializer_list<const TensorSpec*> parts) {
  MatrixShape shape;
  for (const TensorSpec* part : parts) {
    const TensorView& view = file.tensors().at(part->name);
    shape.rows += view.rows;
    shape.cols = view.cols;
    shape.bytes += static_cast<int64_t>(view.bytes.size());
  }
  return shape;
}

}  // namespace

absl::StatusOr<ModelFile> ModelFile::Open(const std::string& path) {
  auto parts = OpenGguf(path);
  if (!parts.ok()) return parts.status();
  ModelFile model;
  model.parts_ = *std::move(parts);
  for (const GgufFile& part : model.parts_) {
    for (const GgufTensor& tensor : part.gguf().tensors()) {
      model.tensors_.emplace(tensor.name, part.View(tensor));
    }
  }
  auto config = ReadModelConfig(model.metadata(), model.tensors_);
  if (!config.ok()) return config.status();
  model.config_ = *std::move(config);
  if (auto status = model.CheckTensors(); !status.ok()) return status;
  if (auto status = model.CheckRopeFactors(); !status.ok()) return status;
  if (auto status = model.CheckVocabulary(); !status.ok()) return status;
  return model;
}

absl::Status ModelFile::CheckTensors() const {
  std::unordered_set<std::string> used;
  for (const TensorSpec& spec : AllTensorsOf(config_)) {
    auto tensor = Tensor(spec);
    if (!tensor.ok()) return tensor.status();
    used.insert(spec.name);
  }
  for (const GgufFile& part : parts_) {
    for (const GgufTensor& tensor : part.gguf().tensors()) {
      if (used.contains(std::string(tensor.name))) continue;
      return Invalid(part.gguf().label(), ": tensor \"", tensor.name,
                     "\" has no place in the architecture ",
                     config_.architecture, " with ", config_.num_layers,
                     " layers");
    }
  }
  return absl::OkStatus();
}

absl::Status ModelFile::CheckRopeFactors() const {
  const auto found = tensors_.find("rope_freqs.weight");
  if (found == tensors_.end()) return absl::OkStatus();
  const TensorView& tensor = found->second;
  if (tensor.type != TensorType::kF32) {
    return Invalid(metadata().label(), ": tensor rope_freqs.weight is ",
                   InfoOf(tensor.type).name, ", needs F32");
  }
  for (int64_t i = 0; i < tensor.cols; ++i) {
    float factor;
    std::memcpy(&factor, tensor.bytes.data() + i * sizeof(factor),
                sizeof(factor));
    if (factor > 0 && std::isfinite(factor)) continue;
    return Invalid(metadata().label(), ": tensor rope_freqs.weight holds ",
                   factor, ", needs finite values above 0");
  }
  return absl::OkStatus();
}

absl::Status ModelFile::CheckVocabulary() const {
  const GgufValue* tokens = metadata().FindValue("tokenizer.ggml.tokens");
  if (tokens == nullptr || tokens->type != GgufType::kArray ||
      tokens->count == static_cast<uint64_t>(config_.vocab)) {
    return absl::OkStatus();
  }
  return Invalid(metadata().label(), ": tokenizer.ggml.tokens has ",
                 tokens->count, " elements, token_embd.weight has ",
                 config_.vocab, " rows");
}

absl::StatusOr<TensorView> ModelFile::Matrix(const std::string& name,
                                             int64_t rows, int64_t cols) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) {
    return absl::NotFoundError(
        Concat(metadata().label(), ": tensor ", name, " is missing"));
  }
  const TensorView& tensor = found->second;
  if (tensor.rows != rows || tensor.cols != cols) {
    return Invalid(metadata().label(), ": tensor ", name, " is ",
                   Dimensions(tensor.rows, tensor.cols), ", needs ",
                   Dimensions(rows, cols));
  }
  return tensor;
}

absl::StatusOr<TensorView> ModelFile::Vector(const std::string& name,
                                             int64_t size) const {
  return Matrix(name, 1, size);
}

absl::StatusOr<TensorView> ModelFile::Tensor(const TensorSpec& spec) const {
  return Matrix(spec.name, spec.rows, spec.cols);
}

absl::Status ModelFile::Reduce(const WeightReduction& reduction) {
  const std::string table = ModelTensorsOf(config_).embedding.name;
  const TensorView rows = tensors_.at(table);
  if (config_.tied_embeddings && Changes(reduction, rows.type)) {
    config_.tied_embeddings = false;
    tensors_.emplace(ModelTensorsOf(config_).head->name, rows);
  }
  for (auto& [name, tensor] : tensors_) {
    if (name == table || tensor.rows == 1) continue;
    if (!Changes(reduction, tensor.type)) continue;
    auto bytes = ReduceMatrix(reduction, tensor);
    if (!bytes.ok()) {
      return Invalid(metadata().label(), ": tensor ", name, ": ",
                     std::string(bytes.status().message()));
    }
    reduced_.push_back(*std::move(bytes));
    tensor.type = TensorType::kQ8_0;
    tensor.bytes = reduced_.back();
  }
  return absl::OkStatus();
}

void ModelFile::Drop() {
  tensors_.clear();
  reduced_.clear();
  for (GgufFile& part : parts_) part.Drop();
}

ModelShape ShapeOf(const ModelConfig& config, const ModelFile& file) {
  const ModelTensors outer = ModelTensorsOf(config);
  ModelShape shape{.name = config.name,
                   .hidden = config.hidden,
                   .num_heads = config.num_heads,
                   .num_kv_heads = config.num_kv_heads,
                   .head_dim = config.head_dim,
                   .intermediate = config.intermediate,
                   .vocab = config.vocab,
                   .activation = config.activation,
                   .layers = {},
                   .embedding = Stacked(file, {&outer.embedding}),
                   .head = {}};
  shape.head = outer.head ? Stacked(file, {&*outer.head}) : shape.embedding;
  for (int i = 0; i < config.num_layers; ++i) {
    const LayerTensors layer = LayerTensorsOf(config, i);
    shape.layers.push_back(
        {.qkv = Stacked(file, {&layer.q, &layer.k, &layer.v}),
         .output = Stacked(file, {&layer.attention_output}),
         .gate_up = Stacked(file, {&layer.gate, &layer.up}),
         .down = Stacked(file, {&layer.down}),
         .window = config.windows[i]});
  }
  return shape;
}

}  // namespace mj
