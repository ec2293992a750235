#include "bench/load/load_run.h"

#include <algorithm>

namespace mj {

std::optional<Seconds> RequestRecord::tpot() const {
  if (text_events < 2 || output_tokens < 2) return std::nullopt;
  return (*last_text - *first_text) / (output_tokens - 1);
}

void Timeline::Add(Seconds time) {
  const auto bucket = static_cast<size_t>(std::max(0.0, time / kBucket));
  if (bucket >= events.size()) events.resize(bucket + 1);
  ++events[bucket];
}

}  // namespace mj
