#include "bench/load/load_score.h"

#include <algorithm>
#include <functional>

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
  if (!record.has_usage) ++score.without_usage;
  score.joined_tokens += std::max(0, record.output_tokens - record.text_events);
  if (!record.joules) return;
  score.joules = score.joules.value_or(0) + *record.joules;
  ++score.joules_of;
  score.joule_tokens += record.output_tokens;
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
  Seconds first = run.wall, last{0};
  for (const RequestRecord& record : run.records) {
    ++score.sent;
    if (!record.succeeded()) ++score.errors[record.error];
    if (!record.counted) continue;
    counted.push_back(&record);
    first = std::min(first, record.due);
    last = std::max(last, record.finished);
    if (Meets(record, slo)) ++score.met_slo;
    if (!record.succeeded()) continue;
    succeeded.push_back(&record);
    AddReply(record, score);
  }
  score.counted = std::ssize(counted);
  if (!counted.empty()) score.measured = last - first;
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
