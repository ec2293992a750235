// The requests that ended last, for those who watch. Thread-safe.
#ifndef MILLIJOULE_SERVER_RECENT_REQUESTS_H_
#define MILLIJOULE_SERVER_RECENT_REQUESTS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/request/delta.h"
#include "engine/request/request.h"

namespace mj {

struct RecentRequest {
  int64_t ended = 0;  // Unix seconds
  std::string id, tenant;
  std::string outcome;  // a finished_reason of the metrics
  int prompt_tokens = 0, cached_tokens = 0, completion_tokens = 0;
  Seconds queued{0}, took{0};
  std::optional<Seconds> ttft, tpot;  // absent: no token, not two of them
  Joules energy{0};
  std::string method;  // "modelled" or "measured"
};

// `last` is the request's last delta.
RecentRequest MakeRecent(const Request& request, const Delta& last,
                         std::string outcome, int64_t unix_seconds);

class RecentRequests final {
 public:
  static constexpr size_t kKept = 50;

  void Add(RecentRequest request);
  std::vector<RecentRequest> NewestFirst() const;

 private:
  mutable std::mutex mutex_;
  std::deque<RecentRequest> requests_;
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_RECENT_REQUESTS_H_
