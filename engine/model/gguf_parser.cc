#include "engine/model/gguf_parser.h"

#include <algorithm>
#include <limits>
#include <unordered_set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/model/gguf_layout.h"
#include "engine/model/invalid.h"

namespace mj {
namespace {

constexpr uint32_t kMagic = 0x46554747;    // "GGUF"
constexpr uint64_t kMaxEntries = 1 << 16;  // real files: under 100
constexpr uint64_t kMaxTensors = 1 << 20;  // real files: under 10,000
constexpr uint64_t kMinEntryBytes = 14;    // length, 1-byte key, type, value
constexpr uint64_t kMinTensorBytes = 33;   // length, 1-byte name, 1 dimension
constexpr uint64_t kMaxNameBytes = 65535;  // the specification's limit
constexpr uint32_t kMaxDimensions = 4;
constexpr int kMaxArrayDepth = 4;  // no known key nests at all

// Adds what was being read to an error of the cursor.
absl::Status In(const absl::Status& status, std::string_view what) {
  if (status.ok()) return status;
  return absl::Status(status.code(), Concat(what, " ", status.message()));
}

absl::Status CheckName(std::string_view what, std::string_view name) {
  if (!name.empty() && name.size() <= kMaxNameBytes) return absl::OkStatus();
  return Invalid(what, " has ", name.size(), " bytes, needs 1 to ",
                 kMaxNameBytes);
}

absl::Status CheckCount(std::string_view what, uint64_t count, uint64_t most,
                        uint64_t min_bytes, uint64_t left) {
  if (count > most) {
    return Invalid("says it has ", count, " ", what, ", at most ", most,
                   " are accepted");
  }
  if (count * min_bytes > left) {
    return Invalid("says it has ", count, " ", what, ", the file has only ",
                   left, " bytes for them");
  }
  return absl::OkStatus();
}

bool MultiplyInto(uint64_t factor, uint64_t& product) {
  return !__builtin_mul_overflow(product, factor, &product) &&
         product <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
}

}  // namespace

absl::StatusOr<Gguf> GgufParser::Parse() {
  auto counts = ReadHeader();
  if (!counts.ok()) return counts.status();
  if (auto status = ReadMetadata(counts->entries); !status.ok()) return status;
  if (auto status = ReadTensors(counts->tensors); !status.ok()) return status;
  file_.head_bytes_ = cursor_.position();
  auto status = PlaceTensors(file_.FindValue("general.alignment"),
                             file_.head_bytes_, file_size_, file_.tensors_);
  if (!status.ok()) return status;
  return std::move(file_);
}

absl::StatusOr<GgufParser::Counts> GgufParser::ReadHeader() {
  auto magic = cursor_.Read<uint32_t>();
  if (!magic.ok()) return In(magic.status(), "header");
  if (*magic != kMagic) {
    return Invalid("starts with ", absl::Hex(*magic, absl::kZeroPad8),
                   ", not with GGUF: this is no GGUF file");
  }
  auto version = cursor_.Read<uint32_t>();
  if (!version.ok()) return In(version.status(), "header");
  if (*version != 2 && *version != 3) {
    const bool swapped = (*version & 0xffff) == 0 && *version != 0;
    return Invalid("GGUF version ", *version, ", needs 2 or 3",
                   swapped ? " (the file is big endian)" : "");
  }
  file_.version_ = *version;
  auto tensors = cursor_.Read<uint64_t>();
  if (!tensors.ok()) return In(tensors.status(), "header");
  auto entries = cursor_.Read<uint64_t>();
  if (!entries.ok()) return In(entries.status(), "header");
  return Counts{*tensors, *entries};
}

absl::Status GgufParser::ReadMetadata(uint64_t count) {
  if (auto status = CheckCount("metadata keys", count, kMaxEntries,
                               kMinEntryBytes, cursor_.left_in_file());
      !status.ok()) {
    return status;
  }
  file_.metadata_.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    if (auto status = ReadEntry(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status GgufParser::ReadEntry() {
  const size_t number = file_.metadata_.size();
  auto key = cursor_.ReadString();
  if (!key.ok()) {
    return In(key.status(), Concat("metadata key number ", number));
  }
  const std::string what = Concat("metadata key ", Quoted(*key));
  if (auto status = CheckName(what, *key); !status.ok()) return status;
  auto type = ReadType();
  if (!type.ok()) return In(type.status(), what);
  auto value = ReadValue(*type, 0);
  if (!value.ok()) return In(value.status(), what);
  if (!file_.index_.emplace(*key, number).second) {
    return Invalid(what, " is there twice");
  }
  file_.metadata_.push_back({*key, *value});
  return absl::OkStatus();
}

absl::StatusOr<GgufType> GgufParser::ReadType() {
  auto type = cursor_.Read<uint32_t>();
  if (!type.ok()) return type.status();
  if (*type >= kNumGgufTypes) {
    return Invalid("has the unknown value type ", *type, ", needs 0 to ",
                   kNumGgufTypes - 1);
  }
  return static_cast<GgufType>(*type);
}

absl::StatusOr<GgufValue> GgufParser::ReadValue(GgufType type, int depth) {
  if (type == GgufType::kArray) return ReadArray(depth);
  GgufValue value{.type = type, .element_type = type, .bytes = {}};
  if (type == GgufType::kString) {
    auto text = cursor_.ReadString();
    if (!text.ok()) return text.status();
    value.bytes = std::as_bytes(std::span(*text));
    return value;
  }
  auto bytes = cursor_.Take(ScalarBytes(type));
  if (!bytes.ok()) return bytes.status();
  value.bytes = *bytes;
  return value;
}

absl::StatusOr<GgufValue> GgufParser::ReadArray(int depth) {
  if (depth >= kMaxArrayDepth) {
    return Invalid("nests arrays deeper than ", kMaxArrayDepth);
  }
  auto element_type = ReadType();
  if (!element_type.ok()) return element_type.status();
  auto count = cursor_.Read<uint64_t>();
  if (!count.ok()) return count.status();
  GgufValue array{GgufType::kArray, *element_type, *count, {}};
  // Strings and arrays: at least their length, 8 bytes.
  const size_t width = std::max<size_t>(ScalarBytes(*element_type), 1);
  const uint64_t least = ScalarBytes(*element_type) == 0 ? 8 : width;
  if (*count > cursor_.left_in_file() / least) {
    return Invalid("is an array of ", *count, " elements, the file has only ",
                   cursor_.left_in_file(), " bytes for them");
  }
  const uint64_t start = cursor_.position();
  if (auto status = SkipElements(array, depth); !status.ok()) return status;
  array.bytes = cursor_.Since(start);
  return array;
}

absl::Status GgufParser::SkipElements(const GgufValue& array, int depth) {
  const size_t width = ScalarBytes(array.element_type);
  if (width != 0) return cursor_.Take(array.count * width).status();
  for (uint64_t i = 0; i < array.count; ++i) {
    auto element = ReadValue(array.element_type, depth + 1);
    if (!element.ok()) {
      return In(element.status(), Concat("element ", i));
    }
  }
  return absl::OkStatus();
}

absl::Status GgufParser::ReadTensors(uint64_t count) {
  if (auto status = CheckCount("tensors", count, kMaxTensors, kMinTensorBytes,
                               cursor_.left_in_file());
      !status.ok()) {
    return status;
  }
  file_.tensors_.reserve(count);
  std::unordered_set<std::string_view> names;
  for (uint64_t i = 0; i < count; ++i) {
    if (auto status = ReadTensor(); !status.ok()) return status;
    const std::string_view name = file_.tensors_.back().name;
    if (!names.insert(name).second) {
      return Invalid("tensor ", Quoted(name), " is there twice");
    }
  }
  return absl::OkStatus();
}

absl::Status GgufParser::ReadTensor() {
  GgufTensor tensor;
  auto name = cursor_.ReadString();
  if (!name.ok()) {
    return In(name.status(), Concat("tensor number ", file_.tensors_.size()));
  }
  const std::string what = Concat("tensor ", Quoted(*name));
  if (auto status = CheckName(what, *name); !status.ok()) return status;
  tensor.name = *name;
  if (auto status = ReadDimensions(tensor); !status.ok()) {
    return In(status, what);
  }
  if (auto status = ReadTensorType(tensor); !status.ok()) {
    return In(status, what);
  }
  auto offset = cursor_.Read<uint64_t>();
  if (!offset.ok()) return In(offset.status(), what);
  tensor.offset = *offset;
  file_.tensors_.push_back(tensor);
  return absl::OkStatus();
}

absl::Status GgufParser::ReadDimensions(GgufTensor& tensor) {
  auto count = cursor_.Read<uint32_t>();
  if (!count.ok()) return count.status();
  if (*count == 0 || *count > kMaxDimensions) {
    return Invalid("has ", *count, " dimensions, needs 1 to ", kMaxDimensions);
  }
  uint64_t rows = 1;
  uint64_t elements = 1;
  for (uint32_t i = 0; i < *count; ++i) {
    auto size = cursor_.Read<uint64_t>();
    if (!size.ok()) return size.status();
    if (*size == 0) return Invalid("has dimension ", i, " of size 0");
    if (!MultiplyInto(*size, elements)) {
      return Invalid("has dimension ", i, " of size ", *size,
                     ": more than 2^63 - 1 elements");
    }
    if (i == 0) tensor.cols = static_cast<int64_t>(*size);
    if (i > 0) rows *= *size;
  }
  tensor.rows = static_cast<int64_t>(rows);
  return absl::OkStatus();
}

absl::Status GgufParser::ReadTensorType(GgufTensor& tensor) {
  auto type = cursor_.Read<uint32_t>();
  if (!type.ok()) return type.status();
  const TensorTypeInfo* info = FindTensorType(*type);
  if (info == nullptr) {
    return Invalid("has type ", *type,
                   ", needs F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, "
                   "Q4_K, Q5_K or Q6_K");
  }
  tensor.type = info->type;
  if (tensor.cols % info->block_elements != 0) {
    return Invalid("has rows of ", tensor.cols, " elements, ", info->name,
                   " needs a multiple of ", info->block_elements);
  }
  tensor.bytes = static_cast<uint64_t>(tensor.cols / info->block_elements);
  if (!MultiplyInto(info->block_bytes, tensor.bytes) ||
      !MultiplyInto(tensor.rows, tensor.bytes)) {
    return Invalid("has more than 2^63 - 1 bytes");
  }
  return absl::OkStatus();
}

}  // namespace mj
