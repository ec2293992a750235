// Token ids to text as they arrive: whole characters only, none lost. Bytes
// that are no UTF-8 become U+FFFD where the reference puts it: one for every
// maximal subpart of a character in byte-level BPE, one for every byte in
// SentencePiece models, whose byte tokens never join an ordinary token.
#ifndef MILLIJOULE_ENGINE_TEXT_DETOKENIZER_H_
#define MILLIJOULE_ENGINE_TEXT_DETOKENIZER_H_

#include <span>
#include <string>

#include "engine/text/tokenizer.h"

namespace mj {

struct DetokenizerOptions {
  bool print_special = false;
  // Whether the first token begins the text (then the space that
  // SentencePiece models prefix to it goes) or continues a prompt.
  bool begins_text = false;
};

// One sequence's state. Not thread-safe. `tokenizer` must outlive it.
class StreamingDetokenizer final {
 public:
  explicit StreamingDetokenizer(const Tokenizer& tokenizer,
                                DetokenizerOptions options = {});

  // The characters that `id` completes; "" while one is unfinished.
  std::string Push(TokenId id);

  // What is still held back, as U+FFFD. The next Push begins afresh.
  std::string Flush();

 private:
  std::string TakeComplete(bool at_end);

  const Tokenizer& tokenizer_;
  DetokenizerOptions options_;
  bool sentence_piece_;
  bool strips_space_;    // the next text's leading space goes
  std::string pending_;  // an unfinished character's bytes
};

// The text of a whole sequence: what the stream above gives from its start.
std::string DecodeAll(const Tokenizer& tokenizer, std::span<const TokenId> ids,
                      bool print_special);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_TEXT_DETOKENIZER_H_
