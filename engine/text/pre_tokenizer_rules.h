// What `tokenizer.ggml.pre` names: how byte-level BPE models cut text before
// merging. Each rule states its original tokenizer's steps in their order.
#ifndef MILLIJOULE_ENGINE_TEXT_PRE_TOKENIZER_RULES_H_
#define MILLIJOULE_ENGINE_TEXT_PRE_TOKENIZER_RULES_H_

#include <span>
#include <string_view>

#include "absl/status/statusor.h"

namespace mj {

struct PreTokenizerStep {
  enum class Kind {
    kPattern,          // every match, and every gap between, is a piece
    kTrailingSpace,    // the white space at a piece's end is a piece
    kSpelledNumerals,  // runs of bytes that GPT-2 spells as numerals (digits
                       // and 0xB2, 0xB3, 0xB9, 0xBC-0xBE), then ASCII digits
                       // in threes: Falcon splits digits after spelling bytes
  };
  Kind kind;
  // kPattern: a regular expression in Oniguruma's sense of \s, \S and \p{}.
  std::string_view pattern;
};

struct PreTokenizerRule {
  std::span<const std::string_view> names;
  std::span<const PreTokenizerStep> steps;
  bool nfc = false;            // text is brought to NFC first
  bool ignore_merges = false;  // a whole piece that is a token is taken
  bool add_bos = false;        // where the model file is silent
};

// "" (a file without the key) is "default".
// INVALID_ARGUMENT: an unknown name; the message lists the known ones.
absl::StatusOr<PreTokenizerRule> FindPreTokenizerRule(std::string_view name);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_TEXT_PRE_TOKENIZER_RULES_H_
