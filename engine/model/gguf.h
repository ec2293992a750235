// The head of a GGUF file: metadata and tensor descriptions.
// Source: the GGUF specification, versions 2 and 3, little endian.
//
// Everything is checked before it is used: counts and lengths against the
// file's size before anything is allocated, types against the known ones,
// tensors against the file's end and each other. Errors are
// INVALID_ARGUMENT and name the file, the thing, its value and what was needed.
// Immutable after Parse: any thread may call.
#ifndef MILLIJOULE_ENGINE_MODEL_GGUF_H_
#define MILLIJOULE_ENGINE_MODEL_GGUF_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/model/gguf_value.h"
#include "kernels/tensor_type.h"

namespace mj {

struct GgufEntry {
  std::string_view key;
  GgufValue value;
};

// dims[0] is the length of a row, in elements; the others' product is the
// number of rows.
struct GgufTensor {
  std::string_view name;
  TensorType type = TensorType::kF32;
  int64_t rows = 0;
  int64_t cols = 0;
  uint64_t offset = 0;  // from the start of the file
  uint64_t bytes = 0;
};

class Gguf final {
 public:
  // `head` is the start of a file of `file_size` bytes named `label` (used in
  // messages), or all of it; it must outlive the result, which views it.
  // OUT_OF_RANGE: the file may be sound, but `head` is too short: read more.
  static absl::StatusOr<Gguf> Parse(std::span<const std::byte> head,
                                    uint64_t file_size, std::string label);

  const std::string& label() const { return label_; }
  uint32_t version() const { return version_; }
  uint64_t head_bytes() const { return head_bytes_; }  // before the tensors
  // In file order.
  const std::vector<GgufEntry>& metadata() const { return metadata_; }
  const std::vector<GgufTensor>& tensors() const { return tensors_; }

  bool Has(std::string_view key) const { return FindValue(key) != nullptr; }
  const GgufValue* FindValue(std::string_view key) const;

  // NOT_FOUND where the key is absent, INVALID_ARGUMENT where its type is
  // another: both name the key.
  absl::StatusOr<int64_t> GetInteger(std::string_view key) const;
  absl::StatusOr<double> GetFloat(std::string_view key) const;
  absl::StatusOr<bool> GetBool(std::string_view key) const;
  absl::StatusOr<std::string> GetString(std::string_view key) const;
  absl::StatusOr<std::vector<int64_t>> GetIntegers(std::string_view key) const;
  absl::StatusOr<std::vector<float>> GetFloats(std::string_view key) const;
  absl::StatusOr<std::vector<bool>> GetBools(std::string_view key) const;
  absl::StatusOr<std::vector<std::string>> GetStrings(
      std::string_view key) const;

  // The same where the file may be silent: nullopt where the key is absent.
  absl::StatusOr<std::optional<int64_t>> FindInteger(
      std::string_view key) const;
  absl::StatusOr<std::optional<double>> FindFloat(std::string_view key) const;
  absl::StatusOr<std::optional<bool>> FindBool(std::string_view key) const;
  absl::StatusOr<std::optional<std::string>> FindString(
      std::string_view key) const;

 private:
  friend class GgufParser;

  std::string label_;
  uint32_t version_ = 0;
  uint64_t head_bytes_ = 0;
  std::vector<GgufEntry> metadata_;
  std::vector<GgufTensor> tensors_;
  std::unordered_map<std::string_view, size_t> index_;  // key -> metadata_
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_GGUF_H_
