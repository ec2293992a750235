// What Prometheus scrapes: own `millijoule_*` names in base units, and the
// `vllm:*` names that gateways and dashboards already read, as aliases.
//
// Every metric is defined once; an alias is the same numbers under another
// name. A scrape copies EngineStats and never waits for the engine.
// Thread-safe: HTTP and gRPC observe, any thread scrapes.
#ifndef MILLIJOULE_SERVER_METRICS_H_
#define MILLIJOULE_SERVER_METRICS_H_

#include <prometheus/metric_family.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine_stats.h"
#include "engine/provenance.h"
#include "engine/request/delta.h"
#include "engine/request/request.h"
#include "server/recent_requests.h"

namespace mj {

// What stays the same while the process runs.
struct MetricsOptions {
  std::string model;
  int max_model_len = 1;  // bounds the buckets that count tokens
  Provenance from{};
};

class Metrics final {
 public:
  explicit Metrics(MetricsOptions options);
  ~Metrics();

  // Once a request, at its last delta, whatever its status.
  // `finish` is how its last choice ended, if it did. Returns what Recent()
  // tells of it.
  RecentRequest ObserveFinished(
      const Request& request, const Delta& last,
      std::optional<FinishReason> finish = std::nullopt);

  // A request that the engine never took, or a call without a known key.
  void ObserveRefused(const absl::Status& why);

  // `tokens` tokens of one choice arrived `since_previous` after the one
  // before them. Not for a choice's first tokens: that is TTFT.
  void ObserveTokenGap(Seconds since_previous, int tokens);

  // The requests that ended last, the newest first.
  std::vector<RecentRequest> Recent() const;

  std::vector<prometheus::MetricFamily> Families(
      const EngineStats& stats) const;
  // Of the families, in text exposition format 0.0.4.
  std::string Text(const EngineStats& stats) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_METRICS_H_
