#include "engine/text/detokenizer.h"

#include "engine/text/utf8.h"

namespace mj {
namespace {

bool IsKind(const Vocabulary& vocabulary, TokenId id, TokenKind kind) {
  return !vocabulary.kinds.empty() && vocabulary.kinds[id] == kind;
}

}  // namespace

StreamingDetokenizer::StreamingDetokenizer(const Tokenizer& tokenizer,
                                           DetokenizerOptions options)
    : tokenizer_(tokenizer),
      options_(options),
      sentence_piece_(tokenizer.vocabulary().model == "llama"),
      strips_space_(options.begins_text &&
                    tokenizer.vocabulary().add_space_prefix.value_or(false)) {}

std::string StreamingDetokenizer::Push(TokenId id) {
  std::string out;
  std::string bytes = tokenizer_.TokenBytes(id, options_.print_special);
  if (sentence_piece_ &&
      !IsKind(tokenizer_.vocabulary(), id, TokenKind::kByte)) {
    out = TakeComplete(/*at_end=*/true);
  }
  if (strips_space_ && !bytes.empty()) {
    // An added token at the start had no space prefixed to it.
    const bool added =
        IsKind(tokenizer_.vocabulary(), id, TokenKind::kUserDefined);
    if (bytes[0] == ' ' && !added) bytes.erase(0, 1);
    strips_space_ = false;
  }
  pending_ += bytes;
  return out + TakeComplete(/*at_end=*/false);
}

std::string StreamingDetokenizer::Flush() {
  return TakeComplete(/*at_end=*/true);
}

std::string StreamingDetokenizer::TakeComplete(bool at_end) {
  std::string out;
  std::string_view rest = pending_;
  while (!rest.empty()) {
    const Utf8Step step = DecodeUtf8(rest);
    if (step.state == Utf8State::kTruncated && !at_end) break;
    const bool valid = step.state == Utf8State::kValid;
    const int length = valid || !sentence_piece_ ? step.length : 1;
    out += valid ? rest.substr(0, length) : kReplacementCharacter;
    rest.remove_prefix(length);
  }
  pending_.erase(0, pending_.size() - rest.size());
  return out;
}

std::string DecodeAll(const Tokenizer& tokenizer, std::span<const TokenId> ids,
                      bool print_special) {
  StreamingDetokenizer stream(
      tokenizer, {.print_special = print_special, .begins_text = true});
  std::string text;
  for (const TokenId id : ids) text += stream.Push(id);
  return text + stream.Flush();
}

}  // namespace mj
