#include "bench/layer_split.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "engine/sample/logprobs.h"

namespace mj {
namespace {

// Of the rows whose logits are compared, one of so many: a row is a vocabulary.
constexpr int kRowsPerComparison = 8;

// To a mean of 0, which is all that a softmax sees.
void Centre(std::span<float> values) {
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  const auto mean =
      static_cast<float>(sum / static_cast<double>(values.size()));
  for (float& v : values) v -= mean;
}

}  // namespace

LayerSplit::LayerSplit(LoadedModel& digital, LoadedModel& analog,
                       std::span<const int32_t> ids)
    : digital_(&digital), analog_(&analog) {
  const std::vector<int32_t> start = digital.tokenizer->Encode("", {});
  num_start_ = static_cast<int>(start.size());
  const size_t room =
      std::min(digital.max_rows, digital.config.context_length) - num_start_;
  for (size_t i = 0; i < ids.size(); i += room) {
    std::vector<int32_t> window = start;
    const auto part = ids.subspan(i, std::min(room, ids.size() - i));
    window.insert(window.end(), part.begin(), part.end());
    if (window.size() < 2) continue;  // nothing to predict
    tokens_ += static_cast<int64_t>(window.size()) - std::max(1, num_start_);
    windows_.push_back(std::move(window));
  }
  table_.resize((digital.max_rows + kBlockSize - 1) / kBlockSize);
  std::iota(table_.begin(), table_.end(), 0);
}

absl::StatusOr<LayerSplit> LayerSplit::Make(LoadedModel& digital,
                                            LoadedModel& analog,
                                            std::span<const int32_t> ids) {
  LayerSplit split(digital, analog, ids);
  if (split.tokens_ == 0) {
    return absl::InvalidArgumentError("--text: fewer than two tokens");
  }
  for (LoadedModel* model : {&digital, &analog}) {
    absl::Status taken = model->backend->AllocateKv(
        model->kv_shape, static_cast<int>(split.table_.size()));
    if (!taken.ok()) return taken;
  }
  return split;
}

ForwardBatch LayerSplit::BatchOf(const std::vector<int32_t>& tokens) const {
  ForwardBatch batch;
  batch.tokens = tokens;
  batch.sequences.push_back(
      {.num_rows = static_cast<int>(tokens.size()), .block_table = table_});
  return batch;
}

void LayerSplit::ReadResidual(LoadedModel& model, std::vector<float>& out) {
  model.backend->ReadRows(model.decoder->residual(), 0, out);
}

void LayerSplit::WriteResidual(LoadedModel& model,
                               const std::vector<float>& in) {
  model.backend->WriteRows(model.decoder->residual(), 0, in);
}

double LayerSplit::WindowNll(const std::vector<int32_t>& tokens,
                             const std::vector<bool>& analog) {
  const ForwardBatch batch = BatchOf(tokens);
  digital_->decoder->Begin(batch);
  analog_->decoder->Begin(batch);
  std::vector<float> residual(tokens.size() * digital_->config.hidden);
  const int num_layers = num_parts() - 1;
  bool side = analog[0];
  for (int part = 0; part <= num_layers; ++part) {
    if (analog[part] != side) {
      ReadResidual(Side(side), residual);
      side = analog[part];
      WriteResidual(Side(side), residual);
    }
    if (part < num_layers) Side(side).decoder->RunLayers(part, part + 1);
  }
  std::vector<LogitsRow> rows;
  const int first = std::max(1, num_start_) - 1;
  for (int row = first; row + 1 < std::ssize(tokens); ++row) {
    rows.push_back({row});
  }
  double nll = 0;
  Side(side).decoder->Finish(
      num_layers, rows, [&](int index, const RowLogits& logits) {
        const float max = *std::ranges::max_element(logits.all);
        nll += LogSumExp(logits.all, max) -
               logits.all[tokens[rows[index].row + 1]];
      });
  Side(!side).backend->EndStep();
  return nll;
}

double LayerSplit::MeanNll(const std::vector<bool>& analog) {
  assert(std::ssize(analog) == num_parts());
  double nll = 0;
  for (const std::vector<int32_t>& window : windows_) {
    nll += WindowNll(window, analog);
  }
  return nll / static_cast<double>(tokens_);
}

void LayerSplit::AddPowers(const std::vector<int32_t>& tokens,
                           std::vector<Power>& all) {
  const ForwardBatch batch = BatchOf(tokens);
  digital_->decoder->Begin(batch);
  analog_->decoder->Begin(batch);
  const size_t size = tokens.size() * digital_->config.hidden;
  std::vector<float> in(size), want(size), got(size);
  for (int layer = 0; layer + 1 < num_parts(); ++layer) {
    ReadResidual(*digital_, in);
    WriteResidual(*analog_, in);
    for (LoadedModel* model : {digital_, analog_}) {
      model->decoder->RunLayers(layer, layer + 1);
    }
    ReadResidual(*digital_, want);
    ReadResidual(*analog_, got);
    for (size_t i = 0; i < size; ++i) {
      const double added = want[i] - in[i], wrong = got[i] - want[i];
      all[layer].signal += added * added;
      all[layer].noise += wrong * wrong;
    }
  }
  WriteResidual(*analog_, want);
  const Power head = LogitsPower(tokens);
  all.back().signal += head.signal;
  all.back().noise += head.noise;
}

// Ends both sides' steps.
LayerSplit::Power LayerSplit::LogitsPower(const std::vector<int32_t>& tokens) {
  std::vector<LogitsRow> rows;
  for (int row = 0; row < std::ssize(tokens); row += kRowsPerComparison) {
    rows.push_back({row});
  }
  const int num_layers = num_parts() - 1;
  std::vector<std::vector<float>> want;
  digital_->decoder->Finish(
      num_layers, rows, [&](int, const RowLogits& logits) {
        Centre(want.emplace_back(logits.all.begin(), logits.all.end()));
      });
  Power power;
  analog_->decoder->Finish(
      num_layers, rows, [&](int index, const RowLogits& logits) {
        std::vector<float> got(logits.all.begin(), logits.all.end());
        Centre(got);
        for (size_t i = 0; i < got.size(); ++i) {
          const double wrong = got[i] - want[index][i];
          power.signal += double{want[index][i]} * want[index][i];
          power.noise += wrong * wrong;
        }
      });
  return power;
}

std::vector<double> LayerSplit::SignalToNoise() {
  std::vector<Power> powers(num_parts());
  for (const std::vector<int32_t>& window : windows_) {
    AddPowers(window, powers);
  }
  std::vector<double> decibels;
  for (const Power& power : powers) {
    decibels.push_back(10 * std::log10(power.signal / power.noise));
  }
  return decibels;
}

}  // namespace mj
