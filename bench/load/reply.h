// What came of one request, whatever carried it.
#ifndef MILLIJOULE_BENCH_LOAD_REPLY_H_
#define MILLIJOULE_BENCH_LOAD_REPLY_H_

#include <optional>
#include <string>
#include <vector>

#include "bench/load/stream_chunk.h"
#include "hw_backends/quantities.h"

namespace mj {

// Times are a SteadyClock's.
struct Reply {
  Seconds sent{0};  // just before the request was written
  Seconds finished{0};
  std::vector<Seconds> text_times;  // of the parts that carried text
  std::optional<ReplyUsage> usage;
  std::string error;  // its kind, as reply_check.h lists them; empty: none
};

}  // namespace mj

#endif  // MILLIJOULE_BENCH_LOAD_REPLY_H_
