#include "engine/model/gguf_fingerprint.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>

#include "absl/status/status.h"
#include "engine/model/invalid.h"
#include "engine/model/sha256.h"

namespace mj {
namespace {

constexpr size_t kSampleBytes = 64 << 10;

void AddPart(const GgufFile& part, Sha256& hash) {
  const uint64_t size = part.size();
  hash.Add(std::as_bytes(std::span(&size, 1)));
  hash.Add(part.head());
  for (const GgufTensor& tensor : part.gguf().tensors()) {
    const auto bytes = part.View(tensor).bytes;
    hash.Add(bytes.first(std::min(kSampleBytes, bytes.size())));
    hash.Add(bytes.last(std::min(kSampleBytes, bytes.size())));
  }
}

}  // namespace

absl::StatusOr<std::string> Fingerprint(const std::vector<GgufFile>& parts) {
  Sha256 hash;
  for (const GgufFile& part : parts) AddPart(part, hash);
  return hash.Hex();
}

absl::StatusOr<std::string> FileChecksum(const std::string& path) {
  std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "rb"),
                                             std::fclose);
  if (file == nullptr) {
    return absl::ErrnoToStatus(errno, Concat(path, ": cannot be opened"));
  }
  Sha256 hash;
  std::vector<std::byte> buffer(1 << 20);
  for (size_t got = 1; got > 0;) {
    got = std::fread(buffer.data(), 1, buffer.size(), file.get());
    hash.Add(std::span(buffer).first(got));
  }
  if (std::ferror(file.get())) {
    return absl::ErrnoToStatus(errno, Concat(path, ": cannot be read"));
  }
  return hash.Hex();
}

}  // namespace mj
