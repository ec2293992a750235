#include "engine/model/model_file.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/model/gguf_fingerprint.h"
#include "engine/model/gguf_split.h"
#include "engine/model/inspect.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/model/gguf_builder.h"
#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

using ::testing::HasSubstr;
using B = GgufBuilder;

std::string Path(const std::string& name) {
  static const TempFolder folder;
  return folder.path() + "/" + name;
}

std::string TinyBytes() {
  B builder = TinyMetadata();
  AddTinyTensors(builder);
  return builder.Build();
}

std::string Message(const absl::Status& status) {
  return std::string(status.message());
}

TEST(ModelFile, FindsWeightsByNameAndShape) {
  const auto file = ModelFile::Open(B::Write(Path("tiny.gguf"), TinyBytes()));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE(file->Has("blk.1.attn_k.weight"));
  EXPECT_FALSE(file->Has("blk.2.attn_k.weight"));
  const auto k = file->Matrix("blk.1.attn_k.weight", 32, 64);
  ASSERT_TRUE(k.ok()) << k.status();
  EXPECT_EQ(k->type, TensorType::kQ4_0);
  EXPECT_EQ(k->bytes.size(), 32u * 2 * 18);
  EXPECT_TRUE(file->Vector("output_norm.weight", 64).ok());
  EXPECT_THAT(Message(file->Matrix("blk.1.attn_k.weight", 64, 64).status()),
              HasSubstr("tensor blk.1.attn_k.weight is [32, 64], needs "
                        "[64, 64]"));
  EXPECT_TRUE(absl::IsNotFound(file->Vector("none", 1).status()));
}

TEST(ModelFile, Shape) {
  const auto file = ModelFile::Open(B::Write(Path("shape.gguf"), TinyBytes()));
  ASSERT_TRUE(file.ok()) << file.status();
  const ModelShape shape = ShapeOf(file->config(), *file);
  ASSERT_EQ(shape.layers.size(), 2u);
  EXPECT_EQ(shape.layers[0].qkv.rows, 128);
  EXPECT_EQ(shape.layers[0].qkv.cols, 64);
  EXPECT_EQ(shape.layers[0].qkv.bytes, (64 + 32) * 2 * 18 + 32 * 2 * 24);
  EXPECT_EQ(shape.layers[1].gate_up.rows, 192);
  EXPECT_EQ(shape.layers[1].down.cols, 96);
  EXPECT_EQ(shape.embedding.bytes, 8 * 2 * 34);
  EXPECT_EQ(shape.head.rows, 8);
}

TEST(ModelFile, ReducesWhatProductsRead) {
  auto file = ModelFile::Open(B::Write(Path("reduced.gguf"), TinyBytes()));
  ASSERT_TRUE(file.ok()) << file.status();
  const auto type = [&file](const std::string& name) {
    return file->tensors().at(name).type;
  };
  ASSERT_TRUE(file->Reduce({.bits = 4}).ok());
  EXPECT_EQ(type("blk.1.attn_q.weight"), TensorType::kQ4_0);
  EXPECT_EQ(type("blk.1.attn_v.weight"), TensorType::kQ8_0);
  EXPECT_EQ(type("blk.1.attn_output.weight"), TensorType::kQ8_0);
  EXPECT_EQ(type("blk.1.attn_norm.weight"), TensorType::kF32);
  ASSERT_TRUE(file->Reduce({{Sparsity::Kind::kNofM, 2, 4}}).ok());
  EXPECT_EQ(type("blk.1.attn_q.weight"), TensorType::kQ8_0);
  EXPECT_EQ(ShapeOf(file->config(), *file).layers[0].qkv.bytes, 128 * 2 * 34);
  EXPECT_THAT(Message(file->Reduce({{Sparsity::Kind::kBlock, 1, 5}})),
              HasSubstr("needs a multiple of 80 to be pruned block:1/5"));
}

TEST(ModelFile, TheEmbeddingIsLookedUpAsItWas) {
  for (const bool tied : {false, true}) {
    SCOPED_TRACE(tied);
    B builder = TinyMetadata();
    AddTinyTensors(builder);
    if (!tied) builder.Tensor("output.weight", {64, 8}, TensorType::kQ4_1);
    auto file = ModelFile::Open(B::Write(Path("head.gguf"), builder.Build()));
    ASSERT_TRUE(file.ok()) << file.status();
    const auto bytes = [&file](const std::string& name) {
      return file->tensors().at(name).bytes;
    };
    const std::byte* before = bytes("token_embd.weight").data();
    ASSERT_TRUE(file->Reduce({.bits = 8}).ok());
    EXPECT_EQ(file->config().tied_embeddings, tied) << "8 bits change nothing";
    ASSERT_TRUE(file->Reduce({{Sparsity::Kind::kNofM, 2, 4}}).ok());
    EXPECT_EQ(bytes("token_embd.weight").data(), before);
    EXPECT_EQ(file->tensors().at("output.weight").type, TensorType::kQ8_0);
    EXPECT_NE(bytes("output.weight").data(), before);
    EXPECT_FALSE(file->config().tied_embeddings);
    EXPECT_EQ(ShapeOf(file->config(), *file).head.rows, 8);
  }
}

struct ErrorCase {
  const char* name;
  std::function<B()> build;
  const char* message;
};

const ErrorCase kErrorCases[] = {
    {"missing tensor",
     [] {
       B b = TinyMetadata();
       return b.Tensor("token_embd.weight", {64, 8});
     },
     "tensor blk.0.attn_norm.weight is missing"},
    {"tensor too many",
     [] {
       B b = TinyMetadata();
       AddTinyTensors(b);
       return b.Tensor("blk.0.attn_sinks", {4});
     },
     "tensor \"blk.0.attn_sinks\" has no place in the architecture llama"},
    {"bias in one layer only",
     [] {
       B b = TinyMetadata();
       AddTinyTensors(b);
       return b.Tensor("blk.0.attn_q.bias", {64});
     },
     "tensor blk.0.attn_k.bias is missing"},
    {"head of other shape",
     [] {
       B b = TinyMetadata();
       AddTinyTensors(b);
       return b.Tensor("output.weight", {64, 9});
     },
     "tensor output.weight is [9, 64], needs [8, 64]"},
    {"rope factor 0",
     [] {
       B b = TinyMetadata();
       AddTinyTensors(b);
       return b.Tensor("rope_freqs.weight", {8});
     },
     "tensor rope_freqs.weight holds 0, needs finite values above 0"},
    {"vocabulary of other size",
     [] {
       B b = TinyMetadata();
       b.Strings("tokenizer.ggml.tokens", {"a", "b"});
       AddTinyTensors(b);
       return b;
     },
     "tokenizer.ggml.tokens has 2 elements, token_embd.weight has 8 rows"},
};

TEST(ModelFile, Errors) {
  for (const ErrorCase& c : kErrorCases) {
    const auto file =
        ModelFile::Open(B::Write(Path("error.gguf"), c.build().Build()));
    ASSERT_FALSE(file.ok()) << c.name;
    EXPECT_THAT(Message(file.status()), HasSubstr(c.message)) << c.name;
    EXPECT_THAT(Message(file.status()), HasSubstr("error.gguf: ")) << c.name;
  }
}

TEST(ModelFile, NoFile) {
  const auto file = ModelFile::Open(Path("absent.gguf"));
  EXPECT_TRUE(absl::IsNotFound(file.status())) << file.status();
  EXPECT_THAT(Message(file.status()), HasSubstr("absent.gguf"));
  EXPECT_THAT(Message(ModelFile::Open(::testing::TempDir()).status()),
              HasSubstr("is not a regular file"));
  const auto empty = ModelFile::Open(B::Write(Path("empty.gguf"), ""));
  EXPECT_TRUE(absl::IsInvalidArgument(empty.status()));
}

TEST(ModelFile, TruncatedAnywhereIsAnError) {
  const std::string bytes = TinyBytes();
  for (size_t size = 0; size < bytes.size(); size += 997) {
    const std::string path = B::Write(Path("cut.gguf"), bytes.substr(0, size));
    EXPECT_FALSE(ModelFile::Open(path).ok()) << size;
  }
}

TEST(ModelFile, SurvivesTruncationAfterDrop) {
  const std::string path = B::Write(Path("drop.gguf"), TinyBytes());
  auto file = ModelFile::Open(path);
  ASSERT_TRUE(file.ok());
  file->Drop();
  std::filesystem::resize_file(path, 16);
  EXPECT_EQ(*file->metadata().GetInteger("llama.block_count"), 2);
}

// Heads larger than one read of the file.
TEST(GgufFile, LargeMetadata) {
  B builder;
  const std::vector<std::string> texts(6000, std::string(1000, 'x'));
  builder.Strings("big", texts).Integer("after", 7);
  const auto file = GgufFile::Open(B::Write(Path("big.gguf"), builder.Build()));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(*file->gguf().GetInteger("after"), 7);
  EXPECT_EQ(file->gguf().GetStrings("big")->size(), 6000u);
}

// The tiny model in three parts: metadata, layer 0, the rest.
struct Part {
  uint16_t number = 0;
  uint16_t count = 3;
  int32_t tensors = 20;
  bool repeats = false;  // holds the embedding, too
};

B PartBuilder(const Part& part) {
  B builder = part.number == 0 ? TinyMetadata() : B();
  builder.Entry("split.no", GgufType::kUint16, B::Raw(part.number))
      .Entry("split.count", GgufType::kUint16, B::Raw(part.count))
      .Entry("split.tensors.count", GgufType::kInt32, B::Raw(part.tensors));
  if (part.number == 0) return builder;
  if (part.number == 1 || part.repeats) {
    builder.Tensor("token_embd.weight", {64, 8});
  }
  if (part.number == 1) return builder;
  builder.Tensor("output_norm.weight", {64});
  for (const char* blk : {"blk.0.", "blk.1."}) {
    for (const char* name : {"attn_norm", "ffn_norm"}) {
      builder.Tensor(absl::StrCat(blk, name, ".weight"), {64});
    }
    builder.Tensor(absl::StrCat(blk, "attn_q.weight"), {64, 64})
        .Tensor(absl::StrCat(blk, "attn_k.weight"), {64, 32})
        .Tensor(absl::StrCat(blk, "attn_v.weight"), {64, 32})
        .Tensor(absl::StrCat(blk, "attn_output.weight"), {64, 64})
        .Tensor(absl::StrCat(blk, "ffn_gate.weight"), {64, 96})
        .Tensor(absl::StrCat(blk, "ffn_up.weight"), {64, 96})
        .Tensor(absl::StrCat(blk, "ffn_down.weight"), {96, 64});
  }
  return builder;
}

std::string WriteParts(const std::string& name,
                       const std::vector<Part>& parts) {
  std::filesystem::remove_all(Path(name));
  for (size_t i = 0; i < parts.size(); ++i) {
    B::Write(Path(absl::StrCat(name, "/m-0000", i + 1, "-of-00003.gguf")),
             PartBuilder(parts[i]).Build());
  }
  return Path(name + "/m-00002-of-00003.gguf");
}

TEST(ModelFile, OpensAllPartsByAny) {
  const auto file = ModelFile::Open(WriteParts("split", {{0}, {1}, {2}}));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->parts().size(), 3u);
  EXPECT_EQ(file->config().num_layers, 2);
  EXPECT_TRUE(file->Matrix("blk.1.ffn_down.weight", 64, 96).ok());
}

struct SplitCase {
  const char* name;
  std::vector<Part> parts;
  const char* message;
};

TEST(ModelFile, SplitErrors) {
  const SplitCase cases[] = {
      {"missing part", {{0}, {1}}, "m-00003-of-00003.gguf: cannot be opened"},
      {"wrong order", {{0}, {2}, {1}}, "split.no is 2, needs 1"},
      {"wrong count", {{0, 4}, {1}, {2}}, "split.count is 4, needs 3"},
      {"part twice", {{0}, {1}, {1}}, "split.no is 1, needs 2"},
      {"tensor in two parts",
       {{0}, {1}, {2, 3, 20, true}},
       "tensor \"token_embd.weight\" is in another part too"},
      {"tensors lost",
       {{0, 3, 21}, {1}, {2}},
       "split.tensors.count is 21, needs 20"},
  };
  for (const SplitCase& c : cases) {
    const auto file = ModelFile::Open(WriteParts("bad", c.parts));
    ASSERT_FALSE(file.ok()) << c.name;
    EXPECT_THAT(Message(file.status()), HasSubstr(c.message)) << c.name;
  }
  const std::string alone =
      B::Write(Path("alone.gguf"), PartBuilder({0}).Build());
  EXPECT_THAT(Message(ModelFile::Open(alone).status()),
              HasSubstr("must end in -NNNNN-of-NNNNN.gguf"));
}

TEST(ParseSplitName, Cases) {
  EXPECT_EQ(ParseSplitName("d/m-00002-of-00003.gguf")->prefix, "d/m");
  EXPECT_EQ(ParseSplitName("d/m-00002-of-00003.gguf")->number, 2);
  EXPECT_EQ(ParseSplitName("d/m-00002-of-00003.gguf")->count, 3);
  for (const char* name : {"m.gguf", "m-00000-of-00003.gguf",
                           "m-00004-of-00003.gguf", "m-0002-of-00003.gguf",
                           "m-+0002-of-00003.gguf", "-00001-of-00001.gguf"}) {
    EXPECT_FALSE(ParseSplitName(name).has_value()) << name;
  }
}

TEST(Fingerprint, TellsModelsApart) {
  const auto fingerprint = [](const std::string& bytes) {
    const auto file = ModelFile::Open(B::Write(Path("print.gguf"), bytes));
    return *Fingerprint(file->parts());
  };
  const std::string bytes = TinyBytes();
  std::string other = bytes;
  EXPECT_EQ(fingerprint(bytes), fingerprint(other));
  other[other.size() - 1] ^= 1;
  EXPECT_NE(fingerprint(bytes), fingerprint(other));
  EXPECT_EQ(fingerprint(bytes).size(), 64u);
}

TEST(InspectModel, RunnableAndNot) {
  auto facts = InspectModel(B::Write(Path("inspect.gguf"), TinyBytes()));
  ASSERT_TRUE(facts.ok()) << facts.status();
  std::string text = FormatFacts(*facts);
  EXPECT_THAT(text, HasSubstr("runs                 true"));
  EXPECT_THAT(text, HasSubstr("head_dim             16"));
  EXPECT_THAT(text, HasSubstr("Q4_1"));
  B builder = TinyMetadata("mamba");
  builder.Strings("tokenizer.ggml.tokens", {"a", "b"});
  facts = InspectModel(B::Write(Path("other.gguf"), builder.Build()));
  ASSERT_TRUE(facts.ok()) << facts.status();
  text = FormatFacts(*facts);
  EXPECT_THAT(text, HasSubstr("runs                 false"));
  EXPECT_THAT(text, HasSubstr("general.architecture is \"mamba\""));
  EXPECT_THAT(text, HasSubstr("vocabulary           2"));
}

}  // namespace
}  // namespace mj
