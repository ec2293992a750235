// How logprobs show a token: its text, or `token_id:N`.
#ifndef MILLIJOULE_SERVER_OPENAI_TOKEN_TEXT_H_
#define MILLIJOULE_SERVER_OPENAI_TOKEN_TEXT_H_

#include <string>
#include <string_view>

#include "engine/request/delta.h"
#include "engine/text/tokenizer.h"
#include "server/openai/json_reader.h"

namespace mj {

class TokenText final {
 public:
  TokenText(const Tokenizer& tokenizer, bool as_ids)
      : tokenizer_(tokenizer), as_ids_(as_ids) {}

  // "token_id:N" or the token's text, control tokens' too; bytes that are not
  // whole UTF-8 become `bytes:\xe2\x80`, as OpenAI writes them.
  std::string Name(TokenId id) const;
  std::string Bytes(TokenId id) const;

 private:
  const Tokenizer& tokenizer_;
  const bool as_ids_;
};

bool IsUtf8(std::string_view text);

// Unicode characters of UTF-8, the unit of OpenAI's `text_offset`.
int CountCharacters(std::string_view text);

// A log-probability as JSON, which has no infinity: -9999 for that.
double JsonLogprob(float logprob);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_OPENAI_TOKEN_TEXT_H_
