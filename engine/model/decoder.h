// One pass of a decoder-only transformer over Backend verbs: pre-norm
// attention and a gated feed-forward network a layer (Vaswani et al. 2017,
// Shazeer 2020), with the optional norms of Qwen 3 and Gemma 3. What differs
// between architectures is data: which weights are there, and the specs.
//
// After the last layer's keys and values are stored, only rows whose logits or
// hidden state are wanted go on: nobody reads the others' results. A prompt's
// middle chunk ends there.
#ifndef MILLIJOULE_ENGINE_MODEL_DECODER_H_
#define MILLIJOULE_ENGINE_MODEL_DECODER_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/model/step_runner.h"
#include "hw_backends/backend.h"
#include "kernels/model_shape.h"

namespace mj {

struct LayerWeights {
  WeightId attention_norm, qkv, output;
  WeightId ffn_norm, gate_up, down;
  // Norms of a sublayer's result, before it joins the residual (Gemma 3).
  std::optional<WeightId> post_attention_norm, post_ffn_norm;
  AttentionSpec attention;
};

struct DecoderWeights {
  WeightId embedding, final_norm, head;
  float embedding_scale = 1;
  float norm_epsilon = 0;
  Activation activation = Activation::kSilu;
  std::vector<LayerWeights> layers;
};

// Engine thread only.
class Decoder final : public StepRunner {
 public:
  // `backend` holds the weights and outlives the decoder.
  Decoder(DecoderWeights weights, const ModelShape& shape, Backend& backend);

  StepOutcome Run(const ForwardBatch& batch, const LogitsSink& sink) override;
  uint64_t layers_done() const override {
    return layers_done_.load(std::memory_order_relaxed);
  }

  // A pass in parts, for drafters, their training and rows that leave early:
  // Begin(), RunLayers() in ascending pieces, verbs on residual(), and Finish()
  // or the backend's EndStep(). RunLayers() and Finish() store the same keys
  // and values as Run() does.
  void Begin(const ForwardBatch& batch);  // embeds; the batch outlives the step
  // Layers [first, last), of all rows.
  // REQUIRES: 0 <= first <= last <= weights().layers.size()
  void RunLayers(int first, int last);
  // Stores keys and values of the layers from `first` on, for all rows, as if
  // these layers left the residual stream as it is. REQUIRES: as RunLayers()
  void SkipLayers(int first);
  // What is left of the pass for the rows that the backend's KeepRows() left:
  // the layers from `first` on, and logits of `rows`; ends the step.
  StepOutcome Finish(int first, std::span<const LogitsRow> rows,
                     const LogitsSink& sink);
  BufferId residual() const { return residual_; }
  const DecoderWeights& weights() const { return weights_; }
  const HeadSpec& head() const { return head_; }

 private:
  // Layers [first, end); the last keeps the wanted rows alone.
  void RunRest(int first, std::span<const LogitsRow> rows,
               std::span<const int> hidden = {});
  void NoteWanted(std::span<const LogitsRow> rows, std::span<const int> hidden);
  int KeptRow(int row) const;  // its number once the others are gone
  void StoreKv(const LayerWeights& layer);
  // Once the keys and values are stored, `kept` rows go on, or all.
  void RunLayer(const LayerWeights& layer,
                std::optional<std::span<const int>> kept);
  // x += W in, normalised first where the architecture says so.
  void AddToResidual(WeightId matrix, BufferId in,
                     std::optional<WeightId> post_norm);
  void TakeResidual(int row, HiddenTap& tap);
  void Normalise();  // the rows kept, into normed_
  void TakeOutput(HiddenTap& tap);
  void TakeHidden(HiddenRows& hidden);
  void EmitLogits(const LogitsSink& sink);
  void EmitPart(std::span<const LogitsRow> rows, int first_index,
                const LogitsSink& sink);

  const DecoderWeights weights_;
  const HeadSpec head_;
  const int vocab_, hidden_;
  Backend& backend_;
  // Activations [rows, .]: the residual stream, what is normalised on its way
  // into or out of it, q|k|v, the attention's result, the gated feed-forward.
  const BufferId residual_, normed_, qkv_, attended_, gated_;
  // Of the step: its rows that are wanted, and what logits are wanted of them,
  // by their numbers once the others are gone.
  std::vector<int> kept_;
  std::vector<LogitsRow> wanted_;
  std::vector<float> all_;       // logits of whole rows
  std::vector<TokenLogit> top_;  // the largest of others
  std::atomic<uint64_t> layers_done_{0};
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_DECODER_H_
