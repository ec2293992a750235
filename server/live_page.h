// The page at `/`, for operators without Grafana, and what it shows: a file
// without anything from elsewhere, which asks for /live once a second and
// computes rates from what changed.
#ifndef MILLIJOULE_SERVER_LIVE_PAGE_H_
#define MILLIJOULE_SERVER_LIVE_PAGE_H_

#include <span>
#include <string>

#include "engine/engine_stats.h"
#include "server/http_message.h"
#include "server/openai/json_reader.h"
#include "server/recent_requests.h"

namespace mj {

HttpReply LivePage();

// When a state is of.
struct LiveMoment {
  int64_t started = 0, now = 0;  // Unix seconds: of the server, and of this
  Seconds clock{0};              // only grows, for rates
};

// Counters since the start and gauges of now, in base units. Joules are null
// while the meter does not know them.
Json LiveState(const EngineStats& stats, const std::string& model,
               const LiveMoment& moment, std::span<const RecentRequest> recent);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_LIVE_PAGE_H_
