// What a step's logits do to a sequence: the next token is drawn, taken into
// the reply, and told to the client.
#ifndef MILLIJOULE_ENGINE_REPLY_H_
#define MILLIJOULE_ENGINE_REPLY_H_

#include "absl/status/statusor.h"
#include "engine/model/step_runner.h"
#include "engine/request/sequence.h"
#include "engine/sample/sampler.h"
#include "engine/step_batch.h"
#include "engine/text/tokenizer.h"

namespace mj {

// Draws (into `sampled`) or scores (into `prompt_logprobs`) the token that a
// row of logits is about. What is wrong with the row goes into `failure`. Rows
// behind a draft token that was not drawn mean nothing.
void TakeLogits(const LogitsUse& use, const RowLogits& logits,
                Sampler& sampler);

// Appends the tokens that were drawn, checks after each what ends a reply (end
// of generation, stop tokens, stop strings, length, in this order) and returns
// the news; what comes after the end is dropped. A token that ends the reply is
// listed with its logprobs, but adds no text unless the request includes stop
// strings. REQUIRES: s.sampled is not empty.
Delta TakeTokens(Sequence& s, const Tokenizer& tokenizer);

// The rest of a reply that ends between two tokens: what was held back, which
// may still end with a stop string.
Delta TakeRest(Sequence& s, FinishReason reason);

// Adds what a step has computed of embeddings, position by position.
void TakeHidden(const StepBatch& batch);

// The news of a sequence that embeds, once all positions are added: the
// embedding, or INTERNAL where it has no direction.
absl::StatusOr<Delta> TakeEmbedding(Sequence& s);

// The news of a sequence that generates nothing, once its prompt is scored.
Delta TakeScoredPrompt(Sequence& s);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_REPLY_H_
