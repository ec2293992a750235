#include "engine/model/model_config.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "engine/model/architecture.h"
#include "engine/model/architecture_rope.h"
#include "engine/model/invalid.h"
#include "engine/model/metadata_reader.h"

namespace mj {
namespace {

// Far beyond any model, small enough that products of two fit 64 bits.
constexpr int kMaxWidth = 1 << 20;
constexpr int kMaxLayers = 1024;
constexpr int kMaxHeads = 1024;
constexpr int kMaxHeadDim = 512;
constexpr int kMaxContext = 1 << 30;
constexpr int kGemmaPeriod = 6;      // five layers with a window, one without
constexpr int kGemma27bLayers = 62;  // scales by hidden / heads, not by head

void ReadSizes(MetadataReader& keys, ModelConfig& config) {
  config.context_length = keys.Integer("context_length", 1, kMaxContext);
  config.hidden = keys.Integer("embedding_length", 1, kMaxWidth);
  config.num_layers = keys.Integer("block_count", 1, kMaxLayers);
  config.intermediate = keys.Integer("feed_forward_length", 1, kMaxWidth);
  config.norm_epsilon = keys.Float("attention.layer_norm_rms_epsilon", 0, 0.1f);
}

void ReadHeads(MetadataReader& keys, ModelConfig& config) {
  const int heads = keys.Integer("attention.head_count", 1, kMaxHeads);
  config.num_heads = heads;
  config.num_kv_heads =
      keys.Integer("attention.head_count_kv", 1, heads, heads);
  const bool divides = config.hidden % heads == 0;
  config.head_dim = keys.Integer(
      "attention.key_length", 2, kMaxHeadDim,
      divides ? std::optional<int>(config.hidden / heads) : std::nullopt);
  const int value_length =
      keys.Integer("attention.value_length", 2, kMaxHeadDim, config.head_dim);
  if (heads % config.num_kv_heads != 0) {
    keys.Fail(Invalid(keys.file().label(), ": metadata key ",
                      keys.Key("attention.head_count_kv"), " is ",
                      config.num_kv_heads, ", needs a divisor of the ", heads,
                      " heads"));
  }
  if (config.head_dim % 2 != 0 || config.head_dim > kMaxHeadDim) {
    keys.Fail(
        Invalid(keys.file().label(), ": ", keys.Key("attention.key_length"),
                " or ", keys.Key("embedding_length"), " / head_count is ",
                config.head_dim, ", needs an even number to ", kMaxHeadDim));
  }
  if (value_length != config.head_dim) {
    keys.Fail(Invalid(keys.file().label(), ": metadata key ",
                      keys.Key("attention.value_length"), " is ", value_length,
                      ", needs the key length ", config.head_dim));
  }
}

// Keys of features that no supported architecture has here: a file that sets
// them would give wrong logits.
void RefuseUnsupported(MetadataReader& keys) {
  if (keys.Integer("expert_count", 0, kMaxWidth, 0) > 0) {
    keys.Fail(Invalid(keys.file().label(), ": metadata key ",
                      keys.Key("expert_count"), " is ",
                      keys.Integer("expert_count", 0, kMaxWidth, 0),
                      ": mixtures of experts are not supported"));
  }
  constexpr float kAny = std::numeric_limits<float>::max();
  for (std::string_view name :
       {"attn_logit_softcapping", "final_logit_softcapping", "logit_scale",
        "residual_scale", "embedding_scale"}) {
    const float value = keys.Float(name, -kAny, kAny, 0.0f);
    if (value == 0) continue;
    keys.Fail(Invalid(keys.file().label(), ": metadata key ", keys.Key(name),
                      " is ", value, ", which is not supported"));
  }
  if (!keys.Bool("attention.causal", true)) {
    keys.Fail(Invalid(keys.file().label(), ": metadata key ",
                      keys.Key("attention.causal"),
                      " is false: only causal models are supported"));
  }
}

// Which layers have the window.
std::vector<bool> ReadPattern(MetadataReader& keys, int num_layers) {
  constexpr std::string_view kName = "attention.sliding_window_pattern";
  const GgufValue* value = keys.file().FindValue(keys.Key(kName));
  if (value != nullptr && value->type == GgufType::kArray) {
    auto pattern = keys.file().GetBools(keys.Key(kName));
    if (!pattern.ok()) {
      keys.Fail(pattern.status());
    } else if (static_cast<int>(pattern->size()) == num_layers) {
      return *pattern;
    } else {
      keys.Fail(Invalid(keys.file().label(), ": metadata key ", keys.Key(kName),
                        " has ", pattern->size(),
                        " elements, needs one for each of the ", num_layers,
                        " layers"));
    }
  }
  const int period = value != nullptr && value->type == GgufType::kArray
                         ? kGemmaPeriod
                         : keys.Integer(kName, 1, kMaxLayers, kGemmaPeriod);
  std::vector<bool> pattern(num_layers);
  for (int i = 0; i < num_layers; ++i) pattern[i] = i % period < period - 1;
  return pattern;
}

void ReadWindows(MetadataReader& keys, WindowRule rule, ModelConfig& config) {
  constexpr std::string_view kName = "attention.sliding_window";
  const int window = keys.Integer(kName, 0, kMaxContext, 0);
  config.windows.assign(config.num_layers, 0);
  if (window == 0) return;
  if (rule == WindowRule::kRefused) {
    if (window >= config.context_length) return;  // it never matters
    keys.Fail(Invalid(keys.file().label(), ": metadata key ", keys.Key(kName),
                      " is ", window, ", needs at least the context of ",
                      config.context_length));
    return;
  }
  std::vector<bool> has_window(config.num_layers, true);
  if (rule == WindowRule::kPatterned) {
    has_window = ReadPattern(keys, config.num_layers);
  }
  for (int i = 0; i < config.num_layers; ++i) {
    if (has_window[i]) config.windows[i] = window;
  }
}

RopeConfig LocalRope(MetadataReader& keys, const ArchitectureTraits& traits,
                     const RopeConfig& rope) {
  if (traits.local_rope_base == 0) return rope;
  RopeConfig local;
  local.dimensions = rope.dimensions;
  const float old =
      keys.Float("rope.local.freq_base", 1, 1e12f, traits.local_rope_base);
  local.base = keys.Float("rope.freq_base_swa", 1, 1e12f, old);
  return local;
}

void ReadScales(MetadataReader& keys, const ArchitectureTraits& traits,
                ModelConfig& config) {
  if (traits.scales_embedding) {
    config.embedding_scale = std::sqrt(static_cast<float>(config.hidden));
  }
  const bool by_hidden =
      traits.name == "gemma3" && config.num_layers == kGemma27bLayers;
  const int width =
      by_hidden ? config.hidden / config.num_heads : config.head_dim;
  config.attention_scale = keys.Float(
      "attention.scale", 0, 1e3f, 1.0f / std::sqrt(static_cast<float>(width)));
}

// Which optional tensors the first layer has; the loader finds out whether
// the others agree.
void ReadTensors(MetadataReader& keys, const TensorIndex& tensors,
                 ModelConfig& config) {
  const auto embedding = tensors.find("token_embd.weight");
  if (embedding == tensors.end()) {
    keys.Fail(
        Invalid(keys.file().label(), ": tensor token_embd.weight is missing"));
    return;
  }
  const int64_t vocab = embedding->second.rows;
  if (vocab > std::numeric_limits<int>::max()) {
    keys.Fail(Invalid(keys.file().label(), ": tensor token_embd.weight has ",
                      vocab, " rows, needs fewer than 2^31"));
    return;
  }
  config.vocab = static_cast<int>(vocab);
  config.tied_embeddings = !tensors.contains("output.weight");
  config.rope.has_factors = tensors.contains("rope_freqs.weight");
  config.has_qkv_bias = tensors.contains("blk.0.attn_q.bias");
  config.has_output_bias = tensors.contains("blk.0.attn_output.bias");
  config.has_feed_forward_bias = tensors.contains("blk.0.ffn_gate.bias");
}

}  // namespace

absl::StatusOr<ModelConfig> ReadModelConfig(const Gguf& file,
                                            const TensorIndex& tensors) {
  auto architecture = file.GetString("general.architecture");
  if (!architecture.ok()) return architecture.status();
  const ArchitectureTraits* traits = FindArchitecture(*architecture);
  if (traits == nullptr) {
    return Invalid(file.label(), ": general.architecture is \"", *architecture,
                   "\", needs one of ", KnownArchitectures());
  }
  auto name = file.FindString("general.name");
  if (!name.ok()) return name.status();
  ModelConfig config;
  config.name = name->value_or(*architecture);
  config.architecture = *architecture;
  config.activation = traits->activation;
  config.rope_interleaved = traits->rope_interleaved;
  config.has_qk_norms = traits->has_qk_norms;
  config.has_post_norms = traits->has_post_norms;
  MetadataReader keys(file, *architecture);
  RefuseUnsupported(keys);
  ReadSizes(keys, config);
  ReadHeads(keys, config);
  ReadWindows(keys, traits->window, config);
  config.rope = ReadRope(keys, config);
  ReadTensors(keys, tensors, config);
  config.local_rope = LocalRope(keys, *traits, config.rope);
  ReadScales(keys, *traits, config);
  if (!keys.status().ok()) return keys.status();
  return config;
}

}  // namespace mj
