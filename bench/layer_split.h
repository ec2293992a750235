// A text through a model of which some layers run on one backend and the rest
// on another: what `--analog-layers` gives, bit for bit, without loading the
// model anew for each choice. The residual stream goes from backend to backend;
// each layer's keys and values stay in its own.
#ifndef MILLIJOULE_BENCH_LAYER_SPLIT_H_
#define MILLIJOULE_BENCH_LAYER_SPLIT_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/loaded_model.h"

namespace mj {

class LayerSplit final {
 public:
  // The text in disjoint windows of up to a step's rows, each with the model's
  // special tokens before it. Both models are of one file and outlive this;
  // `digital` is the one that the other is held against. Allocates their KV
  // caches; errors are the backends'. INVALID_ARGUMENT: fewer than two tokens.
  static absl::StatusOr<LayerSplit> Make(LoadedModel& digital,
                                         LoadedModel& analog,
                                         std::span<const int32_t> ids);

  // Parts that are on either side: the layers, then the head.
  int num_parts() const { return digital_->config.num_layers + 1; }
  int64_t tokens() const { return tokens_; }  // that are predicted

  // Mean negative log-likelihood of the text, natural log, with those parts on
  // the analog side. REQUIRES: analog.size() == num_parts()
  double MeanNll(const std::vector<bool>& analog);

  // Of each part, on the digital side's own inputs, in dB: what a layer adds
  // to the residual stream, or the logits about their mean, over how far the
  // analog side is from that.
  std::vector<double> SignalToNoise();

 private:
  struct Power {
    double signal = 0, noise = 0;
  };

  LayerSplit(LoadedModel& digital, LoadedModel& analog,
             std::span<const int32_t> ids);
  ForwardBatch BatchOf(const std::vector<int32_t>& tokens) const;
  LoadedModel& Side(bool analog) { return analog ? *analog_ : *digital_; }
  void ReadResidual(LoadedModel& model, std::vector<float>& out);
  void WriteResidual(LoadedModel& model, const std::vector<float>& in);
  double WindowNll(const std::vector<int32_t>& tokens,
                   const std::vector<bool>& analog);
  void AddPowers(const std::vector<int32_t>& tokens, std::vector<Power>& all);
  Power LogitsPower(const std::vector<int32_t>& tokens);

  LoadedModel* digital_;
  LoadedModel* analog_;
  int num_start_ = 0;  // special tokens of a window
  int64_t tokens_ = 0;
  std::vector<std::vector<int32_t>> windows_;
  std::vector<int32_t> table_;
};

}  // namespace mj

#endif  // MILLIJOULE_BENCH_LAYER_SPLIT_H_
