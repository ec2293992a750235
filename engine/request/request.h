// What a client asked for, checked and complete: plain data.
#ifndef MILLIJOULE_ENGINE_REQUEST_REQUEST_H_
#define MILLIJOULE_ENGINE_REQUEST_REQUEST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hw_backends/quantities.h"

namespace mj {

using TokenId = int32_t;

inline constexpr int kMaxLogprobs = 20;
inline constexpr int kMaxChoices = 128;

struct SamplingParams {
  // 0: greedy. Otherwise logits are divided by it before the soft maximum.
  float temperature = 1;
  int top_k = 0;    // 0 or -1: all
  float top_p = 1;  // 0: the most likely token alone
  float min_p = 0;  // relative to the most likely token
  float repetition_penalty = 1;
  float presence_penalty = 0;
  float frequency_penalty = 0;
  std::vector<std::pair<TokenId, float>> logit_bias;
  std::optional<uint64_t> seed;  // absent: drawn once at submission
};

struct StopParams {
  // Generated tokens at the most; absent: as many as the context holds.
  std::optional<int> max_tokens;
  // Tokens that come before an end token or the end of a stop string can end
  // the reply.
  int min_tokens = 0;
  std::vector<std::string> strings;  // the text ends before the first match
  std::vector<TokenId> token_ids;
  bool ignore_eos = false;
  bool include_stop_string = false;
};

struct LogprobParams {
  std::optional<int> generated;  // top alternatives a generated token
  std::optional<int> prompt;     // the same for prompt tokens
};

// Who may guess a reply's tokens ahead, for the model to verify several at
// once. Never changes a reply.
enum class Speculation {
  kAuto,   // the server's choice
  kOff,    // nobody
  kNgram,  // what followed the same tokens before
  kDraft,  // a smaller model
  kExit,   // the model's own first layers
};
// "auto", "off", "ngram", "draft", "exit". INVALID_ARGUMENT names the others.
absl::StatusOr<Speculation> ParseSpeculation(std::string_view name);
std::string_view SpeculationName(Speculation speculation);

// May confident tokens leave the model early, to save energy?
enum class Quality {
  kFull,      // no
  kAdaptive,  // yes: replies may differ from the model's own
};
// "full", "adaptive". INVALID_ARGUMENT names the others.
absl::StatusOr<Quality> ParseQuality(std::string_view name);

// Latencies wanted of this request; absent: none in particular.
struct SloTargets {
  std::optional<Seconds> ttft;  // submission to first token
  std::optional<Seconds> tpot;  // mean time a token after the first
};

// What a request is for.
enum class Task {
  kGenerate,
  // Delta::embedding of its prompt. It generates nothing: max_tokens is 0, one
  // choice, no log-probabilities.
  kEmbed,
};

struct Request {
  Task task = Task::kGenerate;
  std::string id;  // unique; named in logs and the ledger
  std::string tenant = "default";
  // Token ids are used as they are; text gets the model's BOS rule.
  std::variant<std::string, std::vector<TokenId>> prompt;
  // False where a chat template has already written BOS and its kin.
  bool add_special = true;
  int num_choices = 1;
  SamplingParams sampling;
  StopParams stop;
  LogprobParams logprobs;
  bool print_special = false;  // control tokens appear in the text
  // Since submission; the request ends DEADLINE_EXCEEDED after it.
  std::optional<Seconds> timeout;
  // The reply ends (FinishReason::kEnergy) after the step that brings its
  // joules, as its usage tells them, to this: it may exceed it by the
  // request's share of one step. A prompt that alone costs as much gets no
  // token. Above 0.
  std::optional<Joules> max_energy;
  bool wants_shadow = false;  // EnergyReport::shadow
  SloTargets slo;
  Speculation speculation = Speculation::kAuto;
  Quality quality = Quality::kFull;
  bool flex = false;  // may wait within its timeout for less carbon
};

// INVALID_ARGUMENT names the field, its value and its range. What depends on
// the model (ids, context length) is checked by Engine::Submit.
absl::Status Validate(const Request& request);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_REQUEST_REQUEST_H_
