#include "server/load_report.h"

#include "absl/strings/str_cat.h"
#include "server/openai/json_reader.h"

namespace mj {
namespace {

Json NamedMetrics(const EngineStats& stats) {
  const double total = stats.kv_blocks_total;
  Json metrics = Json::object();
  metrics["kv_cache_usage_perc"] =
      total > 0 ? stats.kv_blocks_used / total : 0.0;
  metrics["num_requests_running"] = stats.running;
  metrics["num_requests_waiting"] = stats.waiting;
  if (!stats.of_late) return metrics;
  const EnergyOfLate& late = *stats.of_late;
  metrics["watts"] = late.energy.value() / late.time.count();
  if (late.generated_tokens > 0) {
    metrics["joules_per_token"] =
        late.energy.value() / static_cast<double>(late.generated_tokens);
  }
  return metrics;
}

}  // namespace

std::optional<std::string> LoadReport(std::string_view format,
                                      const EngineStats& stats) {
  const Json metrics = NamedMetrics(stats);
  if (format == "JSON") {
    return absl::StrCat("JSON ", DumpJson({{"named_metrics", metrics}}));
  }
  if (format != "TEXT") return std::nullopt;
  std::string text = "TEXT";
  const char* separator = " ";
  for (const auto& [name, value] : metrics.items()) {
    absl::StrAppend(&text, separator, "named_metrics.", name, "=",
                    DumpJson(value));
    separator = ", ";
  }
  return text;
}

}  // namespace mj
