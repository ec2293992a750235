#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "bench/load/load_report.h"

namespace mj {
namespace {

using Json = nlohmann::ordered_json;

template <class T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json QuantileJson(const QuantileEstimate& q) {
  return {{"value", q.value}, {"low", OrNull(q.low)}, {"high", OrNull(q.high)}};
}

Json DistributionJson(const std::optional<Distribution>& d) {
  if (!d) return Json();
  return {{"count", d->count},
          {"mean", d->mean},
          {"min", d->min},
          {"p50", QuantileJson(d->p50)},
          {"p90", QuantileJson(d->p90)},
          {"p95", QuantileJson(d->p95)},
          {"p99", QuantileJson(d->p99)},
          {"max", d->max}};
}

Json ErrorsJson(const std::map<std::string, int64_t>& errors) {
  Json json = Json::object();
  for (const auto& [kind, count] : errors) json[kind] = count;
  return json;
}

void AddCounts(const LoadScore& score, Json& json) {
  json["sent"] = score.sent;
  json["counted"] = score.counted;
  json["succeeded"] = score.succeeded;
  json["failed"] = score.counted - score.succeeded;
  json["errors"] = ErrorsJson(score.errors);
  json["uncounted_errors"] = ErrorsJson(score.uncounted_errors);
  json["replies_without_usage"] = score.without_usage;
  json["joined_tokens"] = score.joined_tokens;
}

void AddRates(const LoadScore& score, const Slo& slo, Json& json) {
  json["prompt_tokens"] = score.prompt_tokens;
  json["cached_prompt_tokens"] = score.cached_tokens;
  json["output_tokens"] = score.output_tokens;
  const auto rate = [&](double Rates::*member) {
    return score.rates ? Json((*score.rates).*member) : Json();
  };
  json["window_seconds"] =
      score.rates ? Json(score.rates->window.count()) : Json();
  json["offered_requests_per_second"] =
      score.rates ? OrNull(score.rates->offered) : Json();
  json["requests_per_second"] = rate(&Rates::requests);
  json["prompt_tokens_per_second"] = rate(&Rates::prompt_tokens);
  json["output_tokens_per_second"] = rate(&Rates::output_tokens);
  json["goodput_requests_per_second"] =
      slo.any() ? rate(&Rates::goodput) : Json();
  json["slo_attainment"] = slo.any() ? OrNull(score.attainment()) : Json();
}

void AddEnergy(const LoadRow& row, Json& json) {
  const LoadScore& score = row.score;
  json["joules"] = OrNull(score.joules);
  json["joules_per_output_token"] = OrNull(score.joules_per_token());
  json["requests_with_joules"] = score.joules_of;
  const auto& methods = row.run.energy_methods;
  json["energy_method"] =
      methods.empty() ? Json() : Json(absl::StrJoin(methods, "+"));
}

void AddClient(const LoadRun& run, Json& json) {
  json["client_cpu_seconds"] = run.cpu_seconds;
  json["client_longest_stall_ms"] = run.longest_stall.count() * 1e3;
  json["wall_clock_jump_ms"] = run.wall_clock_jump.count() * 1e3;
  json["reconnects"] = run.reconnects;
}

Json RowJson(const LoadRow& row, const Slo& slo) {
  Json json = Json::object();
  json["rate"] = OrNull(row.rate);
  json["concurrency"] = OrNull(row.concurrency);
  json["seed"] = row.seed;
  json["interrupted"] = row.run.interrupted;
  AddCounts(row.score, json);
  AddRates(row.score, slo, json);
  if (slo.any()) {
    json["holds_slo"] = row.run.interrupted ? Json() : Json(row.holds);
  }
  AddEnergy(row, json);
  json["ttft_ms"] = DistributionJson(row.score.ttft);
  json["ttft_from_send_ms"] = DistributionJson(row.score.ttft_from_send);
  json["tpot_ms"] = DistributionJson(row.score.tpot);
  json["latency_ms"] = DistributionJson(row.score.latency);
  json["longest_gap_ms"] = DistributionJson(row.score.longest_gap);
  json["send_delay_ms"] = DistributionJson(row.score.send_delay);
  AddClient(row.run, json);
  return json;
}

std::string Bound(const std::optional<double>& bound) {
  return bound ? absl::StrFormat("%.4g", *bound) : "?";
}

std::string QuantileText(const QuantileEstimate& q) {
  return absl::StrFormat("%.4g (%s to %s)", q.value, Bound(q.low),
                         Bound(q.high));
}

void AppendLatency(const char* name, const std::optional<Distribution>& d,
                   std::string& text) {
  if (!d) return;
  absl::StrAppend(
      &text,
      absl::StrFormat("  %-8s ms  mean %.4g  p50 %s  p99 %s\n", name, d->mean,
                      QuantileText(d->p50), QuantileText(d->p99)));
}

std::string LoadName(const LoadRow& row) {
  if (row.concurrency) {
    return absl::StrCat(*row.concurrency, " requests at once");
  }
  return row.rate ? absl::StrFormat("%.4g requests/s", *row.rate) : "trace";
}

}  // namespace

Json LoadJson(const LoadReport& report) {
  Json json = report.settings;
  if (report.is_sweep) {
    json["highest_rate_within_slo"] = OrNull(report.best_rate);
    json["lowest_rate_beyond_slo"] = OrNull(report.too_high_rate);
  }
  Json& rows = json["rows"] = Json::array();
  for (const LoadRow& row : report.rows) {
    rows.push_back(RowJson(row, report.slo));
  }
  return json;
}

std::string RowText(const LoadRow& row, const Slo& slo) {
  const LoadScore& score = row.score;
  std::string text = absl::StrFormat("%s: %d sent, %d counted, %d failed",
                                     LoadName(row), score.sent, score.counted,
                                     score.counted - score.succeeded);
  if (score.rates) {
    absl::StrAppend(
        &text,
        absl::StrFormat("; %.4g requests/s, %.1f output tokens/s",
                        score.rates->requests, score.rates->output_tokens));
  }
  if (const auto share = score.attainment(); share && slo.any()) {
    absl::StrAppend(&text,
                    absl::StrFormat("; %.1f%% within the SLO", 100 * *share));
  }
  if (const auto joules = score.joules_per_token()) {
    absl::StrAppend(
        &text, absl::StrFormat("; %.4g J/token, %s", *joules,
                               absl::StrJoin(row.run.energy_methods, "+")));
  }
  if (score.cached_tokens > 0) {
    absl::StrAppend(
        &text,
        absl::StrFormat("; %.1f%% of prompt tokens cached",
                        100.0 * static_cast<double>(score.cached_tokens) /
                            static_cast<double>(score.prompt_tokens)));
  }
  text += '\n';
  AppendLatency("TTFT", score.ttft, text);
  AppendLatency("TPOT", score.tpot, text);
  AppendLatency("latency", score.latency, text);
  for (const auto& [kind, count] : score.errors) {
    absl::StrAppend(&text, "  error ", kind, ": ", count, "\n");
  }
  for (const auto& [kind, count] : score.uncounted_errors) {
    absl::StrAppend(&text, "  not counted, ", kind, ": ", count, "\n");
  }
  for (const std::string& remark : Remarks(row)) {
    absl::StrAppend(&text, "  note: ", remark, "\n");
  }
  return text;
}

}  // namespace mj
