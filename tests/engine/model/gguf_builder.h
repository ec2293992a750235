// Writes GGUF bytes for tests: sound files by default, with the means to make
// each part wrong.
#ifndef MILLIJOULE_TESTS_ENGINE_MODEL_GGUF_BUILDER_H_
#define MILLIJOULE_TESTS_ENGINE_MODEL_GGUF_BUILDER_H_

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/gguf_value.h"
#include "kernels/tensor_type.h"

namespace mj {

class GgufBuilder final {
 public:
  uint32_t magic = 0x46554747;
  uint32_t version = 3;
  std::optional<uint64_t> tensor_count;  // instead of the true ones
  std::optional<uint64_t> entry_count;
  uint64_t alignment = 32;    // of the data section, as written
  uint64_t missing_data = 0;  // bytes cut off the end

  template <typename T>
  static std::string Raw(T value) {
    return {reinterpret_cast<const char*>(&value), sizeof(T)};
  }
  static std::string Text(std::string_view text) {
    return Raw<uint64_t>(text.size()) + std::string(text);
  }

  // `value`: the bytes after the type.
  GgufBuilder& Entry(std::string_view key, uint32_t type,
                     const std::string& value) {
    entries_ += Text(key) + Raw(type) + value;
    ++num_entries_;
    return *this;
  }
  GgufBuilder& Entry(std::string_view key, GgufType type,
                     const std::string& value) {
    return Entry(key, static_cast<uint32_t>(type), value);
  }
  GgufBuilder& Integer(std::string_view key, uint32_t value) {
    return Entry(key, GgufType::kUint32, Raw(value));
  }
  GgufBuilder& Float(std::string_view key, float value) {
    return Entry(key, GgufType::kFloat32, Raw(value));
  }
  GgufBuilder& Bool(std::string_view key, bool value) {
    return Entry(key, GgufType::kBool, Raw(value));
  }
  GgufBuilder& String(std::string_view key, std::string_view value) {
    return Entry(key, GgufType::kString, Text(value));
  }
  static std::string ArrayOf(GgufType type, uint64_t count,
                             const std::string& elements) {
    return Raw(static_cast<uint32_t>(type)) + Raw(count) + elements;
  }
  GgufBuilder& Strings(std::string_view key,
                       const std::vector<std::string>& values) {
    std::string elements;
    for (const std::string& value : values) elements += Text(value);
    return Entry(key, GgufType::kArray,
                 ArrayOf(GgufType::kString, values.size(), elements));
  }
  template <typename T>
  GgufBuilder& Array(std::string_view key, GgufType type,
                     const std::vector<T>& values) {
    std::string elements;
    for (T value : values) elements += Raw(value);
    return Entry(key, GgufType::kArray, ArrayOf(type, values.size(), elements));
  }

  // dims as in the file: the length of a row first.
  GgufBuilder& RawTensor(std::string_view name,
                         const std::vector<uint64_t>& dims, uint32_t type,
                         uint64_t offset) {
    tensors_ += Text(name) + Raw(static_cast<uint32_t>(dims.size()));
    for (uint64_t size : dims) tensors_ += Raw(size);
    tensors_ += Raw(type) + Raw(offset);
    ++num_tensors_;
    return *this;
  }
  // A tensor after the others, of zeros or of `data`.
  GgufBuilder& Tensor(std::string_view name, const std::vector<uint64_t>& dims,
                      TensorType type = TensorType::kF32,
                      std::string data = "") {
    uint64_t rows = 1;
    for (size_t i = 1; i < dims.size(); ++i) rows *= dims[i];
    data.resize(rows * RowBytes(type, static_cast<int64_t>(dims[0])));
    RawTensor(name, dims, static_cast<uint32_t>(type), data_.size());
    data_ += data;
    data_.resize((data_.size() + alignment - 1) / alignment * alignment);
    return *this;
  }

  std::string Build() const {
    std::string file =
        Raw(magic) + Raw(version) + Raw(tensor_count.value_or(num_tensors_)) +
        Raw(entry_count.value_or(num_entries_)) + entries_ + tensors_;
    if (num_tensors_ > 0) {
      file.resize((file.size() + alignment - 1) / alignment * alignment);
    }
    file += data_;
    file.resize(file.size() - missing_data);
    return file;
  }

  // The path of a file of these bytes in the test's temporary folder.
  static std::string Write(const std::string& path, const std::string& bytes) {
    std::filesystem::create_directories(
        std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

 private:
  std::string entries_, tensors_, data_;
  uint64_t num_entries_ = 0, num_tensors_ = 0;
};

// A model of the architecture with two layers, hidden 64, 4 heads of 16, 2 KV
// heads, 96 in the feed-forward, and 8 tokens; all weights zero.
inline GgufBuilder TinyMetadata(const std::string& architecture = "llama") {
  GgufBuilder builder;
  const std::string a = architecture + ".";
  builder.String("general.architecture", architecture)
      .Integer(a + "context_length", 128)
      .Integer(a + "embedding_length", 64)
      .Integer(a + "block_count", 2)
      .Integer(a + "feed_forward_length", 96)
      .Integer(a + "attention.head_count", 4)
      .Integer(a + "attention.head_count_kv", 2)
      .Float(a + "attention.layer_norm_rms_epsilon", 1e-5f);
  return builder;
}

inline void AddTinyTensors(GgufBuilder& builder) {
  builder.Tensor("token_embd.weight", {64, 8}, TensorType::kQ8_0)
      .Tensor("output_norm.weight", {64});
  for (int layer = 0; layer < 2; ++layer) {
    const std::string blk = "blk." + std::to_string(layer) + ".";
    builder.Tensor(blk + "attn_norm.weight", {64})
        .Tensor(blk + "attn_q.weight", {64, 64}, TensorType::kQ4_0)
        .Tensor(blk + "attn_k.weight", {64, 32}, TensorType::kQ4_0)
        .Tensor(blk + "attn_v.weight", {64, 32}, TensorType::kQ5_1)
        .Tensor(blk + "attn_output.weight", {64, 64}, TensorType::kF16)
        .Tensor(blk + "ffn_norm.weight", {64})
        .Tensor(blk + "ffn_gate.weight", {64, 96}, TensorType::kQ4_1)
        .Tensor(blk + "ffn_up.weight", {64, 96}, TensorType::kQ4_1)
        .Tensor(blk + "ffn_down.weight", {96, 64}, TensorType::kQ8_0);
  }
}

}  // namespace mj

#endif  // MILLIJOULE_TESTS_ENGINE_MODEL_GGUF_BUILDER_H_
