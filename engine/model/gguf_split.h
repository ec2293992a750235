// Models split over several GGUF files, NAME-00001-of-00003.gguf and so on:
// metadata in the first, tensors in all.
#ifndef MILLIJOULE_ENGINE_MODEL_GGUF_SPLIT_H_
#define MILLIJOULE_ENGINE_MODEL_GGUF_SPLIT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/gguf_file.h"

namespace mj {

struct SplitName {
  std::string prefix;  // "dir/NAME"
  int number = 0;      // 1 to count
  int count = 0;
};

// nullopt where `path` is not named like a part.
std::optional<SplitName> ParseSplitName(const std::string& path);
std::string SplitPath(const SplitName& name, int number);

// Opens `path`, or all parts of the model it is any part of, first part
// first. INVALID_ARGUMENT: the parts' split.* keys do not agree with their
// names, their number of tensors or each other, or a tensor is in two parts.
// NOT_FOUND names a missing part.
absl::StatusOr<std::vector<GgufFile>> OpenGguf(const std::string& path);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_GGUF_SPLIT_H_
