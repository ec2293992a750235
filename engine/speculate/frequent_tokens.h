// Which tokens drafts are chosen from: the most frequent ones of a text, whose
// rows of the head are a small part of it (FR-Spec, Zhao et al. 2025).
#ifndef MILLIJOULE_ENGINE_SPECULATE_FREQUENT_TOKENS_H_
#define MILLIJOULE_ENGINE_SPECULATE_FREQUENT_TOKENS_H_

#include <cstdint>
#include <span>
#include <vector>

namespace mj {

// The `count` most frequent of `tokens`, by ascending id. Equally frequent
// ones, those that the text lacks too, go by ascending id: tokenizers number
// what they learned first, the frequent, first. At most `vocab` of them.
// REQUIRES: tokens from 0 to vocab - 1
std::vector<int32_t> FrequentTokens(std::span<const int32_t> tokens, int vocab,
                                    int count);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SPECULATE_FREQUENT_TOKENS_H_
