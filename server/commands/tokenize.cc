// millijoule tokenize: standard input, as it is, to tokens.
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include "engine/model/gguf_file.h"
#include "engine/model/vocabulary_reader.h"
#include "engine/text/tokenizer.h"
#include "server/commands/commands.h"
#include "server/commands/output.h"
#include "server/openai/json_reader.h"

namespace mj {
namespace {

struct TokenizeFlags {
  std::string model;
  bool ids = false;
  bool no_special = false;
};

// Needs the metadata only, so that vocabulary-only files do.
absl::StatusOr<std::unique_ptr<Tokenizer>> OpenTokenizer(
    const std::string& path) {
  absl::StatusOr<GgufFile> file = GgufFile::Open(path);
  if (!file.ok()) return file.status();
  absl::StatusOr<Vocabulary> vocabulary = ReadVocabulary(file->gguf());
  if (!vocabulary.ok()) return vocabulary.status();
  return Tokenizer::Make(*std::move(vocabulary));
}

int Tokenize(const TokenizeFlags& flags) {
  const absl::StatusOr<std::unique_ptr<Tokenizer>> tokenizer =
      OpenTokenizer(flags.model);
  if (!tokenizer.ok()) return PrintError(tokenizer.status());
  const std::string text(std::istreambuf_iterator<char>(std::cin), {});
  EncodeOptions options;
  options.add_special = !flags.no_special;
  options.parse_special = !flags.no_special;
  const std::vector<TokenId> ids = (*tokenizer)->Encode(text, options);
  if (flags.ids) {
    std::cout << Json(ids).dump() << "\n";
    return 0;
  }
  for (TokenId id : ids) {
    const Json shown = (*tokenizer)->TokenBytes(id, /*print_special=*/true);
    std::cout << id << " " << DumpJson(shown) << "\n";
  }
  return 0;
}

}  // namespace

Command TokenizeCommand() {
  auto flags = std::make_shared<TokenizeFlags>();
  return {.name = "tokenize",
          .help = "standard input, as it is, to tokens",
          .flags = {Required(TextFlag("model", "FILE",
                                      "GGUF file; vocabulary is enough",
                                      flags->model)),
                    SwitchFlag("ids", "one JSON array of ids", flags->ids),
                    SwitchFlag("no-special",
                               "no BOS/EOS; control tokens are plain text",
                               flags->no_special)},
          .run = [flags] { return Tokenize(*flags); }};
}

}  // namespace mj
