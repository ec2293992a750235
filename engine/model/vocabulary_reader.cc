#include "engine/model/vocabulary_reader.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "engine/model/invalid.h"

namespace mj {
namespace {

constexpr char kTokens[] = "tokenizer.ggml.tokens";
constexpr char kTemplate[] = "tokenizer.chat_template";

std::string Key(std::string_view name) {
  return Concat("tokenizer.ggml.", name);
}

absl::Status CheckCount(const Gguf& file, std::string_view key, size_t count,
                        const Vocabulary& vocabulary) {
  if (count == vocabulary.tokens.size()) return absl::OkStatus();
  return Invalid(file.label(), ": ", key, " has ", count, " elements, ",
                 kTokens, " has ", vocabulary.tokens.size());
}

absl::Status ReadTokens(const Gguf& file, Vocabulary& vocabulary) {
  auto tokens = file.GetStrings(kTokens);
  if (!tokens.ok()) return tokens.status();
  if (tokens->empty() || tokens->size() > std::numeric_limits<TokenId>::max()) {
    return Invalid(file.label(), ": ", kTokens, " has ", tokens->size(),
                   " elements, needs 1 to 2^31 - 1");
  }
  vocabulary.tokens = *std::move(tokens);
  return absl::OkStatus();
}

absl::Status ReadScores(const Gguf& file, Vocabulary& vocabulary) {
  const std::string key = Key("scores");
  if (!file.Has(key)) return absl::OkStatus();
  auto scores = file.GetFloats(key);
  if (!scores.ok()) return scores.status();
  vocabulary.scores = *std::move(scores);
  return CheckCount(file, key, vocabulary.scores.size(), vocabulary);
}

absl::Status ReadKinds(const Gguf& file, Vocabulary& vocabulary) {
  const std::string key = Key("token_type");
  if (!file.Has(key)) return absl::OkStatus();
  auto kinds = file.GetIntegers(key);
  if (!kinds.ok()) return kinds.status();
  vocabulary.kinds.reserve(kinds->size());
  for (int64_t kind : *kinds) {
    if (kind < static_cast<int64_t>(TokenKind::kNormal) ||
        kind > static_cast<int64_t>(TokenKind::kByte)) {
      return Invalid(file.label(), ": ", key, " of token ",
                     vocabulary.kinds.size(), " is ", kind, ", needs 1 to 6");
    }
    vocabulary.kinds.push_back(static_cast<TokenKind>(kind));
  }
  return CheckCount(file, key, vocabulary.kinds.size(), vocabulary);
}

absl::Status ReadMerges(const Gguf& file, Vocabulary& vocabulary) {
  const std::string key = Key("merges");
  if (!file.Has(key)) return absl::OkStatus();
  auto merges = file.GetStrings(key);
  if (!merges.ok()) return merges.status();
  vocabulary.merges = *std::move(merges);
  return absl::OkStatus();
}

absl::Status ReadId(const Gguf& file, std::string_view name,
                    const Vocabulary& vocabulary, std::optional<TokenId>& id) {
  const std::string key = Key(name);
  auto value = file.FindInteger(key);
  if (!value.ok()) return value.status();
  if (!value->has_value()) return absl::OkStatus();
  const int64_t count = static_cast<int64_t>(vocabulary.tokens.size());
  if (**value < 0 || **value >= count) {
    return Invalid(file.label(), ": ", key, " is ", **value,
                   ", needs an id below the ", count, " tokens");
  }
  id = static_cast<TokenId>(**value);
  return absl::OkStatus();
}

absl::Status ReadIds(const Gguf& file, Vocabulary& vocabulary) {
  const std::pair<std::string_view, std::optional<TokenId>*> ids[] = {
      {"bos_token_id", &vocabulary.bos},
      {"eos_token_id", &vocabulary.eos},
      {"eot_token_id", &vocabulary.eot},
      {"unknown_token_id", &vocabulary.unknown},
      {"padding_token_id", &vocabulary.padding},
  };
  for (const auto& [name, id] : ids) {
    if (auto status = ReadId(file, name, vocabulary, *id); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status ReadFlags(const Gguf& file, Vocabulary& vocabulary) {
  std::optional<bool> remove_spaces;
  const std::pair<std::string_view, std::optional<bool>*> flags[] = {
      {"add_bos_token", &vocabulary.add_bos},
      {"add_eos_token", &vocabulary.add_eos},
      {"add_space_prefix", &vocabulary.add_space_prefix},
      {"remove_extra_whitespaces", &remove_spaces},
  };
  for (const auto& [name, flag] : flags) {
    auto value = file.FindBool(Key(name));
    if (!value.ok()) return value.status();
    *flag = *value;
  }
  vocabulary.remove_extra_whitespaces = remove_spaces.value_or(false);
  return absl::OkStatus();
}

absl::Status ReadNames(const Gguf& file, Vocabulary& vocabulary) {
  auto model = file.GetString(Key("model"));
  if (!model.ok()) return model.status();
  vocabulary.model = *std::move(model);
  auto pre = file.FindString(Key("pre"));
  if (!pre.ok()) return pre.status();
  vocabulary.pre = pre->value_or("");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Vocabulary> ReadVocabulary(const Gguf& file) {
  Vocabulary vocabulary;
  for (auto* read : {ReadNames, ReadTokens, ReadScores, ReadKinds, ReadMerges,
                     ReadIds, ReadFlags}) {
    if (auto status = read(file, vocabulary); !status.ok()) return status;
  }
  return vocabulary;
}

absl::StatusOr<std::vector<NamedTemplate>> ReadChatTemplates(const Gguf& file) {
  std::vector<NamedTemplate> templates;
  for (const GgufEntry& entry : file.metadata()) {
    std::string_view name = entry.key;
    if (!name.starts_with(kTemplate)) continue;
    name.remove_prefix(std::size(kTemplate) - 1);
    if (!name.empty() && !name.starts_with('.')) continue;
    if (!name.empty()) name.remove_prefix(1);
    auto source = file.GetString(entry.key);
    if (!source.ok()) return source.status();
    templates.push_back({std::string(name), *std::move(source)});
  }
  std::stable_partition(templates.begin(), templates.end(),
                        [](const NamedTemplate& t) { return t.name.empty(); });
  return templates;
}

absl::StatusOr<std::optional<std::string>> ReadChatTemplate(
    const Gguf& file, std::string_view name) {
  if (name.empty()) return file.FindString(kTemplate);
  return file.FindString(Concat(kTemplate, ".", name));
}

}  // namespace mj
