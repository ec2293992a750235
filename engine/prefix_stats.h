// What others need to know of shared beginnings (prefix_reuse.h): plain data.
#ifndef MILLIJOULE_ENGINE_PREFIX_STATS_H_
#define MILLIJOULE_ENGINE_PREFIX_STATS_H_

#include <cstdint>
#include <map>
#include <string>

namespace mj {

// Tokens, since the engine's start; what preemption takes and brings back does
// not count.
struct PrefixStats {
  int64_t queried = 0;  // of sequences that have started
  int64_t hit = 0;      // of them, found rather than computed
  int64_t copied = 0;   // of those, in blocks that go on differently
  // Of them, computed although they were there before, because
  int64_t lost_evicted = 0;  // their blocks have been taken for others
  int64_t lost_scored = 0;   // logits or hidden states were wanted
  int64_t collisions = 0;    // blocks with the key of another; never shared
};

using PrefixRegions = std::map<std::string, std::string>;  // by tenant

// A block of the backend's KV cache, and where its content is wanted, too.
struct BlockCopy {
  int32_t from = 0, to = 0;
};

// Positions that a sequence got from others.
struct SharedTokens {
  int first = 0, count = 0;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_PREFIX_STATS_H_
