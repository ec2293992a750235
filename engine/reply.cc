#include "engine/reply.h"

#include <algorithm>
#include <cassert>
#include <cmath>
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

absl::StatusOr<TokenId> DrawFromAll(const Sequence& s,
                                    std::span<const float> logits,
                                    const DrawKey& key, Sampler& sampler) {
  const SamplingParams& params = s.request->request.sampling;
  const std::span<const TokenId> prompt =
      std::span(s.tokens).first(s.num_prompt);
  std::span<const TokenId> generated =
      std::span(s.tokens).subspan(s.num_prompt);
  std::vector<TokenId> with_drafts;
  if (!s.sampled.empty() && ChangesLogits(params)) {
    with_drafts.assign(generated.begin(), generated.end());
    for (const SampledToken& token : s.sampled) with_drafts.push_back(token.id);
    generated = with_drafts;
  }
  return sampler.Sample(logits, params, {prompt, generated}, key);
}

absl::Status Draw(const LogitsUse& use, const RowLogits& logits,
                  Sampler& sampler) {
  Sequence& s = *use.sequence;
  const Request& request = s.request->request;
  const DrawKey key{s.request->seed, s.choice, use.position};
  absl::StatusOr<TokenId> id =
      logits.all.empty() ? sampler.SampleTop(logits.top, request.sampling, key)
                         : DrawFromAll(s, logits.all, key, sampler);
  if (!id.ok()) return id.status();
  const size_t i = s.sampled.size();
  s.refuted = i < s.draft.size() && s.draft[i] != *id;
  s.sampled.push_back({*id, {}});
  if (!request.logprobs.generated) return absl::OkStatus();
  absl::StatusOr<PositionLogprobs> logprobs =
      LogprobsOf(logits.all, *id, *request.logprobs.generated);
  if (logprobs.ok()) s.sampled.back().logprobs = *std::move(logprobs);
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

// Appends one token to the sequence and its news to `delta`.
void TakeToken(Sequence& s, SampledToken token, const Tokenizer& tokenizer,
               Delta& delta) {
  const StopParams& stop = s.request->request.stop;
  const TokenId id = token.id;
  s.tokens.push_back(id);
  delta.tokens.push_back(id);
  if (token.logprobs) delta.logprobs.push_back(*std::move(token.logprobs));
  const bool ends = EndsReply(s, id, tokenizer);
  if (HasText(id, tokenizer) && (!ends || stop.include_stop_string)) {
    delta.text += Release(s, s.detokenizer.Push(id));
    NoteStopMatch(s, delta);
  }
  if (delta.finish_reason) return;
  if (ends) {
    Finish(s, FinishReason::kStop, delta);
  } else if (s.num_tokens() == s.max_tokens) {
    Finish(s, FinishReason::kLength, delta);
  }
}

}  // namespace

void TakeLogits(const LogitsUse& use, const RowLogits& logits,
                Sampler& sampler) {
  Sequence& s = *use.sequence;
  if (s.refuted || !s.failure.ok()) return;
  const bool known = use.position < s.num_tokens();
  absl::Status status =
      known ? Score(use, logits.all) : Draw(use, logits, sampler);
  // The reply may end before it gets there; else the next step finds it again.
  if (!status.ok() && !s.sampled.empty()) {
    s.refuted = true;
    return;
  }
  s.failure.Update(status);
}

Delta TakeTokens(Sequence& s, const Tokenizer& tokenizer) {
  Delta delta;
  delta.choice = s.choice;
  delta.prompt_logprobs = std::exchange(s.prompt_logprobs, {});
  for (SampledToken& token : std::exchange(s.sampled, {})) {
    TakeToken(s, std::move(token), tokenizer, delta);
    if (delta.finish_reason) break;
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

void TakeHidden(const StepBatch& batch) {
  if (batch.hidden_uses.empty()) return;
  const size_t width = batch.hidden.values.size() / batch.hidden_uses.size();
  std::span<const float> rest(batch.hidden.values);
  for (const HiddenUse& use : batch.hidden_uses) {
    Sequence& s = *use.sequence;
    assert(use.position == s.num_embedded);
    s.hidden_sum.resize(width);
    for (size_t i = 0; i < width; ++i) s.hidden_sum[i] += rest[i];
    s.num_embedded = use.position + 1;
    rest = rest.subspan(width);
  }
}

// The mean has the direction of the sum.
absl::StatusOr<Delta> TakeEmbedding(Sequence& s) {
  double squares = 0;
  for (double x : s.hidden_sum) squares += x * x;
  const double norm = std::sqrt(squares);
  if (!std::isfinite(norm) || norm == 0) {
    return absl::InternalError("the model's hidden states have no direction");
  }
  Delta delta;
  delta.choice = s.choice;
  delta.finish_reason = FinishReason::kStop;
  delta.embedding.reserve(s.hidden_sum.size());
  for (double x : std::exchange(s.hidden_sum, {})) {
    delta.embedding.push_back(static_cast<float>(x / norm));
  }
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
