#include "server/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/request/request_error.h"
#include "server/budget_metrics.h"
#include "server/depth_metrics.h"
#include "server/device_metrics.h"
#include "server/engine_metrics.h"
#include "server/governor_metrics.h"
#include "server/metric_families.h"
#include "server/prefix_metrics.h"
#include "server/process_metrics.h"
#include "server/shadow_metrics.h"
#include "server/speculation_metrics.h"
#include "server/unix_time.h"

namespace mj {
namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;

// Bucket bounds are vLLM's, so that its dashboards' quantiles stay right; the
// inter-token ones get 1, 2.5 and 5 ms, where small models live.
const Buckets kTtftSeconds = {.001, .005, .01, .02, .04, .06, .08, .1,
                              .25,  .5,   .75, 1,   2.5, 5,   7.5, 10,
                              20,   40,   80,  160, 640, 2560};
const Buckets kTokenSeconds = {.001, .0025, .005, .01, .025, .05, .075, .1,
                               .15,  .2,    .3,   .4,  .5,   .75, 1,    2.5,
                               5,    7.5,   10,   20,  40,   80};
const Buckets kRequestSeconds = {.001, .0025, .005, .01,  .025, .05, .1,  .2,
                                 .3,   .5,    .8,   1,    1.5,  2,   2.5, 5,
                                 10,   15,    20,   30,   40,   50,  60,  120,
                                 240,  480,   960,  1920, 7680};
const Buckets kChoices = {1, 2, 5, 10, 20};

// 1, 2, 5, 10, ... up to `max`.
Buckets OneTwoFive(int max) {
  Buckets buckets;
  for (double decade = 1; decade <= max; decade *= 10) {
    for (double step : {1, 2, 5}) {
      if (step * decade <= max) buckets.push_back(step * decade);
    }
  }
  return buckets;
}

enum Distribution {
  kTimeToFirstToken,
  kInterToken,
  kTimePerOutputToken,
  kLatency,
  kQueueTime,
  kInferenceTime,
  kPrefillTime,
  kDecodeTime,
  kPromptTokens,
  kGenerationTokens,
  kParamsN,
  kParamsMaxTokens,
  kNumDistributions,
};

struct Definition {
  const char* name;   // after "millijoule_"
  const char* alias;  // after "vllm:"; empty: none
  const char* help;
};

constexpr std::array<Definition, kNumDistributions> kDistributions = {{
    {"time_to_first_token_seconds", "time_to_first_token_seconds",
     "Submission to the first token."},
    {"inter_token_latency_seconds", "inter_token_latency_seconds",
     "Between two tokens of one choice."},
    {"request_time_per_output_token_seconds",
     "request_time_per_output_token_seconds",
     "A request's mean time per token after the first (TPOT)."},
    {"request_latency_seconds", "e2e_request_latency_seconds",
     "Submission to the last token."},
    {"request_queue_time_seconds", "request_queue_time_seconds",
     "Submission to the first scheduled step."},
    {"request_inference_time_seconds", "request_inference_time_seconds",
     "First scheduled step to the last token."},
    {"request_prefill_time_seconds", "request_prefill_time_seconds",
     "First scheduled step to the first token."},
    {"request_decode_time_seconds", "request_decode_time_seconds",
     "First token to the last."},
    {"request_prompt_tokens", "request_prompt_tokens",
     "Prompt tokens of a request."},
    {"request_generation_tokens", "request_generation_tokens",
     "Generated tokens of a request, all choices."},
    {"request_params_n", "request_params_n", "Choices asked for."},
    {"request_params_max_tokens", "request_params_max_tokens",
     "max_tokens asked for."},
}};

constexpr std::array<const char*, 5> kFinishedReasons = {
    "stop", "length", "energy", "abort", "error"};

constexpr std::string_view kQueueFull = "queue_full";
constexpr std::array<std::string_view, 6> kRefusalReasons = {
    kQueueFull, "draining", "tenant_budget",
    "too_long", "invalid",  "unauthorized"};

std::string_view RefusalReason(const absl::Status& why) {
  switch (why.code()) {
    case absl::StatusCode::kResourceExhausted:
      return QuotaWaitOf(why) ? "tenant_budget" : kQueueFull;
    case absl::StatusCode::kUnavailable:
      return "draining";
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return "unauthorized";
    default:
      return CodeOf(why) == kContextLengthExceeded ? "too_long" : "invalid";
  }
}

Buckets BucketsOf(int which, int max_model_len) {
  switch (which) {
    case kTimeToFirstToken:
      return kTtftSeconds;
    case kInterToken:
    case kTimePerOutputToken:
      return kTokenSeconds;
    case kPromptTokens:
    case kGenerationTokens:
    case kParamsMaxTokens:
      return OneTwoFive(max_model_len);
    case kParamsN:
      return kChoices;
    default:
      return kRequestSeconds;
  }
}

const char* FinishedReason(const absl::Status& status,
                           std::optional<FinishReason> finish) {
  if (status.ok() && finish == FinishReason::kEnergy) return "energy";
  if (status.ok()) return finish == FinishReason::kLength ? "length" : "stop";
  const bool aborted =
      absl::IsCancelled(status) || absl::IsDeadlineExceeded(status);
  return aborted ? "abort" : "error";
}

void AddBuildInfo(const Provenance& from, MetricFamilies& out) {
  out.Gauge("build_info", "This server's build; always 1.",
            {{1,
              {{"version", from.build.version},
               {"commit", from.build.commit},
               {"isa", from.isa},
               {"numerics", from.numerics}}}});
}

}  // namespace

struct Metrics::Impl {
  MetricsOptions options;
  std::array<std::unique_ptr<prometheus::Histogram>, kNumDistributions>
      distributions;
  std::array<prometheus::Counter, kFinishedReasons.size()> finished;
  std::array<prometheus::Counter, kRefusalReasons.size()> refused;
  RecentRequests recent;

  void Observe(Distribution which, double value) {
    distributions[which]->Observe(value);
  }
  void ObserveReply(const Request& request, const Delta& last,
                    std::optional<Seconds> tpot);
  void AddRefused(MetricFamilies& out) const;
};

Metrics::Metrics(MetricsOptions options) : impl_(std::make_unique<Impl>()) {
  for (int i = 0; i < kNumDistributions; ++i) {
    impl_->distributions[i] = std::make_unique<prometheus::Histogram>(
        BucketsOf(i, options.max_model_len));
  }
  impl_->options = std::move(options);
}

Metrics::~Metrics() = default;

RecentRequest Metrics::ObserveFinished(const Request& request,
                                       const Delta& last,
                                       std::optional<FinishReason> finish) {
  const std::string_view reason = FinishedReason(last.status, finish);
  for (size_t i = 0; i < kFinishedReasons.size(); ++i) {
    if (reason == kFinishedReasons[i]) impl_->finished[i].Increment();
  }
  RecentRequest ended =
      MakeRecent(request, last, std::string(reason), UnixSeconds());
  impl_->recent.Add(ended);
  if (last.status.ok()) impl_->ObserveReply(request, last, ended.tpot);
  return ended;
}

void Metrics::ObserveRefused(const absl::Status& why) {
  const std::string_view reason = RefusalReason(why);
  for (size_t i = 0; i < kRefusalReasons.size(); ++i) {
    if (reason == kRefusalReasons[i]) impl_->refused[i].Increment();
  }
}

void Metrics::Impl::ObserveReply(const Request& request, const Delta& last,
                                 std::optional<Seconds> tpot) {
  const RequestTimings& times = last.timings;
  const double tokens = last.usage.completion_tokens;
  Observe(kLatency, times.finished.count());
  Observe(kQueueTime, times.queued.count());
  Observe(kInferenceTime, (times.finished - times.queued).count());
  Observe(kPromptTokens, last.usage.prompt_tokens);
  Observe(kGenerationTokens, tokens);
  Observe(kParamsN, request.num_choices);
  if (request.stop.max_tokens) {
    Observe(kParamsMaxTokens, *request.stop.max_tokens);
  }
  if (tokens == 0) return;
  const Seconds decode = times.finished - times.first_token;
  Observe(kTimeToFirstToken, times.first_token.count());
  Observe(kPrefillTime, (times.first_token - times.queued).count());
  Observe(kDecodeTime, decode.count());
  if (tpot) Observe(kTimePerOutputToken, tpot->count());
}

void Metrics::ObserveTokenGap(Seconds since_previous, int tokens) {
  for (int i = 0; i < tokens; ++i) {
    impl_->Observe(kInterToken, since_previous.count() / tokens);
  }
}

std::vector<RecentRequest> Metrics::Recent() const {
  return impl_->recent.NewestFirst();
}

std::vector<prometheus::MetricFamily> Metrics::Families(
    const EngineStats& stats) const {
  const std::string& model = impl_->options.model;
  std::vector<prometheus::MetricFamily> families;
  MetricFamilies out(model, families);
  AddBuildInfo(impl_->options.from, out);
  AddEngineMetrics(stats, model, families);
  std::vector<MetricValue> finished;
  for (size_t i = 0; i < kFinishedReasons.size(); ++i) {
    finished.push_back({impl_->finished[i].Value(),
                        {{"finished_reason", kFinishedReasons[i]}}});
  }
  out.Counter("requests_finished_total", "Requests by how they ended.",
              std::move(finished), "request_success_total");
  impl_->AddRefused(out);
  for (int i = 0; i < kNumDistributions; ++i) {
    const Definition& of = kDistributions[i];
    out.Histogram(of.name, of.help, *impl_->distributions[i], of.alias);
  }
  AddPrefixMetrics(stats, model, families);
  AddSpeculationMetrics(stats, model, families);
  AddDeviceMetrics(stats.device, model, families);
  AddShadowMetrics(stats.shadow, model, families);
  AddDepthMetrics(stats, model, families);
  AddBudgetMetrics(stats, model, families);
  AddGovernorMetrics(stats, model, families);
  AddProcessMetrics(families);
  return families;
}

void Metrics::Impl::AddRefused(MetricFamilies& out) const {
  std::vector<MetricValue> values;
  double queue_full = 0;
  for (size_t i = 0; i < kRefusalReasons.size(); ++i) {
    const double count = refused[i].Value();
    if (kRefusalReasons[i] == kQueueFull) queue_full = count;
    values.push_back({count, {{"reason", std::string(kRefusalReasons[i])}}});
  }
  out.Counter("requests_refused_total",
              "Requests that the engine never took, and calls without a known "
              "key, by why.",
              std::move(values));
  out.Counter("admission_rejections_total",
              "Requests that found the queue full.",
              {{queue_full, {{"reason", "max_num_queued_reqs"}}}},
              "admission_rejections_total");
}

std::string Metrics::Text(const EngineStats& stats) const {
  return prometheus::TextSerializer().Serialize(Families(stats));
}

}  // namespace mj
