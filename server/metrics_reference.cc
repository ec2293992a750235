#include "server/metrics_reference.h"

#include <array>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace mj {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::string_view kAliasPrefix = "vllm:";
constexpr std::string_view kIntroduction =
    "# Metrics\n\n"
    "What `GET /metrics` tells, as `millijoule metrics` prints it. Names, "
    "types and labels are kept; counters start at 0 with the server and no "
    "scrape changes them. A metric of something the server runs without (a "
    "governor, a power cap, shadow devices) is left out, and so are joules "
    "that no meter knows. An alias has the same numbers under vLLM's name, "
    "with the label `engine` beside the others; `promtool check metrics` "
    "warns of the colon in it, and of nothing else.\n\n"
    "| name | alias | type | unit | labels | meaning |\n"
    "|---|---|---|---|---|---|\n";

std::string_view TypeName(MetricType type) {
  switch (type) {
    case MetricType::Counter:
      return "counter";
    case MetricType::Gauge:
      return "gauge";
    case MetricType::Histogram:
      return "histogram";
    default:
      return "untyped";
  }
}

// Base units stand at the end of a name, before _total.
std::string_view UnitOf(std::string_view name) {
  struct Unit {
    std::string_view suffix, unit;
  };
  static constexpr std::array<Unit, 11> kUnits = {{
      {"_seconds", "s"},
      {"_joules", "J"},
      {"_watts", "W"},
      {"_hertz", "Hz"},
      {"_bytes", "B"},
      {"_grams", "g"},
      {"_grams_per_kwh", "g/kWh"},
      {"_litres", "L"},
      {"_ratio", "1"},
      {"_tokens", "tokens"},
      {"_requests", "requests"},
  }};
  constexpr std::string_view kTotal = "_total";
  if (name.ends_with(kTotal)) name.remove_suffix(kTotal.size());
  for (const Unit& unit : kUnits) {
    if (name.ends_with(unit.suffix)) return unit.unit;
  }
  // What is counted may stand before what it is counted by.
  if (name.find("_tokens_") != name.npos) return "tokens";
  if (name.find("_requests_") != name.npos) return "requests";
  return "count";
}

std::string LabelsOf(const MetricFamily& family) {
  if (family.metric.empty()) return "";
  return absl::StrJoin(family.metric.front().label, ", ",
                       [](std::string* out, const auto& label) {
                         absl::StrAppend(out, "`", label.name, "`");
                       });
}

std::string Row(const MetricFamily& family, const std::string& alias) {
  const std::string quoted = alias.empty() ? "" : absl::StrCat("`", alias, "`");
  return absl::StrCat("| `", family.name, "` | ", quoted, " | ",
                      std::string(TypeName(family.type)), " | ",
                      std::string(UnitOf(family.name)), " | ", LabelsOf(family),
                      " | ", family.help, " |\n");
}

GovernorStats EveryGovernorStat() {
  GovernorStats governor;
  governor.policy = "energy";
  governor.requested = governor.achieved = Hertz(1);
  governor.decisions = {{"decode", "decode: least energy", 1}};
  for (PredictionSums& sums : governor.phases) sums.measured = Joules(1);
  return governor;
}

}  // namespace

EngineStats StatsOfEverything() {
  EngineStats stats;
  stats.prefix.emplace();
  stats.speculation.choices = {{Drafter::kNgram, "expected gain", 1}};
  stats.speculation.learning.emplace();
  stats.slo_defaults = {.ttft = Seconds(1), .tpot = Seconds(1)};
  stats.power_cap = Watts(1);
  stats.packages.emplace();
  stats.packages->requested = stats.packages->achieved = Watts(1);
  stats.tenants = {{"default", {}, Joules(1), 0}};
  stats.energy_domain = "package";
  stats.energy_method = "measured";
  stats.device = {.name = "cim:colonnade-65nm", .bits = {.input_bits = 1}};
  stats.shadow = {{"hermes-14nm", Joules(1), Seconds(1), 1, "in arrays"}};
  stats.ledger.emplace();
  stats.governor = EveryGovernorStat();
  return stats;
}

std::string MetricsReference(
    std::span<const prometheus::MetricFamily> families) {
  std::string text(kIntroduction);
  for (size_t i = 0; i < families.size(); ++i) {
    if (families[i].name.starts_with(kAliasPrefix)) continue;
    const bool aliased = i + 1 < families.size() &&
                         families[i + 1].name.starts_with(kAliasPrefix);
    absl::StrAppend(&text,
                    Row(families[i], aliased ? families[i + 1].name : ""));
  }
  return text;
}

}  // namespace mj
