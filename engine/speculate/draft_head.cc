#include "engine/speculate/draft_head.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/model/architecture_tensors.h"
#include "engine/model/model_file.h"
#include "kernels/half.h"

namespace mj {
namespace {

TensorView ViewOf(const std::vector<float>& values) {
  return {.type = TensorType::kF32,
          .rows = 1,
          .cols = std::ssize(values),
          .bytes = std::as_bytes(std::span(values))};
}

absl::StatusOr<WeightId> LoadMap(const LinearMap& map, Backend& backend) {
  std::vector<uint16_t> rounded(map.weights.size());
  std::ranges::transform(map.weights, rounded.begin(), FloatToBFloat16);
  const TensorView weights{.type = TensorType::kBF16,
                           .rows = map.outputs,
                           .cols = map.inputs,
                           .bytes = std::as_bytes(std::span(rounded))};
  const TensorView bias = ViewOf(map.bias);
  return backend.LoadMatrix({&weights, 1}, {&bias, 1});
}

// Some rows of a tensor, side by side.
std::vector<std::byte> Gather(const TensorView& tensor,
                              const std::vector<int32_t>& rows) {
  const size_t row_bytes = RowBytes(tensor.type, tensor.cols);
  std::vector<std::byte> bytes;
  bytes.reserve(rows.size() * row_bytes);
  for (int32_t row : rows) {
    const auto from = tensor.bytes.subspan(row * row_bytes, row_bytes);
    bytes.insert(bytes.end(), from.begin(), from.end());
  }
  return bytes;
}

// The largest logit and how far the next one is below it.
Draft DraftOf(std::span<const TokenLogit> top,
              const std::vector<int32_t>& ids) {
  Draft draft{.token = ids.empty() ? top[0].id : ids[top[0].id],
              .margin = std::numeric_limits<float>::infinity()};
  if (top.size() > 1) draft.margin = top[0].logit - top[1].logit;
  return draft;
}

}  // namespace

absl::StatusOr<DraftVocabulary> LoadDraftVocabulary(
    const std::vector<int32_t>& ids, LoadedModel& model) {
  if (ids.empty()) return DraftVocabulary{model.decoder->head().matrix, {}};
  const absl::StatusOr<ModelFile> file = ModelFile::Open(model.path);
  if (!file.ok()) return file.status();
  const ModelTensors tensors = ModelTensorsOf(file->config());
  const absl::StatusOr<TensorView> head =
      file->Matrix(tensors.head.value_or(tensors.embedding).name,
                   model.config.vocab, model.config.hidden);
  if (!head.ok()) return head.status();
  const std::vector<std::byte> bytes = Gather(*head, ids);
  const TensorView rows{.type = head->type,
                        .rows = std::ssize(ids),
                        .cols = head->cols,
                        .bytes = bytes};
  const absl::StatusOr<WeightId> matrix =
      model.backend->LoadMatrix({&rows, 1}, {});
  if (!matrix.ok()) return matrix.status();
  return DraftVocabulary{*matrix, ids};
}

double DraftCost(const ModelShape& shape, int layer, int listed) {
  const auto bytes_of = [&](int layers) {
    int64_t bytes = 0;
    for (const LayerShape& l : std::span(shape.layers).first(layers)) {
      bytes += l.qkv.bytes + l.output.bytes + l.gate_up.bytes + l.down.bytes;
    }
    return static_cast<double>(bytes);
  };
  const double head = static_cast<double>(shape.head.bytes);
  const double map = sizeof(uint16_t) * double{1} * shape.hidden * shape.hidden;
  const double rows =
      listed == 0 ? 1 : static_cast<double>(listed) / shape.vocab;
  return (bytes_of(layer) + map + rows * head) /
         (bytes_of(static_cast<int>(shape.layers.size())) + head);
}

absl::StatusOr<DraftHead> DraftHead::Load(const LinearMap& map,
                                          DraftVocabulary vocabulary,
                                          LoadedModel& model) {
  assert(map.inputs == model.config.hidden && map.outputs == map.inputs);
  Backend& backend = *model.backend;
  const absl::StatusOr<WeightId> matrix = LoadMap(map, backend);
  if (!matrix.ok()) return matrix.status();
  const std::vector<float> ones(map.inputs, 1.0f);
  const absl::StatusOr<WeightId> gamma = backend.LoadVector(ViewOf(ones));
  if (!gamma.ok()) return gamma.status();
  DraftHead head;
  head.model_ = &model;
  head.vocabulary_ = std::move(vocabulary);
  head.map_ = {.matrix = *matrix,
               .norm = InputNorm{*gamma, model.config.norm_epsilon}};
  head.mapped_ = backend.AddBuffer(map.outputs);
  return head;
}

absl::StatusOr<DraftHead> DraftHead::Load(const ExitHead& head,
                                          LoadedModel& model) {
  if (model.decoder == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        "exit head: ", model.name, " runs on no decoder to leave early"));
  }
  if (absl::Status fits = CheckExitHead(head, model); !fits.ok()) return fits;
  absl::StatusOr<DraftVocabulary> vocabulary =
      LoadDraftVocabulary(head.vocabulary, model);
  if (!vocabulary.ok()) return vocabulary.status();
  return Load(head.map, *std::move(vocabulary), model);
}

void DraftHead::AddMoved(int row, const ElasticMap& map) {
  Backend& backend = *model_->backend;
  input_.resize(model_->config.hidden);
  output_.resize(model_->config.hidden);
  backend.ReadRows(model_->decoder->residual(), row, input_);
  DivideByRms(model_->config.norm_epsilon, input_);
  backend.ReadRows(mapped_, row, output_);
  map.AddMoved(input_, output_);
  backend.WriteRows(mapped_, row, output_);
}

void DraftHead::Run(std::span<Draft> drafts,
                    std::span<const ElasticMap* const> moved) {
  assert(moved.empty() || moved.size() == drafts.size());
  all_rows_.resize(drafts.size());
  std::iota(all_rows_.begin(), all_rows_.end(), 0);
  MapRows(moved);
  Choose(all_rows_, drafts);
}

void DraftHead::Run(std::span<const int> rows, std::span<Draft> drafts) {
  MapRows({});
  Choose(rows, drafts);
}

void DraftHead::MapRows(std::span<const ElasticMap* const> moved) {
  model_->backend->Linear(map_, model_->decoder->residual(), mapped_);
  for (size_t r = 0; r < moved.size(); ++r) {
    if (moved[r] != nullptr) AddMoved(static_cast<int>(r), *moved[r]);
  }
}

void DraftHead::Choose(std::span<const int> rows, std::span<Draft> drafts) {
  assert(rows.size() == drafts.size());
  Backend& backend = *model_->backend;
  const std::vector<int32_t>& ids = vocabulary_.ids;
  const int width =
      ids.empty() ? model_->config.vocab : static_cast<int>(ids.size());
  const size_t listed = std::min(2, width);
  rows_.clear();
  for (int row : rows) rows_.push_back({row, static_cast<int>(listed)});
  top_.resize(drafts.size() * listed);
  backend.Logits({.matrix = vocabulary_.head}, mapped_, rows_, {}, top_);
  for (size_t r = 0; r < drafts.size(); ++r) {
    drafts[r] = DraftOf(std::span(top_).subspan(r * listed, listed), ids);
  }
}

}  // namespace mj
