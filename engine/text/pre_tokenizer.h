// Cuts text into the pieces within which byte-level BPE merges, as the
// tokenizer that `tokenizer.ggml.pre` names does it.
// Immutable after Make: any thread may call.
#ifndef MILLIJOULE_ENGINE_TEXT_PRE_TOKENIZER_H_
#define MILLIJOULE_ENGINE_TEXT_PRE_TOKENIZER_H_

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/text/pre_tokenizer_rules.h"
#include "engine/text/regex.h"

namespace mj {

class PreTokenizer final {
 public:
  // INVALID_ARGUMENT: an unknown name; the message lists the known ones.
  static absl::StatusOr<PreTokenizer> Make(std::string_view name);

  // The pieces in order; together they are `text`. Pieces may cut a character
  // only where the original does (Falcon).
  // REQUIRES: `text` is valid UTF-8, and NFC where rule().nfc
  std::vector<std::string_view> Split(std::string_view text) const;

  const PreTokenizerRule& rule() const { return rule_; }

 private:
  struct Step {
    PreTokenizerStep::Kind kind;
    std::vector<Regex> regex;  // one where kind is kPattern
  };

  explicit PreTokenizer(PreTokenizerRule rule) : rule_(rule) {}

  PreTokenizerRule rule_;
  std::vector<Step> steps_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_TEXT_PRE_TOKENIZER_H_
