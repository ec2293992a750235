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

// Counters since the start and gauges of now, in base units. `clock_seconds`
// only grows. Joules are null while the meter does not know them.
Json LiveState(const EngineStats& stats, const std::string& model,
               Seconds clock_seconds, std::span<const RecentRequest> recent);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_LIVE_PAGE_H_
