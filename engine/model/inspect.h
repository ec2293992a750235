// The facts of a model file, for people (`millijoule inspect`) and for JSON.
// Texts come from the file as they are: they may not be valid UTF-8.
#ifndef MILLIJOULE_ENGINE_MODEL_INSPECT_H_
#define MILLIJOULE_ENGINE_MODEL_INSPECT_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"

namespace mj {

struct ModelFact {
  std::string key;  // "context_length": the key in JSON, too
  std::variant<std::string, int64_t, double, bool> value;
};

struct TensorTypeFact {
  std::string type;  // "Q4_1"
  int64_t tensors = 0;
  int64_t elements = 0;
  int64_t bytes = 0;
};

struct MetadataFact {
  std::string key;
  std::string type;   // "array of string"
  std::string value;  // long texts cut, of arrays the first elements
};

struct ModelFacts {
  std::vector<ModelFact> facts;  // in the order to show them
  std::vector<TensorTypeFact> tensor_types;
  std::vector<MetadataFact> metadata;  // in file order
};

// Any sound GGUF file, or all parts of a split one. Files that hold no model
// that can run (vocabulary only, another architecture) have `runs` false and
// `problem`, the reason. Errors: OpenGguf's.
absl::StatusOr<ModelFacts> InspectModel(const std::string& path);

// One line a fact, a table of the tensor types, one line a metadata key.
std::string FormatFacts(const ModelFacts& facts);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_INSPECT_H_
