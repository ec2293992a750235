#include "engine/model/model_config.h"

#include <cmath>
#include <functional>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/model/gguf_builder.h"

namespace mj {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using B = GgufBuilder;

TensorIndex TinyIndex() {
  TensorIndex index;
  index["token_embd.weight"] = {TensorType::kF32, 8, 64, {}};
  return index;
}

absl::StatusOr<ModelConfig> Read(const B& builder,
                                 const TensorIndex& tensors = TinyIndex()) {
  const std::string bytes = builder.Build();
  const auto file =
      Gguf::Parse(std::as_bytes(std::span(bytes)), bytes.size(), "f.gguf");
  if (!file.ok()) return file.status();
  return ReadModelConfig(*file, tensors);
}

TEST(ModelConfig, Llama) {
  const auto config = Read(TinyMetadata().String("general.name", "Tiny"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->name, "Tiny");
  EXPECT_EQ(config->architecture, "llama");
  EXPECT_EQ(config->context_length, 128);
  EXPECT_EQ(config->hidden, 64);
  EXPECT_EQ(config->num_layers, 2);
  EXPECT_EQ(config->num_heads, 4);
  EXPECT_EQ(config->num_kv_heads, 2);
  EXPECT_EQ(config->head_dim, 16);
  EXPECT_EQ(config->intermediate, 96);
  EXPECT_EQ(config->vocab, 8);
  EXPECT_EQ(config->norm_epsilon, 1e-5f);
  EXPECT_EQ(config->attention_scale, 0.25f);
  EXPECT_EQ(config->embedding_scale, 1);
  EXPECT_EQ(config->activation, Activation::kSilu);
  EXPECT_THAT(config->windows, ElementsAre(0, 0));
  EXPECT_EQ(config->rope.base, 10000);
  EXPECT_EQ(config->rope.dimensions, 16);
  EXPECT_EQ(config->rope.scaling, RopeScaling::kNone);
  EXPECT_TRUE(config->rope_interleaved);
  EXPECT_TRUE(config->tied_embeddings);
  EXPECT_FALSE(config->has_qk_norms);
  EXPECT_FALSE(config->has_post_norms);
  EXPECT_FALSE(config->has_qkv_bias);
}

TEST(ModelConfig, TensorsDecideWhatIsOptional) {
  TensorIndex tensors = TinyIndex();
  for (const char* name : {"output.weight", "rope_freqs.weight",
                           "blk.0.attn_q.bias", "blk.0.attn_output.bias"}) {
    tensors[name] = {};
  }
  const auto config = Read(TinyMetadata("qwen2"), tensors);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_FALSE(config->tied_embeddings);
  EXPECT_TRUE(config->rope.has_factors);
  EXPECT_TRUE(config->has_qkv_bias);
  EXPECT_TRUE(config->has_output_bias);
  EXPECT_FALSE(config->has_feed_forward_bias);
  EXPECT_FALSE(config->rope_interleaved);
}

TEST(ModelConfig, MistralHasItsWindowInEveryLayer) {
  const auto config = Read(TinyMetadata()
                               .Integer("llama.attention.sliding_window", 32)
                               .Integer("llama.attention.key_length", 32)
                               .Integer("llama.attention.value_length", 32));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->windows, Each(32));
  EXPECT_EQ(config->head_dim, 32);
  EXPECT_EQ(config->local_rope.base, config->rope.base);
}

B Gemma(uint32_t layers) {
  B builder;
  builder.String("general.architecture", "gemma3")
      .Integer("gemma3.context_length", 128)
      .Integer("gemma3.embedding_length", 64)
      .Integer("gemma3.block_count", layers)
      .Integer("gemma3.feed_forward_length", 96)
      .Integer("gemma3.attention.head_count", 4)
      .Integer("gemma3.attention.key_length", 32)
      .Integer("gemma3.attention.value_length", 32)
      .Integer("gemma3.attention.sliding_window", 8)
      .Float("gemma3.rope.freq_base", 1e6f)
      .Float("gemma3.rope.scaling.factor", 8)
      .String("gemma3.rope.scaling.type", "linear")
      .Float("gemma3.attention.layer_norm_rms_epsilon", 1e-6f);
  return builder;
}

TEST(ModelConfig, Gemma3) {
  const auto config = Read(Gemma(7));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->windows, ElementsAre(8, 8, 8, 8, 8, 0, 8));
  EXPECT_EQ(config->rope.base, 1e6f);
  EXPECT_EQ(config->rope.scaling, RopeScaling::kLinear);
  EXPECT_EQ(config->rope.factor, 8);
  EXPECT_EQ(config->local_rope.base, 10000);
  EXPECT_EQ(config->local_rope.scaling, RopeScaling::kNone);
  EXPECT_EQ(config->num_kv_heads, 4);  // the key is absent: as many as heads
  EXPECT_EQ(config->embedding_scale, 8);
  EXPECT_EQ(config->attention_scale, 1 / std::sqrt(32.0f));
  EXPECT_EQ(config->activation, Activation::kGeluTanh);
  EXPECT_TRUE(config->has_qk_norms);
  EXPECT_TRUE(config->has_post_norms);
}

TEST(ModelConfig, Gemma3Of27bScalesByHiddenWidth) {
  const auto config = Read(Gemma(62));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->attention_scale, 0.25f);  // hidden / heads = 16
}

TEST(ModelConfig, Gemma3PatternFromTheFile) {
  auto config = Read(Gemma(4)
                         .Integer("gemma3.attention.sliding_window_pattern", 2)
                         .Float("gemma3.rope.freq_base_swa", 5000));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->windows, ElementsAre(8, 0, 8, 0));
  EXPECT_EQ(config->local_rope.base, 5000);
  config = Read(Gemma(3).Array<uint8_t>(
      "gemma3.attention.sliding_window_pattern", GgufType::kBool, {0, 1, 0}));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->windows, ElementsAre(0, 8, 0));
}

TEST(ModelConfig, Yarn) {
  const auto config =
      Read(TinyMetadata("qwen3")
               .String("qwen3.rope.scaling.type", "yarn")
               .Float("qwen3.rope.scaling.factor", 4)
               .Integer("qwen3.rope.scaling.original_context_length", 32)
               .Float("qwen3.rope.scaling.yarn_beta_fast", 16));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->rope.scaling, RopeScaling::kYarn);
  EXPECT_EQ(config->rope.original_context, 32);
  EXPECT_EQ(config->rope.beta_fast, 16);
  EXPECT_EQ(config->rope.beta_slow, 1);
  EXPECT_NEAR(config->rope.magnitude, 1 + 0.1 * std::log(4), 1e-6);
}

struct ErrorCase {
  const char* name;
  std::function<B()> build;
  const char* message;
};

// The tiny llama with another value of one of its keys.
B With(const std::string& key, uint32_t value) {
  B builder;
  builder.String("general.architecture", "llama")
      .Float("llama.attention.layer_norm_rms_epsilon", 1e-5f);
  const std::pair<const char*, uint32_t> sizes[] = {
      {"llama.context_length", 128},     {"llama.embedding_length", 64},
      {"llama.block_count", 2},          {"llama.feed_forward_length", 96},
      {"llama.attention.head_count", 4}, {"llama.attention.head_count_kv", 2}};
  bool known = false;
  for (const auto& [name, size] : sizes) {
    builder.Integer(name, key == name ? value : size);
    known = known || key == name;
  }
  if (!known) builder.Integer(key, value);
  return builder;
}

const ErrorCase kErrorCases[] = {
    {"no architecture", [] { return B(); },
     "metadata key general.architecture is missing"},
    {"unknown architecture", [] { return TinyMetadata("mamba"); },
     "general.architecture is \"mamba\", needs one of llama, qwen2, qwen3, "
     "gemma3"},
    {"no sizes", [] { return B().String("general.architecture", "llama"); },
     "metadata key llama.context_length is missing"},
    {"no layers", [] { return With("llama.block_count", 0); },
     "llama.block_count is 0, needs 1 to 1024"},
    {"absurd width", [] { return With("llama.embedding_length", 1u << 30); },
     "llama.embedding_length is 1073741824, needs 1 to 1048576"},
    {"no heads", [] { return With("llama.attention.head_count", 0); },
     "llama.attention.head_count is 0"},
    {"KV heads do not divide",
     [] { return With("llama.attention.head_count_kv", 3); },
     "llama.attention.head_count_kv is 3, needs a divisor of the 4 heads"},
    {"more KV heads than heads",
     [] { return With("llama.attention.head_count_kv", 8); },
     "llama.attention.head_count_kv is 8, needs 1 to 4"},
    {"heads do not divide the width",
     [] { return With("llama.embedding_length", 66); },
     "llama.attention.key_length is missing"},
    {"odd head", [] { return With("llama.attention.key_length", 17); },
     "is 17, needs an even number"},
    {"wide head", [] { return With("llama.attention.key_length", 1024); },
     "llama.attention.key_length is 1024, needs 2 to 512"},
    {"values of other width",
     [] { return With("llama.attention.value_length", 32); },
     "llama.attention.value_length is 32, needs the key length 16"},
    {"rope beyond the head",
     [] { return With("llama.rope.dimension_count", 32); },
     "llama.rope.dimension_count is 32, needs 2 to 16"},
    {"odd rope", [] { return With("llama.rope.dimension_count", 5); },
     "llama.rope.dimension_count is 5, needs an even number"},
    {"experts", [] { return With("llama.expert_count", 8); },
     "llama.expert_count is 8: mixtures of experts are not supported"},
    {"epsilon 0",
     [] {
       B b;
       return b.String("general.architecture", "llama")
           .Integer("llama.context_length", 1)
           .Integer("llama.embedding_length", 64)
           .Integer("llama.block_count", 1)
           .Integer("llama.feed_forward_length", 64)
           .Float("llama.attention.layer_norm_rms_epsilon", 0);
     },
     "layer_norm_rms_epsilon is 0, needs more than 0"},
    {"softcap",
     [] { return TinyMetadata().Float("llama.final_logit_softcapping", 30); },
     "llama.final_logit_softcapping is 30, which is not supported"},
    {"not causal",
     [] { return TinyMetadata().Bool("llama.attention.causal", false); },
     "only causal models"},
    {"unknown rope scaling",
     [] {
       return TinyMetadata().String("llama.rope.scaling.type", "longrope");
     },
     "llama.rope.scaling.type is \"longrope\", needs none, linear or yarn"},
    {"window where none is known",
     [] {
       return TinyMetadata("qwen2").Integer("qwen2.attention.sliding_window",
                                            64);
     },
     "qwen2.attention.sliding_window is 64, needs at least the context"},
    {"pattern of other length",
     [] {
       return Gemma(4).Array<uint8_t>("gemma3.attention.sliding_window_pattern",
                                      GgufType::kBool, {1, 0});
     },
     "has 2 elements, needs one for each of the 4 layers"},
    {"layers that differ",
     [] {
       B b = Gemma(2);
       return b.Array<uint32_t>("gemma3.attention.head_count_kv",
                                GgufType::kUint32, {4, 2});
     },
     "head_count_kv holds 4 and 2"},
    {"wrong type",
     [] { return TinyMetadata().String("llama.expert_count", "none"); },
     "llama.expert_count is of type string, needs an integer"},
};

TEST(ModelConfig, Errors) {
  for (const ErrorCase& c : kErrorCases) {
    const auto config = Read(c.build());
    ASSERT_FALSE(config.ok()) << c.name;
    EXPECT_THAT(std::string(config.status().message()), HasSubstr(c.message))
        << c.name;
    EXPECT_THAT(std::string(config.status().message()), HasSubstr("f.gguf: "))
        << c.name;
  }
}

TEST(ModelConfig, ArraysThatAgreeAreOneValue) {
  const auto config = Read(Gemma(2).Array<uint32_t>(
      "gemma3.attention.head_count_kv", GgufType::kUint32, {2, 2}));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->num_kv_heads, 2);
}

TEST(ModelConfig, NeedsAnEmbedding) {
  const auto config = Read(TinyMetadata(), {});
  EXPECT_THAT(std::string(config.status().message()),
              HasSubstr("tensor token_embd.weight is missing"));
}

}  // namespace
}  // namespace mj
