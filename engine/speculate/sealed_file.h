// Files of numbers that end with the SHA-256 of all before: their pieces in
// memory, and how they are read and replaced on disk. Little endian.
#ifndef MILLIJOULE_ENGINE_SPECULATE_SEALED_FILE_H_
#define MILLIJOULE_ENGINE_SPECULATE_SEALED_FILE_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mj {

static_assert(std::endian::native == std::endian::little);

inline constexpr size_t kSealBytes = 32;

template <class T>
void Append(T value, std::string& out) {
  static_assert(std::is_trivially_copyable_v<T>);
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

template <class T>
void AppendAll(const std::vector<T>& values, std::string& out) {
  out.append(reinterpret_cast<const char*>(values.data()),
             values.size() * sizeof(T));
}

// Cut off, or filled with zeros, to so many bytes.
inline void AppendText(std::string text, size_t bytes, std::string& out) {
  text.resize(bytes, '\0');
  out += text;
}

// Reads values one after the other; the caller has checked that they are there.
class Cursor final {
 public:
  explicit Cursor(std::span<const std::byte> bytes) : left_(bytes) {}

  template <class T>
  T Take() {
    T value;
    std::memcpy(&value, left_.data(), sizeof(value));
    left_ = left_.subspan(sizeof(value));
    return value;
  }
  template <class T>
  std::vector<T> TakeAll(size_t count) {
    std::vector<T> values(count);
    if (count > 0) std::memcpy(values.data(), left_.data(), count * sizeof(T));
    left_ = left_.subspan(count * sizeof(T));
    return values;
  }
  // To the first zero.
  std::string TakeText(size_t bytes) {
    const std::string text(reinterpret_cast<const char*>(left_.data()), bytes);
    left_ = left_.subspan(bytes);
    return text.c_str();
  }

 private:
  std::span<const std::byte> left_;
};

// The bytes and their SHA-256. INTERNAL: the library has none.
absl::StatusOr<std::string> Seal(std::string bytes);
// The SHA-256 of a whole file's bytes, seal and all, as sha256sum prints it.
absl::StatusOr<std::string> ChecksumOf(std::string_view bytes);

// INVALID_ARGUMENT: `bytes` are not `wanted`, or not those that were sealed;
// the message names `what`. REQUIRES: wanted > kSealBytes
absl::Status CheckSeal(const char* what, std::span<const std::byte> bytes,
                       size_t wanted);
// Does not start with `magic`, eight letters, and this version.
absl::Status CheckVersion(const char* what, std::span<const std::byte> bytes,
                          std::string_view magic, uint32_t version);

bool IsSha256(std::string_view text);  // in hex
bool IsFinite(std::span<const float> values);

// Replaces `path` at once or not at all. Errors name the path.
absl::Status ReplaceFile(const std::string& path, const std::string& bytes);
// INVALID_ARGUMENT: more than `most` bytes; NOT_FOUND and others: it cannot be
// read. Errors name the path.
absl::StatusOr<std::string> ReadSealedFile(const std::string& path,
                                           size_t most);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SPECULATE_SEALED_FILE_H_
