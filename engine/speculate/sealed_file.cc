#include "engine/speculate/sealed_file.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "engine/model/invalid.h"
#include "engine/model/sha256.h"

namespace mj {
namespace {

static_assert(kSealBytes == Sha256::kBytes);

absl::StatusOr<std::string> DigestOf(std::span<const std::byte> bytes) {
  Sha256 hash;
  hash.Add(bytes);
  return hash.Digest();
}

}  // namespace

absl::StatusOr<std::string> Seal(std::string bytes) {
  const absl::StatusOr<std::string> digest =
      DigestOf(std::as_bytes(std::span(bytes)));
  if (!digest.ok()) return digest.status();
  return std::move(bytes) + *digest;
}

absl::StatusOr<std::string> ChecksumOf(std::string_view bytes) {
  Sha256 hash;
  hash.Add(std::as_bytes(std::span(bytes)));
  return hash.Hex();
}

absl::Status CheckSeal(const char* what, std::span<const std::byte> bytes,
                       size_t wanted) {
  if (bytes.size() != wanted) {
    return Invalid(what, ": ", bytes.size(), " bytes, needs ", wanted, ": ",
                   bytes.size() < wanted ? "it is cut off" : "it is too long");
  }
  const absl::StatusOr<std::string> digest =
      DigestOf(bytes.first(wanted - kSealBytes));
  if (!digest.ok()) return digest.status();
  if (!std::ranges::equal(bytes.last(kSealBytes),
                          std::as_bytes(std::span(*digest)))) {
    return Invalid(what, ": its checksum is not that of its bytes");
  }
  return absl::OkStatus();
}

absl::Status CheckVersion(const char* what, std::span<const std::byte> bytes,
                          std::string_view magic, uint32_t version) {
  Cursor cursor(bytes);
  if (bytes.size() < magic.size() + sizeof(version) ||
      cursor.TakeText(magic.size()) != magic) {
    return Invalid("no ", what, ": it does not start with ", magic);
  }
  if (const auto found = cursor.Take<uint32_t>(); found != version) {
    return Invalid(what, " of another build: format version ", found,
                   ", this one reads version ", version);
  }
  return absl::OkStatus();
}

bool IsSha256(std::string_view text) {
  return text.size() == 2 * Sha256::kBytes &&
         text.find_first_not_of("0123456789abcdef") == text.npos;
}

bool IsFinite(std::span<const float> values) {
  return std::ranges::all_of(values, [](float v) { return std::isfinite(v); });
}

absl::Status ReplaceFile(const std::string& path, const std::string& bytes) {
  const std::string unfinished = path + ".part";
  std::ofstream file(unfinished, std::ios::binary);
  file << bytes;
  file.close();
  if (!file.good() || std::rename(unfinished.c_str(), path.c_str()) != 0) {
    const int error = errno;
    std::remove(unfinished.c_str());
    return absl::ErrnoToStatus(error, Concat(path, ": cannot be written"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadSealedFile(const std::string& path,
                                           size_t most) {
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(path, error);
  if (error) {
    return absl::ErrnoToStatus(error.value(), Concat(path, ": cannot be read"));
  }
  if (size > most) {
    return Invalid(path, ": ", size, " bytes are more than any such file has");
  }
  std::string bytes(size, '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file.read(bytes.data(), static_cast<std::streamsize>(size))) {
    return absl::NotFoundError(Concat(path, ": cannot be read"));
  }
  return bytes;
}

}  // namespace mj
