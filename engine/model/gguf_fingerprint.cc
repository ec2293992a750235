#include "engine/model/gguf_fingerprint.h"

#include <algorithm>
#include <cstdint>
#include <span>

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

}  // namespace mj
