#include "bench/load/load_flags.h"

#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace mj {
namespace {

std::vector<Flag> PlanFlags(LoadFlags& flags) {
  PlanWords& plan = flags.plan;
  return {
      PositiveNumberFlag("rate", "R", "open loop: requests a second",
                         plan.rate),
      IntFlag("concurrency", "closed loop: requests at once", 0, 1 << 16,
              plan.concurrency),
      TextFlag(
          "arrivals", "A",
          "poisson, gamma[:SHAPE], uniform or trace:FILE (a CSV of TIMESTAMP, "
          "ContextTokens, GeneratedTokens; --rate scales it)",
          plan.arrivals),
      TextFlag("prompt-tokens", "D",
               "of made-up prompts: 512, uniform:LO:HI or "
               "lognormal:MEDIAN:SIGMA",
               plan.prompt_tokens),
      TextFlag("output-tokens", "D", "of each reply, likewise",
               plan.output_tokens),
      TextFlag("prompts", "FILE",
               "prompts in turn, a line each: text, a JSON string, or an "
               "object with prompt or messages",
               flags.prompts),
      PositiveNumberFlag("duration", "S",
                         "seconds in which requests start; 30 without "
                         "--requests",
                         plan.duration_seconds),
      IntFlag("requests", "at most; 0: no limit", 0, kMostTraceRequests,
              plan.requests),
      {"warm-up", "S",
       "seconds whose requests are not counted; unset: the first tenth", "",
       [&plan](const std::string& text) {
         double value = 0;
         if (!absl::SimpleAtod(text, &value) || !(value >= 0) ||
             !std::isfinite(value)) {
           return absl::InvalidArgumentError(
               absl::StrCat("'", text, "' is no number from 0 on"));
         }
         plan.warm_up_seconds = value;
         return absl::OkStatus();
       }},
      IntFlag("seed", "of everything random", 0,
              std::numeric_limits<int>::max(), flags.seed)};
}

std::vector<Flag> TargetFlags(LoadFlags& flags) {
  return {
      Required(TextFlag("url", "URL",
                        "http[s]://HOST:PORT[/v1[/chat/completions]], or "
                        "HOST:PORT of gRPC",
                        flags.url)),
      TextFlag("api", "A", "openai, or grpc (millijoule.v1.Inference)",
               flags.api),
      TextFlag("model", "NAME", "unset: the first that /v1/models lists",
               flags.model),
      TextFlag("api-key-file", "FILE", "whose first line is the key to send",
               flags.api_key_file),
      SwitchFlag("stop-at-eos",
                 "replies may end before their length (no ignore_eos)",
                 flags.stop_at_eos),
      SwitchFlag("check-tokens",
                 "ask for log-probabilities, to count the tokens of a stream "
                 "one by one",
                 flags.check_tokens),
      NumberFlag("timeout", "S", "of one request, in seconds", 0.001, 86400,
                 flags.timeout_seconds)};
}

std::vector<Flag> VerdictFlags(LoadFlags& flags) {
  return {
      PositiveNumberFlag("slo-ttft-ms", "MS",
                         "wanted time to the first token, from when a request "
                         "was due",
                         flags.slo_ttft_ms),
      PositiveNumberFlag("slo-tpot-ms", "MS",
                         "wanted time per token after the first",
                         flags.slo_tpot_ms),
      NumberFlag("slo-share", "P",
                 "of the requests that must be within the SLO for a rate to "
                 "hold",
                 0.01, 1, flags.slo_share),
      TextFlag("sweep", "LOW:HIGH",
               "in place of --rate: finds the highest that holds the SLO, to "
               "5 %, a run of --duration each",
               flags.sweep),
      TextFlag("json", "FILE", "one JSON object; - for standard output",
               flags.json),
      TextFlag("html", "FILE", "a page with plots", flags.html)};
}

}  // namespace

std::vector<Flag> LoadFlagTable(LoadFlags& flags) {
  std::vector<Flag> table = TargetFlags(flags);
  for (Flag& flag : PlanFlags(flags)) table.push_back(std::move(flag));
  for (Flag& flag : VerdictFlags(flags)) table.push_back(std::move(flag));
  return table;
}

absl::StatusOr<SweepRange> ParseSweep(const std::string& text) {
  SweepRange range{};
  const size_t colon = text.find(':');
  if (colon != std::string::npos &&
      absl::SimpleAtod(text.substr(0, colon), &range.low) &&
      absl::SimpleAtod(text.substr(colon + 1), &range.high) && range.low > 0 &&
      range.low <= range.high && std::isfinite(range.high)) {
    return range;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--sweep: '", text, "' is not LOW:HIGH, 0 < LOW <= HIGH"));
}

absl::Status CheckLoadFlags(const LoadFlags& flags) {
  if (!flags.json.empty() && flags.json == flags.html) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--json and --html are both ", flags.json, "; each needs its own"));
  }
  if (flags.sweep.empty()) return absl::OkStatus();
  if (absl::Status s = ParseSweep(flags.sweep).status(); !s.ok()) return s;
  if (flags.plan.rate || flags.plan.concurrency > 0) {
    return absl::InvalidArgumentError(
        "--sweep chooses the rate; it goes with neither --rate nor "
        "--concurrency");
  }
  if (!flags.slo_ttft_ms && !flags.slo_tpot_ms) {
    return absl::InvalidArgumentError(
        "--sweep needs --slo-ttft-ms or --slo-tpot-ms: what is to hold");
  }
  return absl::OkStatus();
}

}  // namespace mj
