#include "engine/text/tokenizer.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/text/bpe_tokenizer.h"
#include "engine/text/special_rules.h"
#include "engine/text/spm_tokenizer.h"

namespace mj {

absl::StatusOr<std::unique_ptr<Tokenizer>> Tokenizer::Make(
    Vocabulary vocabulary) {
  absl::Status status = CheckVocabulary(vocabulary);
  if (!status.ok()) return status;
  if (vocabulary.model == "gpt2") {
    return BpeTokenizer::Make(std::move(vocabulary));
  }
  if (vocabulary.model == "llama") {
    return SpmTokenizer::Make(std::move(vocabulary));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("tokenizer.ggml.model: unknown tokenizer '",
                   vocabulary.model, "'; known: gpt2, llama"));
}

}  // namespace mj
