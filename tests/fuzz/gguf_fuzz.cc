// Any bytes as a GGUF file: parsed, its metadata read, its config and
// vocabulary made, its weights looked up.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "engine/model/architecture_tensors.h"
#include "engine/model/gguf.h"
#include "engine/model/model_config.h"
#include "engine/model/tensor_index.h"
#include "engine/model/vocabulary_reader.h"
#include "kernels/scalar/dequantize.h"

namespace mj {
namespace {

TensorIndex IndexOf(const Gguf& file, std::span<const std::byte> bytes) {
  TensorIndex index;
  for (const GgufTensor& tensor : file.tensors()) {
    index.emplace(tensor.name,
                  TensorView{tensor.type, tensor.rows, tensor.cols,
                             bytes.subspan(tensor.offset, tensor.bytes)});
  }
  return index;
}

void Dequantize(const TensorIndex& index) {
  for (const auto& [name, tensor] : index) {
    std::vector<float> row(tensor.cols);
    const size_t row_bytes = RowBytes(tensor.type, tensor.cols);
    for (int64_t r = 0; r < tensor.rows; ++r) {
      scalar::DequantizeRow(tensor.type, tensor.bytes.data() + r * row_bytes,
                            row.data(), tensor.cols);
    }
  }
}

void Read(std::span<const std::byte> bytes) {
  const auto file = Gguf::Parse(bytes, bytes.size(), "fuzz");
  if (!file.ok()) return;
  const TensorIndex index = IndexOf(*file, bytes);
  Dequantize(index);
  (void)ReadVocabulary(*file);
  (void)ReadChatTemplates(*file);
  const auto config = ReadModelConfig(*file, index);
  if (config.ok()) (void)AllTensorsOf(*config);
}

}  // namespace
}  // namespace mj

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  mj::Read(std::as_bytes(std::span(data, size)));
  return 0;
}
