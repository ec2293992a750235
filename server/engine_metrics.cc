#include "server/engine_metrics.h"

#include "absl/strings/str_cat.h"
#include "hw_backends/backend.h"
#include "server/metric_families.h"

namespace mj {
namespace {

void AddLoad(const EngineStats& stats, MetricFamilies& out) {
  const double total = stats.kv_blocks_total;
  out.Gauge("requests_running", "Sequences that hold KV blocks.",
            {{static_cast<double>(stats.running)}}, "num_requests_running");
  out.Gauge("requests_waiting", "Sequences that wait for a place.",
            {{static_cast<double>(stats.waiting)}}, "num_requests_waiting");
  out.Gauge("requests_waiting_by_reason",
            "Sequences that wait for a place (capacity), and flex requests "
            "that wait for less carbon (deferred).",
            {{static_cast<double>(stats.waiting), {{"reason", "capacity"}}},
             {static_cast<double>(stats.held), {{"reason", "deferred"}}}},
            "num_requests_waiting_by_reason");
  out.Gauge("kv_cache_usage_ratio", "Used share of the KV blocks, 0 to 1.",
            {{total > 0 ? stats.kv_blocks_used / total : 0.0}},
            "kv_cache_usage_perc");
  out.Gauge("cache_config_info", "The KV cache's shape; always 1.",
            {{1,
              {{"block_size", absl::StrCat(kBlockSize)},
               {"num_gpu_blocks", absl::StrCat(stats.kv_blocks_total)}}}},
            "cache_config_info");
}

void AddWork(const EngineStats& stats, MetricFamilies& out) {
  const auto count = [&](const char* name, const char* help, uint64_t n,
                         const char* alias = "") {
    out.Counter(name, help, {{static_cast<double>(n)}}, alias);
  };
  count("steps_total", "Steps the engine has run.", stats.steps);
  count("progress_total",
        "Rounds of the engine's loop, pauses too, and layers of its steps: "
        "stands still only where it is stuck or has nothing to do.",
        stats.progress);
  count("prompt_tokens_total",
        "Prompt tokens of admitted requests, once a choice: computed, or found "
        "in the prefix cache.",
        stats.prompt_tokens, "prompt_tokens_total");
  const uint64_t hit = stats.shared_prompt_tokens;
  count("prompt_tokens_cached_total", "Prompt tokens that were not computed.",
        hit, "prompt_tokens_cached_total");
  out.Counter("prompt_tokens_by_source_total",
              "Prompt tokens, computed or found in the prefix cache.",
              {{static_cast<double>(stats.prompt_tokens - hit),
                {{"source", "local_compute"}}},
               {static_cast<double>(hit), {{"source", "local_cache_hit"}}}},
              "prompt_tokens_by_source_total");
  count("generation_tokens_total", "Tokens generated.", stats.generated_tokens,
        "generation_tokens_total");
  count("preemptions_total", "Sequences that lost their KV blocks to others.",
        stats.preemptions, "num_preemptions_total");
  count("recomputed_tokens_total", "Tokens computed again after a preemption.",
        stats.recomputed_tokens);
}

// Whether the joules below are whole.
void AddMeterState(const EngineStats& stats, MetricFamilies& out) {
  const auto value = [&](double number) {
    return MetricValue{
        number,
        {{"domain", stats.energy_domain}, {"method", stats.energy_method}}};
  };
  out.Gauge("energy_known",
            "1 while the meter can be read, 0 while joules are unknown.",
            {value(stats.energy_known ? 1 : 0)});
  out.Counter("energy_unknown_seconds_total",
              "Time of which no joules are known and none will be.",
              {value(stats.energy_unknown_time.count())});
}

// What the meter cannot tell is left out: unknown is not 0.
void AddEnergy(const EngineStats& stats, MetricFamilies& out) {
  AddMeterState(stats, out);
  if (!stats.energy_known) return;
  const auto phase = [&](const char* name, Joules joules) {
    return MetricValue{joules.value(),
                       {{"domain", stats.energy_domain},
                        {"phase", name},
                        {"method", stats.energy_method}}};
  };
  out.Counter("energy_joules_total",
              "Joules by phase; the phases' sum is the meter's.",
              {phase("prefill", stats.prefill), phase("decode", stats.decode),
               phase("idle", stats.idle), phase("overhead", stats.overhead)});
  const auto waste = [](const char* reason, Joules joules) {
    return MetricValue{joules.value(), {{"reason", reason}}};
  };
  out.Counter("wasted_joules_total",
              "Joules that led to no token of a reply; part of the phases.",
              {waste("aborted", stats.wasted_aborted),
               waste("preempted", stats.wasted_preempted),
               waste("rejected_draft", stats.wasted_rejected)});
}

void AddFootprint(const EngineStats& stats, MetricFamilies& out) {
  out.Gauge("grid_intensity_grams_per_kwh",
            "CO2e of the grid's electricity, now.", {{stats.grams_per_kwh}});
  out.Counter("emissions_grams_total",
              "Operational CO2e of the known joules, at the facility.",
              {{stats.footprint.grams_co2e}});
  if (!stats.footprint.litres) return;
  out.Counter("water_litres_total",
              "Water for the known joules, on site and of the grid.",
              {{*stats.footprint.litres}});
}

void AddLedger(const EngineStats& stats, MetricFamilies& out) {
  if (!stats.ledger) return;
  const LedgerState& ledger = *stats.ledger;
  out.Gauge("ledger_up", "1 while the energy ledger can be written.",
            {{ledger.problem.ok() ? 1.0 : 0.0}});
  out.Gauge("ledger_waiting_windows",
            "Meter windows that are not yet in the energy ledger.",
            {{static_cast<double>(ledger.waiting)}});
  const auto windows = [](const char* outcome, uint64_t n) {
    return MetricValue{static_cast<double>(n), {{"outcome", outcome}}};
  };
  out.Counter(
      "ledger_windows_total",
      "Meter windows by what the energy ledger made of them; left_out: another "
      "server keeps it.",
      {windows("written", ledger.written), windows("lost", ledger.lost),
       windows("left_out", ledger.left_out)});
}

}  // namespace

void AddEngineMetrics(const EngineStats& stats, const std::string& model_name,
                      std::vector<prometheus::MetricFamily>& families) {
  MetricFamilies out(model_name, families);
  AddLoad(stats, out);
  AddWork(stats, out);
  AddEnergy(stats, out);
  AddFootprint(stats, out);
  AddLedger(stats, out);
}

}  // namespace mj
