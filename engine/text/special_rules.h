// What a tokenizer settles from its vocabulary before the first text: checks,
// defaults where the file is silent, and which tokens end a reply.
#ifndef MILLIJOULE_ENGINE_TEXT_SPECIAL_RULES_H_
#define MILLIJOULE_ENGINE_TEXT_SPECIAL_RULES_H_

#include <vector>

#include "absl/status/status.h"
#include "engine/text/vocabulary.h"

namespace mj {

// INVALID_ARGUMENT: no tokens, lists of unequal length, a NaN score, a kind
// or an id out of range, or BOS/EOS to be added but not named.
absl::Status CheckVocabulary(const Vocabulary& vocabulary);

// Tokens that end a reply, by id, ascending: EOS, EOT, and known end markers
// by their text (<|im_end|>, <end_of_turn>, ...), where they are not ordinary
// added tokens of the vocabulary (Gemma's HTML tag </s>).
std::vector<TokenId> FindEndOfGeneration(const Vocabulary& vocabulary);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_TEXT_SPECIAL_RULES_H_
