// The load report of ORCA (xDS open request cost aggregation) that gateways
// read from a reply's header `endpoint-load-metrics`, if a request asks for it
// with `endpoint-load-metrics-format: TEXT` or `JSON`.
#ifndef MILLIJOULE_SERVER_LOAD_REPORT_H_
#define MILLIJOULE_SERVER_LOAD_REPORT_H_

#include <optional>
#include <string>
#include <string_view>

#include "engine/engine_stats.h"

namespace mj {

inline constexpr const char* kLoadFormatHeader = "endpoint-load-metrics-format";
inline constexpr const char* kLoadHeader = "endpoint-load-metrics";

// "TEXT named_metrics.NAME=VALUE, ..." or "JSON {"named_metrics": {...}}" with
// kv_cache_usage_perc (0 to 1), num_requests_running, num_requests_waiting,
// and, as the meter has told of late, watts and joules_per_token (the meter's
// joules over the tokens generated meanwhile). Nothing for another `format`.
std::optional<std::string> LoadReport(std::string_view format,
                                      const EngineStats& stats);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_LOAD_REPORT_H_
