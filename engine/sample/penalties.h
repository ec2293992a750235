// What a request does to the logits before a token is chosen: repetition
// penalty (CTRL, Keskar et al. 2019), presence and frequency penalties as
// OpenAI defines them, and biases, in this order.
#ifndef MILLIJOULE_ENGINE_SAMPLE_PENALTIES_H_
#define MILLIJOULE_ENGINE_SAMPLE_PENALTIES_H_

#include <span>
#include <vector>

#include "engine/request/request.h"

namespace mj {

// A sequence's tokens, in two parts.
struct TokenHistory {
  std::span<const TokenId> prompt, generated;
};

// Whether any of this applies, for some history.
bool ChangesLogits(const SamplingParams& params);

// Keeps its memory from row to row. One thread.
class LogitAdjuster final {
 public:
  // repetition (prompt and generated, once a token): positive logits are
  //   divided by it, others multiplied;
  // frequency (generated): minus penalty * count; presence: minus penalty;
  // bias: plus.
  // Returns `logits` where nothing applies, else memory that lives until the
  // next call. REQUIRES: every id < logits.size().
  std::span<const float> Adjust(std::span<const float> logits,
                                const SamplingParams& params,
                                const TokenHistory& history);

 private:
  void Repeat(float penalty, std::span<const TokenId> tokens);
  void Count(const SamplingParams& params, std::span<const TokenId> tokens);

  std::vector<float> adjusted_;  // [vocab]
  std::vector<int> counts_;      // [vocab]; all 0 between uses
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SAMPLE_PENALTIES_H_
