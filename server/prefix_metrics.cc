#include "server/prefix_metrics.h"

#include "server/metric_families.h"

namespace mj {

void AddPrefixMetrics(const EngineStats& stats, const std::string& model_name,
                      std::vector<prometheus::MetricFamily>& families) {
  if (!stats.prefix) return;
  MetricFamilies out(model_name, families);
  const PrefixStats& prefix = *stats.prefix;
  const auto tokens = [](int64_t n) { return static_cast<double>(n); };
  out.Counter("prefix_cache_queries_total",
              "Prompt tokens that were looked for in the prefix cache.",
              {{tokens(prefix.queried)}}, "prefix_cache_queries_total");
  out.Counter("prefix_cache_hits_total",
              "Prompt tokens found in the prefix cache, not computed.",
              {{tokens(prefix.hit)}}, "prefix_cache_hits_total");
  out.Counter(
      "prefix_cache_copied_tokens_total",
      "Of them, those in blocks that go on differently and were copied.",
      {{tokens(prefix.copied)}});
  out.Counter("prefix_cache_lost_tokens_total",
              "Prompt tokens computed although they had been before: their "
              "blocks were taken since, or their own logits or hidden states "
              "were asked for.",
              {{tokens(prefix.lost_evicted), {{"reason", "evicted"}}},
               {tokens(prefix.lost_scored), {{"reason", "scored"}}}});
  out.Counter("prefix_cache_collisions_total",
              "Blocks that are not shared because another has their key.",
              {{tokens(prefix.collisions)}});
  const double total = stats.kv_blocks_total;
  out.Gauge("kv_cache_idle_ratio",
            "Share of the KV blocks that nobody uses but whose content may be "
            "found again, 0 to 1.",
            {{total > 0 ? stats.kv_blocks_idle / total : 0.0}});
  out.Counter("energy_saved_joules_total",
              "Modelled joules of rows that were not computed, beside their "
              "share of passes over the weights.",
              {{stats.saved_prefix.value(),
                {{"reason", "prefix_cache"}, {"method", "modelled"}}}});
}

}  // namespace mj
