// What GGUF metadata says about tokens and chat templates.
#ifndef MILLIJOULE_ENGINE_MODEL_VOCABULARY_READER_H_
#define MILLIJOULE_ENGINE_MODEL_VOCABULARY_READER_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/gguf.h"
#include "engine/text/vocabulary.h"

namespace mj {

// The keys tokenizer.ggml.*. Works on files that hold a vocabulary only.
// NOT_FOUND: no vocabulary in the file. INVALID_ARGUMENT: a count that is not
// the tokens', an id that is no token's, an unknown kind of token.
absl::StatusOr<Vocabulary> ReadVocabulary(const Gguf& file);

struct NamedTemplate {
  std::string name;  // "" is the default one
  std::string source;
};

// The keys tokenizer.chat_template and tokenizer.chat_template.NAME, the
// default first; empty where the file has none.
absl::StatusOr<std::vector<NamedTemplate>> ReadChatTemplates(const Gguf& file);

// The template called `name`; nullopt where the file has none of that name.
absl::StatusOr<std::optional<std::string>> ReadChatTemplate(
    const Gguf& file, std::string_view name = "");

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_VOCABULARY_READER_H_
