#include "engine/reply.h"

#include <algorithm>
#include <utility>

#include "engine/sample/logprobs.h"

namespace mj {
namespace {

absl::Status Score(const LogitsUse& use, std::span<const float> logits) {
  Sequence& s = *use.sequence;
  absl::StatusOr<PositionLogprobs> scored = LogprobsOf(
      logits, s.tokens[use.position], *s.request->request.logprobs.prompt);
  if (scored.ok()) s.prompt_logprobs.push_back(*std::move(scored));
  return scored.status();
}

absl::Status Draw(const LogitsUse& use, const RowLogits& logits,
                  Sampler& sampler) {
  Sequence& s = *use.sequence;
  const Request& request = s.request->request;
  const std::span<const TokenId> tokens = s.tokens;
  const TokenHistory history{tokens.first(s.num_prompt),
                             tokens.subspan(s.num_prompt)};
  const DrawKey key{s.request->seed, s.choice, use.position};
  absl::StatusOr<TokenId> id =
      logits.all.empty()
          ? sampler.SampleTop(logits.top, request.sampling, key)
          : sampler.Sample(logits.all, request.sampling, history, key);
  if (!id.ok()) return id.status();
  s.sampled = SampledToken{*id, {}};
  if (!request.logprobs.generated) return absl::OkStatus();
  absl::StatusOr<PositionLogprobs> logprobs =
      LogprobsOf(logits.all, *id, *request.logprobs.generated);
  if (logprobs.ok()) s.sampled->logprobs = *std::move(logprobs);
  return logprobs.status();
}

// A model may have more logits than its tokenizer has tokens.
bool HasText(TokenId id, const Tokenizer& tokenizer) {
  return static_cast<size_t>(id) < tokenizer.vocabulary().tokens.size();
}

bool EndsReply(const Sequence& s, TokenId id, const Tokenizer& tokenizer) {
  const StopParams& stop = s.request->request.stop;
  if (s.num_generated() <= stop.min_tokens) return false;
  if (!stop.ignore_eos && HasText(id, tokenizer) &&
      tokenizer.IsEndOfGeneration(id)) {
    return true;
  }
  return std::find(stop.token_ids.begin(), stop.token_ids.end(), id) !=
         stop.token_ids.end();
}

void NoteStopMatch(Sequence& s, Delta& delta) {
  if (!s.stop.match()) return;
  delta.finish_reason = FinishReason::kStop;
  delta.stop_match = *s.stop.match();
}

// The text that `piece` releases; no stop string ends a reply too short.
std::string Release(Sequence& s, std::string piece) {
  const bool may_end = s.num_generated() >= s.request->request.stop.min_tokens;
  return may_end ? s.stop.Push(piece) : piece;
}

// The reply ends with what was held back, which may hold a last match.
void Finish(Sequence& s, FinishReason reason, Delta& delta) {
  delta.finish_reason = reason;
  delta.text += s.stop.Push(s.detokenizer.Flush());
  NoteStopMatch(s, delta);
  delta.text += s.stop.Flush();
}

}  // namespace

void TakeLogits(const LogitsUse& use, const RowLogits& logits,
                Sampler& sampler) {
  const bool known = use.position < use.sequence->num_tokens();
  const absl::Status status =
      known ? Score(use, logits.all) : Draw(use, logits, sampler);
  use.sequence->failure.Update(status);
}

Delta TakeToken(Sequence& s, const Tokenizer& tokenizer) {
  const StopParams& stop = s.request->request.stop;
  const TokenId id = s.sampled->id;
  s.tokens.push_back(id);
  Delta delta;
  delta.choice = s.choice;
  delta.tokens.push_back(id);
  if (s.sampled->logprobs) {
    delta.logprobs.push_back(*std::move(s.sampled->logprobs));
  }
  s.sampled.reset();
  delta.prompt_logprobs = std::exchange(s.prompt_logprobs, {});

  const bool ends = EndsReply(s, id, tokenizer);
  if (HasText(id, tokenizer) && (!ends || stop.include_stop_string)) {
    delta.text = Release(s, s.detokenizer.Push(id));
    NoteStopMatch(s, delta);
  }
  if (delta.finish_reason) return delta;
  if (ends) {
    Finish(s, FinishReason::kStop, delta);
  } else if (s.num_tokens() == s.max_tokens) {
    Finish(s, FinishReason::kLength, delta);
  }
  return delta;
}

Delta TakeRest(Sequence& s, FinishReason reason) {
  Delta delta;
  delta.choice = s.choice;
  delta.prompt_logprobs = std::exchange(s.prompt_logprobs, {});
  Finish(s, reason, delta);
  return delta;
}

Delta TakeScoredPrompt(Sequence& s) {
  Delta delta;
  delta.choice = s.choice;
  delta.finish_reason = FinishReason::kLength;
  delta.prompt_logprobs = std::exchange(s.prompt_logprobs, {});
  return delta;
}

}  // namespace mj
