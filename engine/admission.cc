#include "engine/admission.h"

#include <algorithm>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "engine/request/request_error.h"

namespace mj {
namespace {

absl::Status CheckId(const char* field, const std::string& name, TokenId id,
                     int vocab) {
  if (id >= 0 && id < vocab) return absl::OkStatus();
  return RequestError(field,
                      absl::StrCat(name, " is token id ", id,
                                   "; the model's ids are 0 to ", vocab - 1));
}

absl::Status CheckIds(const Request& request, std::span<const TokenId> prompt,
                      int vocab) {
  absl::Status status;
  for (size_t i = 0; i < prompt.size() && status.ok(); ++i) {
    const bool good = prompt[i] >= 0 && prompt[i] < vocab;
    if (!good) {
      status = CheckId("prompt", absl::StrCat("position ", i, " of the prompt"),
                       prompt[i], vocab);
    }
  }
  for (TokenId id : request.stop.token_ids) {
    if (status.ok())
      status = CheckId("stop_token_ids", "a stop token", id, vocab);
  }
  for (const auto& [id, bias] : request.sampling.logit_bias) {
    if (status.ok())
      status = CheckId("logit_bias", "a logit_bias key", id, vocab);
  }
  return status;
}

// How many tokens a sequence may have, prompt and generated.
absl::StatusOr<int> TokenLimit(const Request& request, int prompt,
                               const AdmissionLimits& limits) {
  if (prompt == 0) return RequestError("prompt", "the prompt is empty");
  const int64_t asked = request.stop.max_tokens.value_or(1);
  const int64_t needed = prompt + asked;
  const std::string have =
      absl::StrCat("the prompt has ", prompt, " tokens and max_tokens is ",
                   request.stop.max_tokens ? absl::StrCat(asked) : "not given",
                   ": ", needed, " positions, ");
  if (needed > limits.max_model_len) {
    return RequestError(
        "prompt",
        absl::StrCat(have, "the context holds ", limits.max_model_len),
        kContextLengthExceeded);
  }
  if (needed > limits.kv_tokens) {
    return RequestError(
        "prompt", absl::StrCat(have, "the KV cache holds ", limits.kv_tokens),
        kContextLengthExceeded);
  }
  if (request.stop.max_tokens) return static_cast<int>(needed);
  return std::min(limits.max_model_len, limits.kv_tokens);
}

void AddSequences(InFlight& in_flight, const std::vector<TokenId>& prompt,
                  int max_tokens, const Tokenizer& tokenizer) {
  const Request& request = in_flight.request;
  const StopPatterns patterns = MakeStopPatterns(request.stop.strings);
  in_flight.sequences.reserve(request.num_choices);
  for (int choice = 0; choice < request.num_choices; ++choice) {
    Sequence& s = in_flight.sequences.emplace_back(
        in_flight, prompt,
        StreamingDetokenizer(tokenizer,
                             {.print_special = request.print_special}),
        StopMatcher(patterns, request.stop.include_stop_string));
    s.choice = choice;
    s.max_tokens = max_tokens;
  }
  in_flight.num_open = request.num_choices;
  if (request.logprobs.prompt) {
    constexpr float kNone = std::numeric_limits<float>::quiet_NaN();
    in_flight.sequences[0].prompt_logprobs.push_back({{prompt[0], kNone}, {}});
  }
}

}  // namespace

size_t MaxPromptBytes(const Vocabulary& vocabulary, int max_model_len) {
  // Without byte tokens a run of unknown text is one token, however long.
  const bool spells_all =
      vocabulary.model == "gpt2" ||
      std::find(vocabulary.kinds.begin(), vocabulary.kinds.end(),
                TokenKind::kByte) != vocabulary.kinds.end();
  if (!spells_all) return SIZE_MAX;
  constexpr size_t kNormalisation = 4;  // composing shortens a text, if at all
  size_t longest = 1;
  for (const std::string& token : vocabulary.tokens) {
    longest = std::max(longest, token.size());
  }
  return kNormalisation * longest * max_model_len;
}

absl::StatusOr<std::unique_ptr<InFlight>> Admit(Request request,
                                                const Tokenizer& tokenizer,
                                                const AdmissionLimits& limits,
                                                uint64_t drawn_seed) {
  absl::Status status = Validate(request);
  if (!status.ok()) return status;
  std::vector<TokenId> prompt;
  if (auto* ids = std::get_if<std::vector<TokenId>>(&request.prompt)) {
    prompt = std::move(*ids);
  } else {
    const std::string& text = std::get<std::string>(request.prompt);
    if (text.size() > limits.max_prompt_bytes) {
      return RequestError(
          "prompt",
          absl::StrCat("the prompt has ", text.size(),
                       " bytes, which cannot fit: the context holds ",
                       limits.max_model_len, " tokens"),
          kContextLengthExceeded);
    }
    prompt = tokenizer.Encode(text, {.add_special = request.add_special});
  }
  status = CheckIds(request, prompt, limits.vocab);
  if (!status.ok()) return status;
  absl::StatusOr<int> max_tokens =
      TokenLimit(request, static_cast<int>(prompt.size()), limits);
  if (!max_tokens.ok()) return max_tokens.status();

  auto in_flight = std::make_unique<InFlight>();
  in_flight->seed = request.sampling.seed.value_or(drawn_seed);
  in_flight->usage.prompt_tokens = static_cast<int>(prompt.size());
  in_flight->request = std::move(request);
  AddSequences(*in_flight, prompt, *max_tokens, tokenizer);
  return in_flight;
}

}  // namespace mj
