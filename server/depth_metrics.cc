#include "server/depth_metrics.h"

#include "server/metric_families.h"

namespace mj {

void AddDepthMetrics(const EngineStats& stats, const std::string& model_name,
                     std::vector<prometheus::MetricFamily>& families) {
  MetricFamilies out(model_name, families);
  const DepthStats& depth = stats.depth;
  const auto value = [](int64_t count, const char* label, const char* name) {
    return MetricValue{static_cast<double>(count), {{label, name}}};
  };
  out.Counter("adaptive_tokens_total",
              "Generated tokens of requests that may leave the model early.",
              {value(depth.early_tokens, "depth", "early"),
               value(depth.full_tokens, "depth", "full")});
  out.Counter("adaptive_rows_kept_total",
              "Rows that might have left the model early, by why they did not: "
              "the exit head was unsure; it was sure, but nothing would have "
              "been saved; asking it was not worth its joules.",
              {value(depth.unsure, "reason", "unsure"),
               value(depth.stayed, "reason", "no_gain"),
               value(depth.unasked, "reason", "not_asked")});
}

}  // namespace mj
