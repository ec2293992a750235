#include "hw_backends/models/shape_file.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "hw_backends/models/coefficient_fields.h"
#include "hw_backends/models/data_files.h"

namespace mj {
namespace {

constexpr std::string_view kFolder = "shapes/";
constexpr int64_t kMostOfAnything = 1 << 24;  // keeps products in 64 bits

int ReadSize(CoefficientFields& fields, const std::string& key) {
  const int64_t value = fields.Count(key);
  fields.Require(value <= kMostOfAnything, key, "is over 16777216");
  return static_cast<int>(std::min(value, kMostOfAnything));
}

LayerShape MakeLayer(const ModelShape& m, int64_t element_bytes) {
  const auto matrix = [element_bytes](int64_t rows, int64_t cols) {
    return MatrixShape{rows, cols, rows * cols * element_bytes};
  };
  const int64_t heads = m.num_heads, kv_heads = m.num_kv_heads;
  return {.qkv = matrix((heads + 2 * kv_heads) * m.head_dim, m.hidden),
          .output = matrix(m.hidden, heads * m.head_dim),
          .gate_up = matrix(2 * int64_t{m.intermediate}, m.hidden),
          .down = matrix(m.hidden, m.intermediate)};
}

int64_t LayerBytes(const LayerShape& l) {
  return l.qkv.bytes + l.output.bytes + l.gate_up.bytes + l.down.bytes;
}

}  // namespace

absl::StatusOr<ServedShape> ParseShape(std::string_view file_name,
                                       std::string_view text) {
  absl::StatusOr<CoefficientFile> file =
      CoefficientFile::Parse(file_name, text);
  if (!file.ok()) return file.status();
  CoefficientFields fields(*file);
  ServedShape served;
  ModelShape& m = served.shape;
  m.name = fields.Text("name");
  fields.Text("source");
  m.hidden = ReadSize(fields, "hidden");
  m.num_heads = ReadSize(fields, "num_heads");
  m.num_kv_heads = ReadSize(fields, "num_kv_heads");
  m.head_dim = ReadSize(fields, "head_dim");
  m.intermediate = ReadSize(fields, "intermediate");
  m.vocab = ReadSize(fields, "vocab");
  served.context = ReadSize(fields, "context");
  const int num_layers = ReadSize(fields, "layers");
  const int element_bytes = ReadSize(fields, "weight_bytes");
  const std::vector<int64_t> tied = fields.Integers("tied");
  fields.Require(
      tied == std::vector<int64_t>{0} || tied == std::vector<int64_t>{1},
      "tied", "must be 0 or 1");
  fields.Require(num_layers <= 4096, "layers", "is over 4096");
  fields.Keep(file->CheckAllRead());
  if (!fields.status().ok()) return fields.status();

  m.layers.assign(num_layers, MakeLayer(m, element_bytes));
  m.embedding = {m.vocab, m.hidden,
                 int64_t{m.vocab} * m.hidden * element_bytes};
  m.head = m.embedding;
  served.weight_bytes = num_layers * LayerBytes(m.layers[0]) + m.head.bytes +
                        (tied[0] == 1 ? 0 : m.embedding.bytes);
  return served;
}

absl::StatusOr<ServedShape> FindShape(std::string_view name) {
  std::vector<std::string> known;
  for (const DataFile& file : CompiledDataFiles()) {
    if (!file.name.starts_with(kFolder)) continue;
    absl::StatusOr<ServedShape> served = ParseShape(file.name, file.text);
    if (!served.ok() || served->shape.name == name) return served;
    known.push_back(served->shape.name);
  }
  return absl::NotFoundError(absl::StrCat(
      "no model shape is named \"", std::string(name), "\"; known: ",
      absl::StrJoin(known, ", "), ", or the path of a GGUF file"));
}

}  // namespace mj
