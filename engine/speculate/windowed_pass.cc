#include "engine/speculate/windowed_pass.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace mj {
namespace {

constexpr int kWindow = 1024;  // positions; fewer where the context is shorter

}  // namespace

WindowedPass::WindowedPass(std::vector<int> layers, LoadedModel& model)
    : layers_(std::move(layers)),
      model_(&model),
      start_(model.tokenizer->Encode("", {})),
      window_(std::min(kWindow, model.config.context_length)),
      table_((window_ + kBlockSize - 1) / kBlockSize) {
  std::iota(table_.begin(), table_.end(), 0);
}

absl::StatusOr<WindowedPass> WindowedPass::Make(std::vector<int> layers,
                                                LoadedModel& model) {
  WindowedPass pass(std::move(layers), model);
  const absl::Status allocated = model.backend->AllocateKv(
      model.kv_shape, static_cast<int>(pass.table_.size()));
  if (!allocated.ok()) return allocated;
  return pass;
}

void WindowedPass::Run(std::span<const int32_t> ids, const AtLayer& at_layer,
                       const AtEnd& at_end) {
  const size_t at_once = window_ - start_.size();
  for (size_t from = 0; from < ids.size(); from += at_once) {
    std::vector<int32_t> tokens = start_;
    const auto part = ids.subspan(from, std::min(at_once, ids.size() - from));
    tokens.insert(tokens.end(), part.begin(), part.end());
    RunWindow(tokens, at_layer, at_end);
  }
}

void WindowedPass::RunWindow(const std::vector<int32_t>& tokens,
                             const AtLayer& at_layer, const AtEnd& at_end) {
  const int total = static_cast<int>(tokens.size());
  for (int first = 0; first < total; first += model_->max_rows) {
    const int rows = std::min(model_->max_rows, total - first);
    ForwardBatch batch;
    batch.tokens.assign(tokens.begin() + first, tokens.begin() + first + rows);
    batch.sequences.push_back(
        {.num_rows = rows, .start_position = first, .block_table = table_});
    model_->decoder->Begin(batch);
    RunChunk({rows, first == 0, first + rows == total}, at_layer, at_end);
    model_->backend->EndStep();
  }
}

void WindowedPass::RunChunk(const Chunk& chunk, const AtLayer& at_layer,
                            const AtEnd& at_end) {
  int done = 0;
  for (size_t i = 0; i < layers_.size(); ++i) {
    model_->decoder->RunLayers(done, layers_[i]);
    done = layers_[i];
    at_layer(i, chunk);
  }
  model_->decoder->RunLayers(done, model_->config.num_layers);
  at_end(chunk);
}

}  // namespace mj
