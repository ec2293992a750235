#include "server/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "hw_backends/backend.h"
#include "server/budget_metrics.h"
#include "server/depth_metrics.h"
#include "server/device_metrics.h"
#include "server/governor_metrics.h"
#include "server/prefix_metrics.h"
#include "server/process_metrics.h"
#include "server/shadow_metrics.h"
#include "server/speculation_metrics.h"

namespace mj {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Buckets = prometheus::Histogram::BucketBoundaries;
using Labels = std::vector<ClientMetric::Label>;

// Bucket bounds are vLLM's, so that its dashboards' quantiles stay right; the
// inter-token ones get 1, 2.5 and 5 ms, where small models live.
const Buckets kTtftSeconds = {.001, .005, .01, .02, .04, .06, .08, .1,
                              .25,  .5,   .75, 1,   2.5, 5,   7.5, 10,
                              20,   40,   80,  160, 640, 2560};
const Buckets kTokenSeconds = {.001, .0025, .005, .01, .025, .05, .075, .1,
                               .15,  .2,    .3,   .4,  .5,   .75, 1,    2.5,
                               5,    7.5,   10,   20,  40,   80};
const Buckets kRequestSeconds = {.3, .5,  .8,  1,   1.5, 2,    2.5,
                                 5,  10,  15,  20,  30,  40,   50,
                                 60, 120, 240, 480, 960, 1920, 7680};
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

ClientMetric Sample(MetricType type, double value, Labels labels = {}) {
  ClientMetric metric;
  metric.label = std::move(labels);
  if (type == MetricType::Counter) metric.counter.value = value;
  if (type == MetricType::Gauge) metric.gauge.value = value;
  return metric;
}

// Families in the making; Add() puts a metric in under both its names.
class Exposition final {
 public:
  explicit Exposition(const std::string& model_name)
      : model_name_(model_name) {}

  void Add(const Definition& definition, MetricType type,
           std::vector<ClientMetric> samples) {
    for (ClientMetric& sample : samples) {
      sample.label.push_back({"model_name", model_name_});
    }
    families_.push_back({absl::StrCat("millijoule_", definition.name),
                         definition.help, type, samples});
    if (*definition.alias == '\0') return;
    for (ClientMetric& sample : samples)
      sample.label.push_back({"engine", "0"});
    families_.push_back({absl::StrCat("vllm:", definition.alias),
                         definition.help, type, std::move(samples)});
  }

  void AddOne(const Definition& definition, MetricType type, double value) {
    Add(definition, type, {Sample(type, value)});
  }

  std::vector<MetricFamily>& families() { return families_; }

 private:
  const std::string model_name_;
  std::vector<MetricFamily> families_;
};

void AddLoad(const EngineStats& stats, Exposition& out) {
  const double total = stats.kv_blocks_total;
  out.AddOne({"requests_running", "num_requests_running",
              "Sequences that hold KV blocks."},
             MetricType::Gauge, stats.running);
  out.AddOne({"requests_waiting", "num_requests_waiting",
              "Sequences that wait for a place."},
             MetricType::Gauge, stats.waiting);
  out.AddOne({"kv_cache_usage_ratio", "kv_cache_usage_perc",
              "Used share of the KV blocks, 0 to 1."},
             MetricType::Gauge, total > 0 ? stats.kv_blocks_used / total : 0.0);
  out.Add({"cache_config_info", "cache_config_info",
           "The KV cache's shape; always 1."},
          MetricType::Gauge,
          {Sample(MetricType::Gauge, 1,
                  {{"block_size", absl::StrCat(kBlockSize)},
                   {"num_gpu_blocks", absl::StrCat(stats.kv_blocks_total)}})});
}

void AddWork(const EngineStats& stats, Exposition& out) {
  constexpr MetricType kCounter = MetricType::Counter;
  out.AddOne({"steps_total", "", "Steps the engine has run."}, kCounter,
             stats.steps);
  out.AddOne({"prompt_tokens_total", "prompt_tokens_total",
              "Prompt tokens of admitted requests, once a choice: computed, or "
              "found in the prefix cache."},
             kCounter, stats.prompt_tokens);
  out.AddOne({"generation_tokens_total", "generation_tokens_total",
              "Tokens generated."},
             kCounter, stats.generated_tokens);
  out.AddOne({"preemptions_total", "num_preemptions_total",
              "Sequences that lost their KV blocks to others."},
             kCounter, stats.preemptions);
  out.AddOne({"recomputed_tokens_total", "",
              "Tokens computed again after a preemption."},
             kCounter, stats.recomputed_tokens);
}

// Whether the joules below are whole.
void AddMeterState(const EngineStats& stats, Exposition& out) {
  const auto sample = [&](MetricType type, double value) {
    return Sample(
        type, value,
        {{"domain", stats.energy_domain}, {"method", stats.energy_method}});
  };
  out.Add({"energy_known", "",
           "1 while the meter can be read, 0 while joules are unknown."},
          MetricType::Gauge,
          {sample(MetricType::Gauge, stats.energy_known ? 1 : 0)});
  out.Add({"energy_unknown_seconds_total", "",
           "Time of which no joules are known and none will be."},
          MetricType::Counter,
          {sample(MetricType::Counter, stats.energy_unknown_time.count())});
}

// What the meter cannot tell is left out: unknown is not 0.
void AddEnergy(const EngineStats& stats, Exposition& out) {
  AddMeterState(stats, out);
  if (!stats.energy_known) return;
  const auto sample = [&](const char* phase, Joules joules) {
    return Sample(MetricType::Counter, joules.value(),
                  {{"domain", stats.energy_domain},
                   {"phase", phase},
                   {"method", stats.energy_method}});
  };
  out.Add({"energy_joules_total", "",
           "Joules by phase; the phases' sum is the meter's."},
          MetricType::Counter,
          {sample("prefill", stats.prefill), sample("decode", stats.decode),
           sample("idle", stats.idle), sample("overhead", stats.overhead)});
  const auto waste = [](const char* reason, Joules joules) {
    return Sample(MetricType::Counter, joules.value(), {{"reason", reason}});
  };
  out.Add({"wasted_joules_total", "",
           "Joules that led to no token of a reply; part of the phases."},
          MetricType::Counter,
          {waste("aborted", stats.wasted_aborted),
           waste("preempted", stats.wasted_preempted),
           waste("rejected_draft", stats.wasted_rejected)});
}

void AddLedger(const EngineStats& stats, Exposition& out) {
  if (!stats.ledger) return;
  const LedgerState& ledger = *stats.ledger;
  out.AddOne({"ledger_up", "", "1 while the energy ledger can be written."},
             MetricType::Gauge, ledger.problem.ok());
  out.AddOne({"ledger_waiting_windows", "",
              "Meter windows that are not yet in the energy ledger."},
             MetricType::Gauge, static_cast<double>(ledger.waiting));
  const auto windows = [](const char* outcome, uint64_t n) {
    return Sample(MetricType::Counter, static_cast<double>(n),
                  {{"outcome", outcome}});
  };
  out.Add({"ledger_windows_total", "",
           "Meter windows by what the energy ledger made of them."},
          MetricType::Counter,
          {windows("written", ledger.written), windows("lost", ledger.lost)});
}

}  // namespace

struct Metrics::Impl {
  std::string model_name;
  std::array<std::unique_ptr<prometheus::Histogram>, kNumDistributions>
      distributions;
  std::array<prometheus::Counter, kFinishedReasons.size()> finished;

  void Observe(Distribution which, double value) {
    distributions[which]->Observe(value);
  }
};

Metrics::Metrics(std::string model_name, int max_model_len)
    : impl_(std::make_unique<Impl>()) {
  impl_->model_name = std::move(model_name);
  for (int i = 0; i < kNumDistributions; ++i) {
    impl_->distributions[i] =
        std::make_unique<prometheus::Histogram>(BucketsOf(i, max_model_len));
  }
}

Metrics::~Metrics() = default;

void Metrics::ObserveFinished(const Request& request, const Delta& last,
                              std::optional<FinishReason> finish) {
  const std::string_view reason = FinishedReason(last.status, finish);
  for (size_t i = 0; i < kFinishedReasons.size(); ++i) {
    if (reason == kFinishedReasons[i]) impl_->finished[i].Increment();
  }
  if (!last.status.ok()) return;
  const RequestTimings& times = last.timings;
  const double tokens = last.usage.completion_tokens;
  impl_->Observe(kLatency, times.finished.count());
  impl_->Observe(kQueueTime, times.queued.count());
  impl_->Observe(kInferenceTime, (times.finished - times.queued).count());
  impl_->Observe(kPromptTokens, last.usage.prompt_tokens);
  impl_->Observe(kGenerationTokens, tokens);
  impl_->Observe(kParamsN, request.num_choices);
  if (request.stop.max_tokens) {
    impl_->Observe(kParamsMaxTokens, *request.stop.max_tokens);
  }
  if (tokens == 0) return;
  const Seconds decode = times.finished - times.first_token;
  impl_->Observe(kTimeToFirstToken, times.first_token.count());
  impl_->Observe(kPrefillTime, (times.first_token - times.queued).count());
  impl_->Observe(kDecodeTime, decode.count());
  // Choices decode side by side, so a choice's share of the tokens counts.
  const double gaps = tokens / request.num_choices - 1;
  if (gaps > 0) impl_->Observe(kTimePerOutputToken, decode.count() / gaps);
}

void Metrics::ObserveTokenGap(Seconds since_previous, int tokens) {
  for (int i = 0; i < tokens; ++i) {
    impl_->Observe(kInterToken, since_previous.count() / tokens);
  }
}

std::string Metrics::Text(const EngineStats& stats) const {
  Exposition out(impl_->model_name);
  AddLoad(stats, out);
  AddWork(stats, out);
  AddEnergy(stats, out);
  AddLedger(stats, out);
  std::vector<ClientMetric> finished;
  for (size_t i = 0; i < kFinishedReasons.size(); ++i) {
    finished.push_back(Sample(MetricType::Counter, impl_->finished[i].Value(),
                              {{"finished_reason", kFinishedReasons[i]}}));
  }
  out.Add({"requests_finished_total", "request_success_total",
           "Requests by how they ended."},
          MetricType::Counter, std::move(finished));
  for (int i = 0; i < kNumDistributions; ++i) {
    out.Add(kDistributions[i], MetricType::Histogram,
            {impl_->distributions[i]->Collect()});
  }
  AddPrefixMetrics(stats, impl_->model_name, out.families());
  AddSpeculationMetrics(stats, impl_->model_name, out.families());
  AddDeviceMetrics(stats.device, impl_->model_name, out.families());
  AddShadowMetrics(stats.shadow, impl_->model_name, out.families());
  AddDepthMetrics(stats, impl_->model_name, out.families());
  AddBudgetMetrics(stats, impl_->model_name, out.families());
  AddGovernorMetrics(stats, impl_->model_name, out.families());
  AddProcessMetrics(out.families());
  return prometheus::TextSerializer().Serialize(out.families());
}

}  // namespace mj
