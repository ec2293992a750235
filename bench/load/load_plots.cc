#include "bench/load/load_plots.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

namespace mj {
namespace {

constexpr int kCdfPoints = 200;

using Latency = std::function<std::optional<Seconds>(const RequestRecord&)>;

PlotSeries Cdf(const LoadRun& run, const char* name, const Latency& latency) {
  std::vector<double> samples;
  for (const RequestRecord& record : run.records) {
    if (!record.counted || !record.succeeded()) continue;
    if (const auto time = latency(record)) {
      samples.push_back(time->count() * 1e3);
    }
  }
  return {name, CdfPoints(std::move(samples), kCdfPoints)};
}

void AddMark(const char* name, const std::optional<Seconds>& limit,
             Plot& plot) {
  if (limit) plot.marks.push_back({name, limit->count() * 1e3});
}

Plot LatencyPlot(const LoadRun& run, const Slo& slo) {
  using R = RequestRecord;
  Plot plot{.title = "Latency, from when a request was due",
            .x_label = "ms",
            .y_label = "share of requests",
            .log_x = true};
  plot.series = {
      Cdf(run, "first token", [](const R& r) { return r.ttft(); }),
      Cdf(run, "whole reply", [](const R& r) { return r.finished - r.due; })};
  AddMark("TTFT wanted", slo.ttft, plot);
  return plot;
}

Plot PacePlot(const LoadRun& run, const Slo& slo) {
  using R = RequestRecord;
  Plot plot{.title = "Pace of a reply",
            .x_label = "ms",
            .y_label = "share of requests",
            .log_x = true};
  plot.series = {Cdf(run, "per token", [](const R& r) { return r.tpot(); }),
                 Cdf(run, "longest gap", [](const R& r) {
                   return r.text_events > 1 ? std::optional(r.longest_gap)
                                            : std::nullopt;
                 })};
  AddMark("TPOT wanted", slo.tpot, plot);
  return plot;
}

// Parts with text stand for the tokens of all replies alike.
Plot ThroughputPlot(const LoadRow& row) {
  double tokens = 0, events = 0;
  for (const RequestRecord& record : row.run.records) {
    tokens += record.output_tokens;
    events += record.text_events;
  }
  const double scale =
      events > 0 ? tokens / events / Timeline::kBucket.count() : 0;
  Plot plot{.title = "Throughput over time",
            .x_label = "seconds since the start",
            .y_label = "output tokens/s",
            .series = {{.name = "tokens/s"}}};
  const std::vector<int>& buckets = row.run.timeline.events;
  for (size_t i = 0; i < buckets.size(); ++i) {
    plot.series[0].points.push_back(
        {(static_cast<double>(i) + 0.5) * Timeline::kBucket.count(),
         buckets[i] * scale});
  }
  const auto first =
      std::ranges::find(row.run.records, true, &RequestRecord::counted);
  const bool warmed_up =
      std::any_of(row.run.records.begin(), first,
                  [](const auto& r) { return r.error != "interrupted"; });
  if (warmed_up && first != row.run.records.end()) {
    plot.marks.push_back({"warm-up ends", first->due.count()});
  }
  return plot;
}

void AddSpan(const RequestRecord& record, std::vector<PlotPoint>& in_flight) {
  const double bucket = Timeline::kBucket.count();
  const auto last = static_cast<size_t>(record.finished.count() / bucket);
  for (auto i = static_cast<size_t>(std::ceil(record.due.count() / bucket));
       i <= last && i < in_flight.size(); ++i) {
    ++in_flight[i].y;
  }
}

Plot InFlightPlot(const LoadRun& run) {
  const double bucket = Timeline::kBucket.count();
  const auto count = static_cast<size_t>(run.wall.count() / bucket) + 1;
  std::vector<PlotPoint> in_flight(count), failed(count);
  for (size_t i = 0; i < count; ++i) {
    in_flight[i] = failed[i] = {static_cast<double>(i) * bucket, 0};
  }
  for (const RequestRecord& record : run.records) {
    AddSpan(record, in_flight);
    if (record.succeeded()) continue;
    const auto at = static_cast<size_t>(record.finished.count() / bucket);
    failed[std::min(at, count - 1)].y += 1 / bucket;
  }
  return {.title = "Requests over time",
          .x_label = "seconds since the start",
          .y_label = "requests",
          .series = {{"in flight", std::move(in_flight)},
                     {"failed/s", std::move(failed)}}};
}

// Bins of requests in flight grow by a quarter.
Plot EnergyPlot(const LoadRun& run) {
  struct Bin {
    double joules = 0, tokens = 0, in_flight = 0, count = 0;
  };
  std::map<int, Bin> bins;
  for (const RequestRecord& record : run.records) {
    if (!record.counted || !record.succeeded() || !record.joules) continue;
    const int number = static_cast<int>(
        std::floor(std::log(record.in_flight) / std::log(1.25)));
    Bin& bin = bins[number];
    bin.joules += *record.joules;
    bin.tokens += record.output_tokens;
    bin.in_flight += record.in_flight;
    ++bin.count;
  }
  PlotSeries series{.name = "J/token", .dots = true};
  for (const auto& [number, bin] : bins) {
    series.points.push_back(
        {bin.in_flight / bin.count, bin.joules / bin.tokens});
  }
  return {.title = "Energy against load",
          .x_label = "requests in flight as a request starts",
          .y_label = "J per output token",
          .series = {std::move(series)}};
}

using Number = std::function<std::optional<double>(const LoadRow&)>;

Number OfRates(double Rates::*member) {
  return [member](const LoadRow& row) {
    const auto& rates = row.score.rates;
    return rates ? std::optional((*rates).*member) : std::nullopt;
  };
}

PlotSeries ByRate(const LoadReport& report, const char* name,
                  const Number& number) {
  PlotSeries series{.name = name, .dots = true};
  for (const LoadRow& row : report.rows) {
    const std::optional<double> y = number(row);
    if (row.rate && y) series.points.push_back({*row.rate, *y});
  }
  std::sort(series.points.begin(), series.points.end(),
            [](const auto& a, const auto& b) { return a.x < b.x; });
  return series;
}

std::optional<double> P99(const std::optional<Distribution>& d) {
  return d ? std::optional(d->p99.value) : std::nullopt;
}

}  // namespace

std::vector<PlotPoint> CdfPoints(std::vector<double> samples, int most) {
  std::sort(samples.begin(), samples.end());
  const auto n = std::ssize(samples);
  const auto points = std::min<int64_t>(n, most);
  std::vector<PlotPoint> cdf;
  for (int64_t i = 0; i < points; ++i) {
    // The first and the last sample are always among them.
    const int64_t at = points == 1 ? 0 : i * (n - 1) / (points - 1);
    cdf.push_back(
        {samples[at], static_cast<double>(at + 1) / static_cast<double>(n)});
  }
  return cdf;
}

std::vector<Plot> RunPlots(const LoadRow& row, const Slo& slo) {
  return {LatencyPlot(row.run, slo), PacePlot(row.run, slo),
          ThroughputPlot(row), InFlightPlot(row.run), EnergyPlot(row.run)};
}

std::vector<Plot> SweepPlots(const LoadReport& report) {
  const auto plot = [&](const char* title, const char* y_label,
                        std::vector<PlotSeries> series) {
    return Plot{.title = title,
                .x_label = "requests/s offered",
                .y_label = y_label,
                .series = std::move(series)};
  };
  return {plot("Latency against load", "ms, p99",
               {ByRate(report, "first token",
                       [](const LoadRow& r) { return P99(r.score.ttft); }),
                ByRate(report, "per token",
                       [](const LoadRow& r) { return P99(r.score.tpot); })}),
          plot("Goodput against load", "requests/s",
               {ByRate(report, "within the SLO", OfRates(&Rates::goodput)),
                ByRate(report, "finished", OfRates(&Rates::requests))}),
          plot("Energy against load", "J per output token",
               {ByRate(report, "J/token", [](const LoadRow& r) {
                 return r.score.joules_per_token();
               })})};
}

}  // namespace mj
