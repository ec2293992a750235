#include "bench/load/load_score.h"

#include <algorithm>
#include <functional>
#include <vector>

namespace mj {
namespace {

using Latency = std::function<std::optional<Seconds>(const RequestRecord&)>;

std::optional<Distribution> DescribeAll(
    const std::vector<const RequestRecord*>& records, const Latency& latency) {
  std::vector<double> milliseconds;
  for (const RequestRecord* record : records) {
    if (const auto time = latency(*record)) {
      milliseconds.push_back(time->count() * 1e3);
    }
  }
  return Describe(milliseconds);
}

void AddReply(const RequestRecord& record, LoadScore& score) {
  ++score.succeeded;
  score.prompt_tokens += record.prompt_tokens;
  score.output_tokens += record.output_tokens;
  score.cached_tokens += record.cached_tokens;
  if (!record.has_usage) ++score.without_usage;
  score.joined_tokens += std::max(0, record.output_tokens - record.text_events);
  if (!record.joules) return;
  score.joules = score.joules.value_or(0) + *record.joules;
  ++score.joules_of;
  score.joule_tokens += record.output_tokens;
}

struct Window {
  Seconds begin, end;
  bool holds(Seconds time) const { return time >= begin && time <= end; }
};

Window WindowOf(const LoadRun& run,
                const std::vector<const RequestRecord*>& counted) {
  Window window{counted.front()->due, counted.front()->due};
  Seconds last_reply{0};
  int replies = 0;
  for (const RequestRecord* record : counted) {
    window.begin = std::min(window.begin, record->due);
    window.end = std::max(window.end, record->due);
    if (!record->succeeded()) continue;
    last_reply = std::max(last_reply, record->finished);
    ++replies;
  }
  window.end = run.end.value_or(window.end);
  const auto in_time = std::ranges::count_if(run.records, [&](const auto& r) {
    return r.succeeded() && window.holds(r.finished);
  });
  if (2 * in_time < replies) window.end = std::max(window.end, last_reply);
  return window;
}

// The share of a reply's parts that come within the window.
double ShareWithin(const Window& window, const RequestRecord& record) {
  const Seconds first = *record.first_text, last = *record.last_text;
  if (first == last) return window.holds(first) ? 1 : 0;
  const Seconds within =
      std::min(last, window.end) - std::max(first, window.begin);
  return std::max(0.0, within / (last - first));
}

std::optional<Rates> RatesOf(const LoadRun& run,
                             const std::vector<const RequestRecord*>& counted,
                             const Slo& slo) {
  if (counted.empty()) return std::nullopt;
  const Window window = WindowOf(run, counted);
  Rates rates{.window = window.end - window.begin};
  if (rates.window.count() <= 0) return std::nullopt;
  const double each = 1 / rates.window.count();
  if (run.end && *run.end > window.begin) {
    const auto due = std::ranges::count_if(
        run.records, [&](const auto& r) { return r.due >= window.begin; });
    rates.offered =
        static_cast<double>(due) / (*run.end - window.begin).count();
  }
  for (const RequestRecord& record : run.records) {
    if (!record.succeeded()) continue;
    if (window.holds(record.finished)) {
      rates.requests += each;
      if (Meets(record, slo)) rates.goodput += each;
    }
    if (window.holds(*record.first_text)) {
      rates.prompt_tokens += record.prompt_tokens * each;
    }
    rates.output_tokens +=
        record.output_tokens * ShareWithin(window, record) * each;
  }
  return rates;
}

}  // namespace

bool Meets(const RequestRecord& record, const Slo& slo) {
  if (!record.succeeded()) return false;
  if (slo.ttft && record.ttft() > *slo.ttft) return false;
  return !slo.tpot || record.tpot().value_or(Seconds(0)) <= *slo.tpot;
}

LoadScore Score(const LoadRun& run, const Slo& slo) {
  LoadScore score;
  std::vector<const RequestRecord*> counted, succeeded;
  for (const RequestRecord& record : run.records) {
    ++score.sent;
    if (!record.succeeded()) {
      ++(record.counted ? score.errors : score.uncounted_errors)[record.error];
    }
    if (!record.counted) continue;
    counted.push_back(&record);
    if (Meets(record, slo)) ++score.met_slo;
    if (!record.succeeded()) continue;
    succeeded.push_back(&record);
    AddReply(record, score);
  }
  score.counted = std::ssize(counted);
  score.rates = RatesOf(run, counted, slo);
  using R = RequestRecord;
  score.ttft = DescribeAll(succeeded, [](const R& r) { return r.ttft(); });
  score.ttft_from_send = DescribeAll(
      succeeded, [](const R& r) { return r.ttft() - (r.sent - r.due); });
  score.tpot = DescribeAll(succeeded, [](const R& r) { return r.tpot(); });
  score.latency =
      DescribeAll(succeeded, [](const R& r) { return r.finished - r.due; });
  score.longest_gap =
      DescribeAll(succeeded, [](const R& r) { return r.longest_gap; });
  score.send_delay =
      DescribeAll(counted, [](const R& r) { return r.sent - r.due; });
  return score;
}

}  // namespace mj
