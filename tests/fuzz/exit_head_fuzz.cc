// Any bytes as the file of an exit head, and the same with the checksum that
// they need; what is read is written as it was.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "engine/model/sha256.h"
#include "engine/speculate/exit_head_file.h"

namespace mj {
namespace {

void Read(const std::string& bytes) {
  const auto head = ParseExitHead(std::as_bytes(std::span(bytes)));
  if (!head.ok()) return;
  const auto again = FormatExitHead(*head);
  if (!again.ok() || again->size() != bytes.size()) std::abort();
}

std::string WithChecksum(std::string bytes) {
  if (bytes.size() < Sha256::kBytes) return bytes;
  bytes.resize(bytes.size() - Sha256::kBytes);
  Sha256 hash;
  hash.Add(std::as_bytes(std::span(bytes)));
  return bytes + hash.Digest().value_or("");
}

}  // namespace
}  // namespace mj

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  mj::Read(bytes);
  mj::Read(mj::WithChecksum(bytes));
  return 0;
}
