// Text to token ids and back, as the model's own tokenizer does it.
//
// Ids equal the reference tokenizer's on any input bytes, invalid UTF-8
// included. Immutable after Make: any thread may call.
#ifndef MILLIJOULE_ENGINE_TEXT_TOKENIZER_H_
#define MILLIJOULE_ENGINE_TEXT_TOKENIZER_H_

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/text/vocabulary.h"

namespace mj {

struct EncodeOptions {
  bool add_special = true;    // BOS/EOS where the vocabulary asks for them
  bool parse_special = true;  // control tokens' text becomes their ids
};

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // INVALID_ARGUMENT names what is missing, inconsistent or unknown.
  static absl::StatusOr<std::unique_ptr<Tokenizer>> Make(Vocabulary vocabulary);

  virtual std::vector<TokenId> Encode(std::string_view text,
                                      EncodeOptions options = {}) const = 0;

  // The bytes one token adds to the text; may be a part of a UTF-8 character.
  // Control tokens give "" unless `print_special`.
  // REQUIRES: 0 <= id < vocabulary().tokens.size()
  virtual std::string TokenBytes(TokenId id, bool print_special) const = 0;

  // The text of a whole sequence, as the reference decodes it (for SPM
  // models the space prefix of the first token goes).
  virtual std::string Decode(std::span<const TokenId> ids,
                             bool print_special) const = 0;

  virtual const Vocabulary& vocabulary() const = 0;

  // Ends a reply: EOS, EOT and their kin (<|im_end|>, <end_of_turn>, ...).
  virtual bool IsEndOfGeneration(TokenId id) const = 0;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_TEXT_TOKENIZER_H_
