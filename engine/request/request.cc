#include "engine/request/request.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/request/request_error.h"

namespace mj {
namespace {

constexpr size_t kMaxStopStrings = 64;
constexpr size_t kMaxStopStringBytes = 4096;
constexpr size_t kMaxStopBytes = 16384;  // of all stop strings together
constexpr size_t kMaxStopTokens = 1024;
constexpr size_t kMaxBiases = 4096;

// [low, high] with its ends; not-a-number is outside of every range.
template <typename T>
absl::Status InRange(const char* field, T value, T low, T high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return RequestError(
      field, absl::StrCat(field, " is ", value, "; it must be from ", low,
                          " to ", high));
}

absl::Status AtMost(const char* field, size_t count, size_t limit) {
  if (count <= limit) return absl::OkStatus();
  return RequestError(
      field, absl::StrCat(field, " has ", count, " entries; at most ", limit,
                          " are possible"));
}

absl::Status ValidateSampling(const SamplingParams& s) {
  const struct {
    const char* field;
    double value, low, high;
  } kRanges[] = {
      {"temperature", s.temperature, 0, 2},
      {"top_p", s.top_p, 0, 1},
      {"min_p", s.min_p, 0, 1},
      {"presence_penalty", s.presence_penalty, -2, 2},
      {"frequency_penalty", s.frequency_penalty, -2, 2},
      {"repetition_penalty", s.repetition_penalty, 0.01, 100},
  };
  for (const auto& r : kRanges) {
    absl::Status status = InRange(r.field, r.value, r.low, r.high);
    if (!status.ok()) return status;
  }
  for (const auto& [id, bias] : s.logit_bias) {
    if (!(bias >= -100 && bias <= 100)) {
      return RequestError("logit_bias",
                          absl::StrCat("logit_bias of token ", id, " is ", bias,
                                       "; it must be from -100 to 100"));
    }
  }
  absl::Status status = InRange("top_k", s.top_k, -1, INT32_MAX);
  if (!status.ok()) return status;
  return AtMost("logit_bias", s.logit_bias.size(), kMaxBiases);
}

absl::Status ValidateStop(const StopParams& stop, bool needs_no_tokens) {
  if (stop.max_tokens.has_value() && *stop.max_tokens < 0) {
    return RequestError("max_tokens",
                        absl::StrCat("max_tokens is ", *stop.max_tokens,
                                     "; it must not be negative"));
  }
  if (stop.max_tokens == 0 && !needs_no_tokens) {
    return RequestError("max_tokens",
                        "max_tokens is 0; it must be at least 1 unless the "
                        "prompt's log-probabilities are asked for");
  }
  const int most = stop.max_tokens.value_or(INT32_MAX);
  if (stop.min_tokens < 0 || stop.min_tokens > most) {
    return RequestError(
        "min_tokens",
        absl::StrCat("min_tokens is ", stop.min_tokens,
                     "; it must be from 0 to max_tokens, ", most));
  }
  size_t stop_bytes = 0;
  for (const std::string& s : stop.strings) {
    stop_bytes += s.size();
    if (s.empty()) return RequestError("stop", "a stop string is empty");
    if (s.size() > kMaxStopStringBytes) {
      return RequestError(
          "stop",
          absl::StrCat("a stop string has ", s.size(), " bytes; at most ",
                       kMaxStopStringBytes, " are possible"));
    }
  }
  if (stop_bytes > kMaxStopBytes) {
    return RequestError("stop",
                        absl::StrCat("the stop strings have ", stop_bytes,
                                     " bytes together; at most ", kMaxStopBytes,
                                     " are possible"));
  }
  absl::Status status = AtMost("stop", stop.strings.size(), kMaxStopStrings);
  if (!status.ok()) return status;
  return AtMost("stop_token_ids", stop.token_ids.size(), kMaxStopTokens);
}

// Finite and above 0; `unit` of the value.
absl::Status Positive(const char* field, double value, const char* unit) {
  if (value > 0 && std::isfinite(value)) return absl::OkStatus();
  return RequestError(
      field, absl::StrCat(field, " is ", value, unit, "; it must be above 0"));
}

absl::Status ValidateBudgets(const Request& request) {
  absl::Status status;
  if (request.max_energy) {
    status.Update(
        Positive("energy.max_joules", request.max_energy->value(), " J"));
  }
  if (request.slo.ttft) {
    status.Update(Positive("slo.ttft", request.slo.ttft->count(), " s"));
  }
  if (request.slo.tpot) {
    status.Update(Positive("slo.tpot", request.slo.tpot->count(), " s"));
  }
  return status;
}

absl::Status ValidateTask(const Request& request) {
  if (request.task != Task::kEmbed) return absl::OkStatus();
  const bool generates = request.stop.max_tokens != 0;
  const bool tells_tokens =
      request.logprobs.generated || request.logprobs.prompt;
  if (!generates && !tells_tokens && request.num_choices == 1) {
    return absl::OkStatus();
  }
  return RequestError("task",
                      "an embedding needs max_tokens = 0 and n = 1, and has no "
                      "log-probabilities");
}

absl::Status ValidateLogprobs(const char* field, std::optional<int> count) {
  if (!count.has_value()) return absl::OkStatus();
  return InRange(field, *count, 0, kMaxLogprobs);
}

constexpr std::pair<std::string_view, Speculation> kSpeculationNames[] = {
    {"auto", Speculation::kAuto},   {"off", Speculation::kOff},
    {"ngram", Speculation::kNgram}, {"draft", Speculation::kDraft},
    {"exit", Speculation::kExit},
};

}  // namespace

absl::StatusOr<Speculation> ParseSpeculation(std::string_view name) {
  for (const auto& [known, speculation] : kSpeculationNames) {
    if (name == known) return speculation;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", std::string(name.substr(0, 60)),
                   "' is none of auto, off, ngram, draft, exit"));
}

std::string_view SpeculationName(Speculation speculation) {
  const auto* named =
      std::ranges::find(kSpeculationNames, speculation,
                        &std::pair<std::string_view, Speculation>::second);
  return named->first;
}

absl::StatusOr<Quality> ParseQuality(std::string_view name) {
  if (name == "full") return Quality::kFull;
  if (name == "adaptive") return Quality::kAdaptive;
  return absl::InvalidArgumentError(absl::StrCat(
      "'", std::string(name.substr(0, 60)), "' is none of full, adaptive"));
}

absl::Status Validate(const Request& request) {
  for (absl::Status status :
       {InRange("n", request.num_choices, 1, kMaxChoices),
        ValidateSampling(request.sampling), ValidateTask(request),
        ValidateStop(request.stop, request.logprobs.prompt.has_value() ||
                                       request.task == Task::kEmbed),
        ValidateLogprobs("logprobs", request.logprobs.generated),
        ValidateLogprobs("prompt_logprobs", request.logprobs.prompt),
        ValidateBudgets(request)}) {
    if (!status.ok()) return status;
  }
  if (request.timeout.has_value() && !(request.timeout->count() > 0)) {
    return RequestError("timeout",
                        absl::StrCat("timeout is ", request.timeout->count(),
                                     " seconds; it must be over 0"));
  }
  return absl::OkStatus();
}

}  // namespace mj
