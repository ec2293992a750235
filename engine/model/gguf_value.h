// The typed values of GGUF metadata, as views of the file's bytes.
// Source: the GGUF specification (versions 2 and 3, little endian).
#ifndef MILLIJOULE_ENGINE_MODEL_GGUF_VALUE_H_
#define MILLIJOULE_ENGINE_MODEL_GGUF_VALUE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mj {

// The values are the file format's own.
enum class GgufType : uint32_t {
  kUint8 = 0,
  kInt8 = 1,
  kUint16 = 2,
  kInt16 = 3,
  kUint32 = 4,
  kInt32 = 5,
  kFloat32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
  kUint64 = 10,
  kInt64 = 11,
  kFloat64 = 12,
};
inline constexpr uint32_t kNumGgufTypes = 13;

std::string_view NameOf(GgufType type);  // "uint32"
// Bytes of a scalar; 0 for strings and arrays, whose size varies.
size_t ScalarBytes(GgufType type);

// One value whose bytes were checked when the file was parsed. Views live as
// long as the parsed bytes.
struct GgufValue {
  GgufType type = GgufType::kUint8;
  GgufType element_type = GgufType::kUint8;  // arrays: of their elements
  uint64_t count = 1;                        // arrays: number of elements
  // Scalars and strings: the value. Arrays: the elements as they lie in the
  // file, strings with their 8-byte lengths.
  std::span<const std::byte> bytes;

  std::string TypeName() const;  // "uint32", "array of string"
};

// INVALID_ARGUMENT where the value's type is another; the message says which
// type was found and which was wanted, the caller adds the key.
// Integers: any integer type whose value fits. Floats: finite, 32 or 64 bits.
absl::StatusOr<int64_t> AsInteger(const GgufValue& value);
absl::StatusOr<double> AsFloat(const GgufValue& value);
absl::StatusOr<bool> AsBool(const GgufValue& value);
absl::StatusOr<std::string> AsString(const GgufValue& value);
absl::StatusOr<std::vector<int64_t>> AsIntegers(const GgufValue& value);
absl::StatusOr<std::vector<float>> AsFloats(const GgufValue& value);
absl::StatusOr<std::vector<bool>> AsBools(const GgufValue& value);
absl::StatusOr<std::vector<std::string>> AsStrings(const GgufValue& value);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_GGUF_VALUE_H_
