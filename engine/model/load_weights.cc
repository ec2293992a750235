#include "engine/model/load_weights.h"

#include <cstring>
#include <initializer_list>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/model/rope_frequencies.h"

namespace mj {
namespace {

// One matrix of the file: `name`.weight [rows, cols], and `name`.bias [rows].
struct Part {
  const char* name;
  int rows;
};

// Loads tensors one after the other; after an error does nothing more and
// keeps it, so that a table of tensors reads as one.
class Loader {
 public:
  Loader(const ModelFile& file, Backend& backend)
      : file_(file), config_(file.config()), backend_(backend) {}

  absl::StatusOr<DecoderWeights> Load() {
    DecoderWeights weights{.embedding_scale = config_.embedding_scale,
                           .norm_epsilon = config_.norm_epsilon,
                           .activation = config_.activation};
    const MatrixRole head{.kind = MatrixRole::Kind::kHead};
    const bool tied = config_.tied_embeddings;
    weights.embedding =
        Matrix("", {{"token_embd", config_.vocab}}, config_.hidden, false,
               tied ? head : MatrixRole());
    weights.head = tied ? weights.embedding
                        : Matrix("", {{"output", config_.vocab}},
                                 config_.hidden, false, head);
    weights.final_norm = Vector("output_norm.weight", config_.hidden);
    LoadRopes();
    for (int layer = 0; layer < config_.num_layers && status_.ok(); ++layer) {
      weights.layers.push_back(LoadLayer(layer));
    }
    if (!status_.ok()) return status_;
    return weights;
  }

 private:
  void LoadRopes() {
    const std::vector<float> factors = RopeFactors();
    if (!status_.ok()) return;
    const bool interleaved = config_.rope_interleaved;
    rope_ = backend_.AddRope(MakeRopeSpec(config_.rope, factors, interleaved));
    local_rope_ = backend_.AddRope(MakeRopeSpec(
        config_.local_rope,
        config_.local_rope.has_factors ? factors : std::vector<float>(),
        interleaved));
  }

  std::vector<float> RopeFactors() {
    if (!config_.rope.has_factors) return {};
    std::vector<float> factors(config_.rope.dimensions / 2);
    const auto view = file_.Vector("rope_freqs.weight", factors.size());
    if (!view.ok()) {
      status_ = view.status();
    } else if (view->type != TensorType::kF32) {
      status_ = absl::InvalidArgumentError(
          "tensor rope_freqs.weight: its type must be F32");
    } else {
      std::memcpy(factors.data(), view->bytes.data(), view->bytes.size());
    }
    return factors;
  }

  LayerWeights LoadLayer(int layer) {
    const std::string prefix = absl::StrCat("blk.", layer, ".");
    const int q = config_.num_heads * config_.head_dim;
    const int kv = config_.num_kv_heads * config_.head_dim;
    const int hidden = config_.hidden, wide = config_.intermediate;
    const bool ffn_bias = config_.has_feed_forward_bias;
    using Kind = MatrixRole::Kind;
    LayerWeights weights{
        .attention_norm = Vector(prefix + "attn_norm.weight", hidden),
        .qkv = Matrix(prefix, {{"attn_q", q}, {"attn_k", kv}, {"attn_v", kv}},
                      hidden, config_.has_qkv_bias, {Kind::kQkv, layer}),
        .output = Matrix(prefix, {{"attn_output", hidden}}, q,
                         config_.has_output_bias, {Kind::kOutput, layer}),
        .ffn_norm = Vector(prefix + "ffn_norm.weight", hidden),
        .gate_up = Matrix(prefix, {{"ffn_gate", wide}, {"ffn_up", wide}},
                          hidden, ffn_bias, {Kind::kGateUp, layer}),
        .down = Matrix(prefix, {{"ffn_down", hidden}}, wide, ffn_bias,
                       {Kind::kDown, layer}),
        .attention = AttentionOf(layer),
    };
    if (config_.has_post_norms) {
      weights.post_attention_norm =
          Vector(prefix + "post_attention_norm.weight", hidden);
      weights.post_ffn_norm = Vector(prefix + "post_ffw_norm.weight", hidden);
    }
    if (config_.has_qk_norms) {
      weights.attention.q_norm =
          Vector(prefix + "attn_q_norm.weight", config_.head_dim);
      weights.attention.k_norm =
          Vector(prefix + "attn_k_norm.weight", config_.head_dim);
    }
    return weights;
  }

  AttentionSpec AttentionOf(int layer) const {
    const int window = config_.windows[layer];
    return {.layer = layer,
            .num_heads = config_.num_heads,
            .num_kv_heads = config_.num_kv_heads,
            .head_dim = config_.head_dim,
            .scale = config_.attention_scale,
            .window = window,
            .rope = window > 0 ? local_rope_ : rope_,
            .norm_epsilon = config_.norm_epsilon};
  }

  WeightId Matrix(const std::string& prefix, std::initializer_list<Part> parts,
                  int cols, bool biased, MatrixRole role) {
    std::vector<TensorView> matrices, biases;
    for (const Part& part : parts) {
      const std::string name = absl::StrCat(prefix, part.name);
      Take(file_.Matrix(name + ".weight", part.rows, cols), matrices);
      if (biased) Take(file_.Vector(name + ".bias", part.rows), biases);
    }
    if (!status_.ok()) return {};
    return Keep(backend_.LoadMatrix(matrices, biases, role),
                absl::StrCat(prefix, parts.begin()->name, ".weight"));
  }

  WeightId Vector(const std::string& name, int size) {
    std::vector<TensorView> values;
    Take(file_.Vector(name, size), values);
    if (!status_.ok()) return {};
    return Keep(backend_.LoadVector(values.front()), name);
  }

  void Take(absl::StatusOr<TensorView> view, std::vector<TensorView>& out) {
    if (view.ok()) {
      out.push_back(*view);
    } else if (status_.ok()) {
      status_ = view.status();
    }
  }

  WeightId Keep(absl::StatusOr<WeightId> id, const std::string& name) {
    if (id.ok()) return *id;
    status_ = absl::Status(
        id.status().code(),
        absl::StrCat("tensor ", name, ": ", id.status().message()));
    return {};
  }

  const ModelFile& file_;
  const ModelConfig& config_;
  Backend& backend_;
  absl::Status status_;
  RopeId rope_{}, local_rope_{};
};

}  // namespace

absl::StatusOr<DecoderWeights> LoadWeights(const ModelFile& file,
                                           Backend& backend) {
  return Loader(file, backend).Load();
}

}  // namespace mj
