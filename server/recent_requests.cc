#include "server/recent_requests.h"

#include <utility>

namespace mj {

RecentRequest MakeRecent(const Request& request, const Delta& last,
                         std::string outcome, int64_t unix_seconds) {
  const RequestTimings& times = last.timings;
  RecentRequest ended;
  ended.ended = unix_seconds;
  ended.id = request.id;
  ended.tenant = request.tenant;
  ended.outcome = std::move(outcome);
  ended.prompt_tokens = last.usage.prompt_tokens;
  ended.cached_tokens = last.usage.cached_tokens;
  ended.completion_tokens = last.usage.completion_tokens;
  ended.queued = times.queued;
  ended.took = times.finished;
  ended.energy = last.usage.energy.total;
  ended.method = last.usage.energy.method;
  if (ended.completion_tokens == 0) return ended;
  ended.ttft = times.first_token;
  // Choices decode side by side, so a choice's share of the tokens counts.
  const double gaps =
      static_cast<double>(ended.completion_tokens) / request.num_choices - 1;
  if (gaps > 0) ended.tpot = (times.finished - times.first_token) / gaps;
  return ended;
}

void RecentRequests::Add(RecentRequest request) {
  std::lock_guard lock(mutex_);
  requests_.push_front(std::move(request));
  if (requests_.size() > kKept) requests_.pop_back();
}

std::vector<RecentRequest> RecentRequests::NewestFirst() const {
  std::lock_guard lock(mutex_);
  return {requests_.begin(), requests_.end()};
}

}  // namespace mj
