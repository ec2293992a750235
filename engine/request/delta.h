// What comes back: a request is answered by a stream of deltas, the last of
// which carries a status and, if OK, the usage.
#ifndef MILLIJOULE_ENGINE_REQUEST_DELTA_H_
#define MILLIJOULE_ENGINE_REQUEST_DELTA_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/request/energy_report.h"
#include "engine/request/request.h"

namespace mj {

enum class FinishReason {
  kStop,
  kLength,
  kEnergy,  // the request's joules are spent
};

struct TokenLogprob {
  TokenId id = 0;
  float logprob = 0;  // natural log-softmax of the raw logits
};

// One position: the token that stands there and the likeliest ones, by
// (logprob descending, id ascending).
struct PositionLogprobs {
  TokenLogprob token;
  std::vector<TokenLogprob> top;
};

// Of a request whose tokens may leave the model early.
struct DepthReport {
  int early_tokens = 0;   // of its completion tokens, that did
  std::string exit_head;  // SHA-256 of the file of the head that said them
  // Why none may: "sampling", "penalties" (or biases) or "logprobs", of which
  // the exit head knows nothing; "": the choice is greedy.
  std::string_view whole_because = "";
};

struct Usage {
  int prompt_tokens = 0;
  int completion_tokens = 0;  // of all choices
  int cached_tokens = 0;      // of the prompt, not computed
  int drafted_tokens = 0;     // guessed and verified
  int accepted_tokens = 0;    // of these, that are in the reply
  EnergyReport energy;
  std::optional<DepthReport> depth;  // absent: all ran through all layers
};

// Seconds since submission, for metrics and logs.
struct RequestTimings {
  Seconds queued{0};       // until first scheduled
  Seconds held{0};         // of it, waiting for less carbon
  Seconds first_token{0};  // TTFT; 0 if there was none
  Seconds finished{0};
  int num_preemptions = 0;
};

struct Delta {
  int choice = 0;
  std::string text;  // whole UTF-8 characters
  std::vector<TokenId> tokens;
  std::vector<PositionLogprobs> logprobs;  // one a token, if asked for
  // In the first delta of choice 0, if asked for: one a prompt token; the
  // first, which nothing predicts, has an empty `top` and logprob NaN.
  std::vector<PositionLogprobs> prompt_logprobs;
  // Of Task::kEmbed, with its end: the mean over the prompt's positions of the
  // last hidden state, as the head would multiply it, of Euclidean norm 1.
  std::vector<float> embedding;
  std::optional<FinishReason> finish_reason;  // ends this choice
  std::string stop_match;  // the stop string that ended it, if any

  // The last delta of the request, after every choice's end.
  bool last = false;
  absl::Status status;  // of a last delta: why the request ended
  Usage usage;          // of a last delta, whatever its status
  RequestTimings timings;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_REQUEST_DELTA_H_
