#include "engine/model/gguf.h"

#include <utility>

#include "engine/model/gguf_parser.h"
#include "engine/model/invalid.h"

namespace mj {
namespace {

template <typename T>
absl::StatusOr<T> Get(const Gguf& file, std::string_view key,
                      absl::StatusOr<T> (*convert)(const GgufValue&)) {
  const GgufValue* value = file.FindValue(key);
  if (value == nullptr) {
    return absl::NotFoundError(
        Concat(file.label(), ": metadata key ", key, " is missing"));
  }
  auto converted = convert(*value);
  if (converted.ok()) return converted;
  return Invalid(file.label(), ": metadata key ", key, " ",
                 converted.status().message());
}

template <typename T>
absl::StatusOr<std::optional<T>> Find(
    const Gguf& file, std::string_view key,
    absl::StatusOr<T> (*convert)(const GgufValue&)) {
  if (!file.Has(key)) return std::optional<T>();
  auto value = Get(file, key, convert);
  if (!value.ok()) return value.status();
  return std::optional<T>(*std::move(value));
}

}  // namespace

absl::StatusOr<Gguf> Gguf::Parse(std::span<const std::byte> head,
                                 uint64_t file_size, std::string label) {
  auto parsed = GgufParser(head, file_size).Parse();
  if (!parsed.ok()) {
    return absl::Status(parsed.status().code(),
                        Concat(label, ": ", parsed.status().message()));
  }
  parsed->label_ = std::move(label);
  return parsed;
}

const GgufValue* Gguf::FindValue(std::string_view key) const {
  const auto found = index_.find(key);
  return found == index_.end() ? nullptr : &metadata_[found->second].value;
}

absl::StatusOr<int64_t> Gguf::GetInteger(std::string_view key) const {
  return Get(*this, key, AsInteger);
}
absl::StatusOr<double> Gguf::GetFloat(std::string_view key) const {
  return Get(*this, key, AsFloat);
}
absl::StatusOr<bool> Gguf::GetBool(std::string_view key) const {
  return Get(*this, key, AsBool);
}
absl::StatusOr<std::string> Gguf::GetString(std::string_view key) const {
  return Get(*this, key, AsString);
}
absl::StatusOr<std::vector<int64_t>> Gguf::GetIntegers(
    std::string_view key) const {
  return Get(*this, key, AsIntegers);
}
absl::StatusOr<std::vector<float>> Gguf::GetFloats(std::string_view key) const {
  return Get(*this, key, AsFloats);
}
absl::StatusOr<std::vector<bool>> Gguf::GetBools(std::string_view key) const {
  return Get(*this, key, AsBools);
}
absl::StatusOr<std::vector<std::string>> Gguf::GetStrings(
    std::string_view key) const {
  return Get(*this, key, AsStrings);
}

absl::StatusOr<std::optional<int64_t>> Gguf::FindInteger(
    std::string_view key) const {
  return Find(*this, key, AsInteger);
}
absl::StatusOr<std::optional<double>> Gguf::FindFloat(
    std::string_view key) const {
  return Find(*this, key, AsFloat);
}
absl::StatusOr<std::optional<bool>> Gguf::FindBool(std::string_view key) const {
  return Find(*this, key, AsBool);
}
absl::StatusOr<std::optional<std::string>> Gguf::FindString(
    std::string_view key) const {
  return Find(*this, key, AsString);
}

}  // namespace mj
