#include "bench/load/load_plan.h"

#include <algorithm>
#include <boost/math/distributions/gamma.hpp>
#include <cassert>
#include <cmath>
#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/sample/random.h"

namespace mj {
namespace {

// Which of a request's random numbers.
enum Draw { kGap, kPromptLength, kOutputLength };

double UniformAt(uint64_t seed, int index, Draw what) {
  return Uniform({.seed = seed, .choice = what, .position = index});
}

double Gap(const Arrivals& arrivals, double rate, double u) {
  switch (arrivals.kind) {
    case Arrivals::Kind::kGamma:
      return boost::math::quantile(
          boost::math::gamma_distribution<>(arrivals.shape,
                                            1 / (arrivals.shape * rate)),
          u);
    case Arrivals::Kind::kPoisson:
      return -std::log1p(-u) / rate;
    default:
      return 1 / rate;
  }
}

// The mean rate of a trace: its gaps, not its requests, fill its time.
double RateOf(const std::vector<TraceRequest>& trace) {
  const double seconds = trace.back().arrival.count();
  return seconds > 0 ? static_cast<double>(trace.size() - 1) / seconds : 0;
}

absl::Status TakeTrace(const PlanWords& words, const std::string& path,
                       LoadPlan& plan) {
  TraceOptions options{.max_requests = plan.requests};
  absl::StatusOr<std::vector<TraceRequest>> trace = ReadTrace(path, options);
  if (!trace.ok()) return trace.status();
  const double own = RateOf(*trace);
  if (words.rate && own == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--rate ", *words.rate, ": the requests of the trace ",
                     path, " all come at once, which no rate scales"));
  }
  const double faster = words.rate ? *words.rate / own : 1;
  for (const TraceRequest& request : *trace) {
    const Seconds due = request.arrival / faster;
    if (plan.duration && due >= *plan.duration) break;
    plan.due.push_back(due);
  }
  trace->resize(plan.due.size());
  plan.trace = *std::move(trace);
  return absl::OkStatus();
}

absl::Status TakeArrivals(const PlanWords& words, LoadPlan& plan) {
  const absl::StatusOr<Arrivals> arrivals = ParseArrivals(words.arrivals);
  if (!arrivals.ok()) return arrivals.status();
  const bool traced = arrivals->kind == Arrivals::Kind::kTrace;
  if (words.concurrency > 0) {
    if (words.rate || traced) {
      return absl::InvalidArgumentError(
          "--concurrency sends a request when one ends, so it goes with "
          "neither --rate nor a trace");
    }
    return absl::OkStatus();
  }
  if (traced) return TakeTrace(words, arrivals->trace, plan);
  if (!words.rate) {
    return absl::InvalidArgumentError(
        "load needs --rate R, --concurrency C or --arrivals trace:FILE");
  }
  const int64_t most = plan.requests > 0 ? plan.requests : kMostTraceRequests;
  const Seconds end =
      plan.duration.value_or(Seconds(std::numeric_limits<double>::infinity()));
  if (plan.requests == 0 && *words.rate * end.count() > kMostTraceRequests) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--rate ", *words.rate, " for ", end.count(), " s makes more than ",
        kMostTraceRequests, " requests; a shorter --duration is needed"));
  }
  plan.due = ArrivalTimes(*arrivals, *words.rate, end, most, words.seed);
  return absl::OkStatus();
}

int WarmUpOf(double requests) {
  return static_cast<int>(kWarmUpShare * requests);
}

void TakeWarmUp(const PlanWords& words, LoadPlan& plan) {
  if (words.warm_up_seconds) {
    plan.warm_up = Seconds(*words.warm_up_seconds);
  } else if (!plan.due.empty()) {
    plan.warm_up_requests = WarmUpOf(static_cast<double>(plan.due.size()));
  } else {
    if (plan.requests > 0) plan.warm_up_requests = WarmUpOf(plan.requests);
    if (plan.duration) plan.warm_up = kWarmUpShare * *plan.duration;
  }
}

// Where the duration ends an open loop, that; else a gap after the last one, so
// that n requests take n gaps.
Seconds EndOf(const LoadPlan& plan) {
  if (plan.due.empty()) return Seconds(0);
  const bool by_number = std::ssize(plan.due) == plan.requests;
  if (plan.duration && !by_number && plan.trace.empty()) return *plan.duration;
  const auto gaps = static_cast<double>(plan.due.size() - 1);
  if (gaps == 0) return plan.due.back();
  const Seconds mean = (plan.due.back() - plan.due.front()) / gaps;
  return plan.due.back() + mean;
}

absl::Status CheckWarmUp(const LoadPlan& plan) {
  if (!plan.warm_up) return absl::OkStatus();
  const auto leaves_nothing_of = [&](Seconds last) {
    return absl::InvalidArgumentError(
        absl::StrCat("--warm-up of ", plan.warm_up->count(),
                     " s leaves nothing of a load whose last request is due ",
                     last.count(), " s after its start"));
  };
  if (!plan.due.empty() && plan.due.back() < *plan.warm_up) {
    return leaves_nothing_of(plan.due.back());
  }
  if (plan.duration && *plan.warm_up >= *plan.duration) {
    return leaves_nothing_of(*plan.duration);
  }
  return absl::OkStatus();
}

absl::Status InFlag(const char* flag, const absl::Status& status) {
  return absl::Status(
      status.code(),
      absl::StrCat("--", flag, ": ", std::string(status.message())));
}

}  // namespace

bool LoadPlan::Counts(int index, Seconds at) const {
  if (!warm_up && !warm_up_requests) return true;
  return (warm_up && at >= *warm_up) ||
         (warm_up_requests && index >= *warm_up_requests);
}

LoadPlan::Lengths LoadPlan::LengthsOf(int index) const {
  if (!trace.empty()) {
    const TraceRequest& request = trace[index];
    return {request.prompt_tokens, request.output_tokens};
  }
  return {prompt.At(UniformAt(seed, index, kPromptLength)),
          output.At(UniformAt(seed, index, kOutputLength))};
}

absl::StatusOr<Arrivals> ParseArrivals(const std::string& text) {
  constexpr std::string_view kTracePrefix = PlanWords::kTracePrefix;
  constexpr std::string_view kGammaPrefix = "gamma:";
  if (text == "poisson") return Arrivals{};
  if (text == "uniform") return Arrivals{.kind = Arrivals::Kind::kUniform};
  if (text == "gamma") {
    return Arrivals{.kind = Arrivals::Kind::kGamma, .shape = 0.5};
  }
  if (text.starts_with(kTracePrefix) && text.size() > kTracePrefix.size()) {
    return Arrivals{.kind = Arrivals::Kind::kTrace,
                    .trace = text.substr(kTracePrefix.size())};
  }
  double shape = 0;
  if (text.starts_with(kGammaPrefix) &&
      absl::SimpleAtod(text.substr(kGammaPrefix.size()), &shape) &&
      shape >= 0.01 && shape <= 1e4) {
    return Arrivals{.kind = Arrivals::Kind::kGamma, .shape = shape};
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "--arrivals: '", text, "' is not poisson, uniform, gamma, gamma:SHAPE ",
      "with a shape from 0.01 to 10000, or trace:FILE"));
}

std::vector<Seconds> ArrivalTimes(const Arrivals& arrivals, double rate,
                                  Seconds end, int64_t most, uint64_t seed) {
  assert(rate > 0 && arrivals.kind != Arrivals::Kind::kTrace);
  std::vector<Seconds> times;
  Seconds now{0};
  for (int i = 0; i < most && now < end; ++i) {
    times.push_back(now);
    now += Seconds(Gap(arrivals, rate, UniformAt(seed, i, kGap)));
  }
  return times;
}

std::optional<double> DurationOf(const PlanWords& words) {
  const bool ends =
      words.duration_seconds || words.requests > 0 || words.traced();
  return ends ? words.duration_seconds : kDefaultDuration.count();
}

absl::StatusOr<LoadPlan> MakePlan(const PlanWords& words) {
  LoadPlan plan{.concurrency = words.concurrency,
                .requests = words.requests,
                .seed = words.seed};
  if (const auto duration = DurationOf(words)) {
    plan.duration = Seconds(*duration);
  }
  const auto prompt = LengthDistribution::Parse(words.prompt_tokens);
  if (!prompt.ok()) return InFlag("prompt-tokens", prompt.status());
  const auto output = LengthDistribution::Parse(words.output_tokens);
  if (!output.ok()) return InFlag("output-tokens", output.status());
  plan.prompt = *prompt;
  plan.output = *output;
  if (absl::Status s = TakeArrivals(words, plan); !s.ok()) return s;
  plan.end = EndOf(plan);
  TakeWarmUp(words, plan);
  if (absl::Status s = CheckWarmUp(plan); !s.ok()) return s;
  return plan;
}

}  // namespace mj
