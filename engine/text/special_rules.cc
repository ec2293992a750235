#include "engine/text/special_rules.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "engine/text/absl_text.h"

namespace mj {
namespace {

constexpr std::string_view kEndMarkers[] = {
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end|>",
    "<|end_of_text|>",
    "<|endoftext|>",
    "<|END_OF_TURN_TOKEN|>",
    "<|return|>",
    "<|call|>",
    "<|EOT|>",
    "<end_of_turn>",
    "<end_of_utterance>",
    "<eos>",
    "</s>",
    "<EOT>",
    "_<EOT>",
    "[EOT]",
    "[EOS]",
    "<turn|>",
    "[e~[",
    "<｜end▁of▁sentence｜>",
};

bool IsEndMarker(std::string_view text) {
  return std::find(std::begin(kEndMarkers), std::end(kEndMarkers), text) !=
         std::end(kEndMarkers);
}

absl::Status CheckLength(std::string_view name, size_t size, size_t tokens) {
  if (size == 0 || size == tokens) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(Absl(name), ": ", size, " entries for ", tokens, " tokens"));
}

absl::Status CheckId(std::string_view name, std::optional<TokenId> id,
                     size_t tokens) {
  if (!id || (*id >= 0 && static_cast<size_t>(*id) < tokens)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(Absl(name), " ", *id, " is outside the vocabulary of ",
                   tokens, " tokens"));
}

// gpt-oss: <|end|> ends a message, not the reply, where <|return|> and
// <|call|> exist.
bool EndsMessagesOnly(const Vocabulary& vocabulary, std::string_view text) {
  const auto has = [&](std::string_view token) {
    return std::find(vocabulary.tokens.begin(), vocabulary.tokens.end(),
                     token) != vocabulary.tokens.end();
  };
  return text == "<|end|>" && has("<|return|>") && has("<|call|>");
}

}  // namespace

absl::Status CheckVocabulary(const Vocabulary& v) {
  const size_t tokens = v.tokens.size();
  if (tokens == 0) {
    return absl::InvalidArgumentError("tokenizer.ggml.tokens: no tokens");
  }
  const auto bad_kind = [](TokenKind kind) {
    return kind < TokenKind::kNormal || kind > TokenKind::kByte;
  };
  if (std::any_of(v.kinds.begin(), v.kinds.end(), bad_kind)) {
    return absl::InvalidArgumentError(
        "tokenizer.ggml.token_type: a value outside 1..6");
  }
  if (std::any_of(v.scores.begin(), v.scores.end(),
                  [](float score) { return std::isnan(score); })) {
    return absl::InvalidArgumentError("tokenizer.ggml.scores: a NaN");
  }
  if (v.add_bos.value_or(false) && !v.bos) {
    return absl::InvalidArgumentError(
        "tokenizer.ggml.add_bos_token is set, bos_token_id is missing");
  }
  if (v.add_eos.value_or(false) && !v.eos) {
    return absl::InvalidArgumentError(
        "tokenizer.ggml.add_eos_token is set, eos_token_id is missing");
  }
  absl::Status status =
      CheckLength("tokenizer.ggml.scores", v.scores.size(), tokens);
  status.Update(
      CheckLength("tokenizer.ggml.token_type", v.kinds.size(), tokens));
  status.Update(CheckId("tokenizer.ggml.bos_token_id", v.bos, tokens));
  status.Update(CheckId("tokenizer.ggml.eos_token_id", v.eos, tokens));
  status.Update(CheckId("tokenizer.ggml.eot_token_id", v.eot, tokens));
  status.Update(CheckId("tokenizer.ggml.unknown_token_id", v.unknown, tokens));
  status.Update(CheckId("tokenizer.ggml.padding_token_id", v.padding, tokens));
  return status;
}

std::vector<TokenId> FindEndOfGeneration(const Vocabulary& v) {
  std::vector<TokenId> ends;
  if (v.eos) ends.push_back(*v.eos);
  if (v.eot) ends.push_back(*v.eot);
  for (size_t id = 0; id < v.tokens.size(); ++id) {
    const bool ordinary = !v.kinds.empty() && v.tokens[id] == "</s>" &&
                          v.kinds[id] != TokenKind::kControl;
    if (IsEndMarker(v.tokens[id]) && !ordinary &&
        !EndsMessagesOnly(v, v.tokens[id])) {
      ends.push_back(static_cast<TokenId>(id));
    }
  }
  std::sort(ends.begin(), ends.end());
  ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
  return ends;
}

}  // namespace mj
