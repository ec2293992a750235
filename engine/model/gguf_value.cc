#include "engine/model/gguf_value.h"

#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/model/invalid.h"

namespace mj {
namespace {

struct TypeFacts {
  std::string_view name;
  size_t bytes;
};

constexpr TypeFacts kTypes[kNumGgufTypes] = {
    {"uint8", 1},  {"int8", 1},    {"uint16", 2},  {"int16", 2},  {"uint32", 4},
    {"int32", 4},  {"float32", 4}, {"bool", 1},    {"string", 0}, {"array", 0},
    {"uint64", 8}, {"int64", 8},   {"float64", 8},
};

absl::Status WrongType(const GgufValue& value, std::string_view wanted) {
  return Invalid("is of type ", value.TypeName(), ", needs ", wanted);
}

template <typename T>
T Load(const std::byte* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

bool IsInteger(GgufType type) {
  switch (type) {
    case GgufType::kFloat32:
    case GgufType::kFloat64:
    case GgufType::kBool:
    case GgufType::kString:
    case GgufType::kArray:
      return false;
    default:
      return true;
  }
}

bool IsFloat(GgufType type) {
  return type == GgufType::kFloat32 || type == GgufType::kFloat64;
}

absl::StatusOr<int64_t> LoadUint64(const std::byte* bytes) {
  const uint64_t value = Load<uint64_t>(bytes);
  if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return Invalid("is ", value, ", needs at most 2^63 - 1");
  }
  return static_cast<int64_t>(value);
}

// REQUIRES: IsInteger(type)
absl::StatusOr<int64_t> LoadInteger(GgufType type, const std::byte* bytes) {
  switch (type) {
    case GgufType::kUint8:
      return Load<uint8_t>(bytes);
    case GgufType::kInt8:
      return Load<int8_t>(bytes);
    case GgufType::kUint16:
      return Load<uint16_t>(bytes);
    case GgufType::kInt16:
      return Load<int16_t>(bytes);
    case GgufType::kUint32:
      return Load<uint32_t>(bytes);
    case GgufType::kInt32:
      return Load<int32_t>(bytes);
    case GgufType::kInt64:
      return Load<int64_t>(bytes);
    default:
      assert(type == GgufType::kUint64);
      return LoadUint64(bytes);
  }
}

// REQUIRES: IsFloat(type)
double LoadFloat(GgufType type, const std::byte* bytes) {
  return type == GgufType::kFloat32 ? Load<float>(bytes) : Load<double>(bytes);
}

std::string_view Text(const std::byte* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

std::string_view NameOf(GgufType type) {
  return kTypes[static_cast<uint32_t>(type)].name;
}

size_t ScalarBytes(GgufType type) {
  return kTypes[static_cast<uint32_t>(type)].bytes;
}

std::string GgufValue::TypeName() const {
  if (type != GgufType::kArray) return std::string(NameOf(type));
  return Concat("array of ", NameOf(element_type));
}

absl::StatusOr<int64_t> AsInteger(const GgufValue& value) {
  if (!IsInteger(value.type)) return WrongType(value, "an integer");
  return LoadInteger(value.type, value.bytes.data());
}

absl::StatusOr<double> AsFloat(const GgufValue& value) {
  if (!IsFloat(value.type)) return WrongType(value, "a float");
  const double number = LoadFloat(value.type, value.bytes.data());
  if (!std::isfinite(number)) {
    return Invalid("is ", number, ", needs a finite number");
  }
  return number;
}

absl::StatusOr<bool> AsBool(const GgufValue& value) {
  if (value.type != GgufType::kBool) return WrongType(value, "bool");
  return value.bytes[0] != std::byte{0};
}

absl::StatusOr<std::string> AsString(const GgufValue& value) {
  if (value.type != GgufType::kString) return WrongType(value, "string");
  return std::string(Text(value.bytes.data(), value.bytes.size()));
}

absl::StatusOr<std::vector<int64_t>> AsIntegers(const GgufValue& value) {
  if (value.type != GgufType::kArray || !IsInteger(value.element_type)) {
    return WrongType(value, "an array of integers");
  }
  std::vector<int64_t> numbers;
  numbers.reserve(value.count);
  const size_t width = ScalarBytes(value.element_type);
  for (size_t at = 0; at < value.bytes.size(); at += width) {
    auto number = LoadInteger(value.element_type, value.bytes.data() + at);
    if (!number.ok()) return number.status();
    numbers.push_back(*number);
  }
  return numbers;
}

absl::StatusOr<std::vector<float>> AsFloats(const GgufValue& value) {
  if (value.type != GgufType::kArray || !IsFloat(value.element_type)) {
    return WrongType(value, "an array of floats");
  }
  std::vector<float> numbers;
  numbers.reserve(value.count);
  const size_t width = ScalarBytes(value.element_type);
  for (size_t at = 0; at < value.bytes.size(); at += width) {
    numbers.push_back(static_cast<float>(
        LoadFloat(value.element_type, value.bytes.data() + at)));
  }
  return numbers;
}

absl::StatusOr<std::vector<bool>> AsBools(const GgufValue& value) {
  if (value.type != GgufType::kArray || value.element_type != GgufType::kBool) {
    return WrongType(value, "an array of bool");
  }
  std::vector<bool> flags;
  flags.reserve(value.count);
  for (std::byte flag : value.bytes) flags.push_back(flag != std::byte{0});
  return flags;
}

absl::StatusOr<std::vector<std::string>> AsStrings(const GgufValue& value) {
  if (value.type != GgufType::kArray ||
      value.element_type != GgufType::kString) {
    return WrongType(value, "an array of strings");
  }
  std::vector<std::string> texts;
  texts.reserve(value.count);
  const std::byte* at = value.bytes.data();
  for (uint64_t i = 0; i < value.count; ++i) {
    const uint64_t size = Load<uint64_t>(at);
    texts.emplace_back(Text(at + sizeof(size), size));
    at += sizeof(size) + size;
  }
  return texts;
}

}  // namespace mj
