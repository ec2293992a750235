// What operators may see of adaptive depth: plain data; counters only grow.
#ifndef MILLIJOULE_ENGINE_DEPTH_STATS_H_
#define MILLIJOULE_ENGINE_DEPTH_STATS_H_

#include <cstdint>

namespace mj {

struct DepthStats {
  // Tokens of requests that might leave early: those that did, and the rest.
  int64_t early_tokens = 0, full_tokens = 0;
  // Rows that the exit head was asked about: it was not sure; it was, but
  // leaving would have saved nothing in that step.
  int64_t unsure = 0, stayed = 0;
  int64_t unasked = 0;  // rows that might have, where asking was not worth it
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_DEPTH_STATS_H_
