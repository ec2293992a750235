// The keys ARCHITECTURE.* of one file, with their ranges checked.
#ifndef MILLIJOULE_ENGINE_MODEL_METADATA_READER_H_
#define MILLIJOULE_ENGINE_MODEL_METADATA_READER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "engine/model/gguf.h"

namespace mj {

// Reads one key after another and keeps the first error, which names the
// file, the key, its value and what was needed: callers look at status() once.
// A reading that failed returns a value in range.
class MetadataReader final {
 public:
  MetadataReader(const Gguf& file, std::string architecture)
      : file_(file), architecture_(std::move(architecture)) {}

  const absl::Status& status() const { return status_; }
  const Gguf& file() const { return file_; }
  std::string Key(std::string_view name) const;  // "llama." + name
  bool Has(std::string_view name) const { return file_.Has(Key(name)); }

  // `fallback` where the key is absent; without one the key is needed.
  // Arrays of one value a layer are read where all of them agree.
  int Integer(std::string_view name, int least, int most,
              std::optional<int> fallback = std::nullopt);
  // Needs least < value <= most.
  float Float(std::string_view name, float least, float most,
              std::optional<float> fallback = std::nullopt);
  bool Bool(std::string_view name, bool fallback);
  std::string String(std::string_view name, std::string fallback);

  // Keeps `status` if it is the first error.
  void Fail(absl::Status status);

 private:
  absl::StatusOr<int64_t> UniformInteger(const std::string& key) const;

  const Gguf& file_;
  std::string architecture_;
  absl::Status status_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_METADATA_READER_H_
