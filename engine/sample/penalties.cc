#include "engine/sample/penalties.h"

namespace mj {
namespace {

bool Repeats(const SamplingParams& params) {
  return params.repetition_penalty != 1;
}

bool Counts(const SamplingParams& params) {
  return params.presence_penalty != 0 || params.frequency_penalty != 0;
}

}  // namespace

bool ChangesLogits(const SamplingParams& params) {
  return Repeats(params) || Counts(params) || !params.logit_bias.empty();
}

void LogitAdjuster::Repeat(float penalty, std::span<const TokenId> tokens) {
  for (TokenId id : tokens) {
    if (counts_[id] != 0) continue;
    counts_[id] = 1;
    float& x = adjusted_[id];
    x = x > 0 ? x / penalty : x * penalty;
  }
}

void LogitAdjuster::Count(const SamplingParams& params,
                          std::span<const TokenId> tokens) {
  for (TokenId id : tokens) ++counts_[id];
  for (TokenId id : tokens) {
    if (counts_[id] == 0) continue;
    adjusted_[id] -= params.frequency_penalty * counts_[id];
    adjusted_[id] -= params.presence_penalty;
    counts_[id] = 0;
  }
}

std::span<const float> LogitAdjuster::Adjust(std::span<const float> logits,
                                             const SamplingParams& params,
                                             const TokenHistory& history) {
  if (!ChangesLogits(params)) return logits;
  adjusted_.assign(logits.begin(), logits.end());
  counts_.resize(logits.size());
  if (Repeats(params)) {
    Repeat(params.repetition_penalty, history.prompt);
    Repeat(params.repetition_penalty, history.generated);
    for (TokenId id : history.prompt) counts_[id] = 0;
    for (TokenId id : history.generated) counts_[id] = 0;
  }
  if (Counts(params)) Count(params, history.generated);
  for (const auto& [id, bias] : params.logit_bias) adjusted_[id] += bias;
  return adjusted_;
}

}  // namespace mj
