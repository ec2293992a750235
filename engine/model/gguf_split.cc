#include "engine/model/gguf_split.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "engine/model/invalid.h"

namespace mj {
namespace {

constexpr size_t kTailBytes = 20;  // "-00001-of-00003.gguf"

absl::Status CheckKey(const Gguf& part, const char* key, int64_t wanted) {
  auto value = part.GetInteger(key);
  if (!value.ok()) return value.status();
  if (*value == wanted) return absl::OkStatus();
  return Invalid(part.label(), ": ", key, " is ", *value, ", needs ", wanted);
}

absl::Status CheckTensors(const std::vector<GgufFile>& parts) {
  std::unordered_set<std::string_view> names;
  for (const GgufFile& part : parts) {
    for (const GgufTensor& tensor : part.gguf().tensors()) {
      if (names.insert(tensor.name).second) continue;
      return Invalid(part.gguf().label(), ": tensor \"", tensor.name,
                     "\" is in another part too");
    }
  }
  const Gguf& first = parts.front().gguf();
  if (!first.Has("split.tensors.count")) return absl::OkStatus();
  return CheckKey(first, "split.tensors.count",
                  static_cast<int64_t>(names.size()));
}

absl::StatusOr<GgufFile> OpenPart(const SplitName& name, int number) {
  auto part = GgufFile::Open(SplitPath(name, number));
  if (!part.ok()) return part;
  for (auto [key, wanted] : {std::pair("split.count", name.count),
                             std::pair("split.no", number - 1)}) {
    auto status = CheckKey(part->gguf(), key, wanted);
    if (!status.ok()) return status;
  }
  return part;
}

absl::StatusOr<std::vector<GgufFile>> OpenWhole(const std::string& path) {
  auto file = GgufFile::Open(path);
  if (!file.ok()) return file.status();
  auto count = file->gguf().FindInteger("split.count");
  if (!count.ok()) return count.status();
  if (count->value_or(1) > 1) {
    return Invalid(path, ": is a part of ", **count,
                   ", its name must end in -NNNNN-of-NNNNN.gguf");
  }
  std::vector<GgufFile> files;
  files.push_back(*std::move(file));
  return files;
}

}  // namespace

std::optional<SplitName> ParseSplitName(const std::string& path) {
  if (path.size() <= kTailBytes) return std::nullopt;
  const std::string tail = path.substr(path.size() - kTailBytes);
  SplitName name{.prefix = path.substr(0, path.size() - kTailBytes)};
  if (!absl::SimpleAtoi(tail.substr(1, 5), &name.number) ||
      !absl::SimpleAtoi(tail.substr(10, 5), &name.count) || name.number < 1 ||
      name.number > name.count || SplitPath(name, name.number) != path) {
    return std::nullopt;
  }
  return name;
}

std::string SplitPath(const SplitName& name, int number) {
  return absl::StrFormat("%s-%05d-of-%05d.gguf", name.prefix, number,
                         name.count);
}

absl::StatusOr<std::vector<GgufFile>> OpenGguf(const std::string& path) {
  const std::optional<SplitName> name = ParseSplitName(path);
  if (!name.has_value()) return OpenWhole(path);
  std::vector<GgufFile> parts;
  for (int number = 1; number <= name->count; ++number) {
    auto part = OpenPart(*name, number);
    if (!part.ok()) return part.status();
    parts.push_back(*std::move(part));
  }
  if (auto status = CheckTensors(parts); !status.ok()) return status;
  return parts;
}

}  // namespace mj
