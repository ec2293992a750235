#include "kernels/peak.h"

namespace mj::scalar {

uint64_t ReadAll(const void* data, int64_t bytes) {
  const int64_t part = bytes / kReadStreams / int64_t{sizeof(uint64_t)};
  const auto* words = static_cast<const uint64_t*>(data);
  uint64_t found[kReadStreams] = {};
  for (int64_t i = 0; i < part; ++i) {
    for (int s = 0; s < kReadStreams; ++s) found[s] |= words[s * part + i];
  }
  uint64_t all = 0;
  for (const uint64_t word : found) all |= word;
  return all;
}

}  // namespace mj::scalar
