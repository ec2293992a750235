// Replies of POST /v1/completions.
#ifndef MILLIJOULE_SERVER_OPENAI_COMPLETION_FORMAT_H_
#define MILLIJOULE_SERVER_OPENAI_COMPLETION_FORMAT_H_

#include <string>
#include <vector>

#include "engine/text/tokenizer.h"
#include "server/openai/reply_format.h"
#include "server/openai/token_text.h"

namespace mj {

struct CompletionFormatOptions {
  int prompts = 1;
  int choices = 1;  // a prompt
  bool echo = false;
  bool logprobs = false;
  bool tokens_as_ids = false;
  bool include_usage = false;
  std::vector<std::string> echoed;  // with echo: one text a prompt
};

class CompletionFormat final : public ReplyFormat {
 public:
  CompletionFormat(ReplyHead head, CompletionFormatOptions options,
                   const Tokenizer& tokenizer);

  void Stream(int prompt, const Delta& delta, std::string& events) override;
  void StreamUsage(const Usage& usage, std::string& events) override;
  void Collect(int prompt, const Delta& delta) override;
  Json Whole(const Usage& usage) override;

 private:
  // One choice of one prompt, in the order of the reply.
  struct Choice {
    bool started = false;
    int characters = 0;  // of the tokens so far: the next text_offset
    std::string text;    // not streaming: all of it
    Json logprobs;       // not streaming: all of them
    std::optional<FinishReason> finish;
  };
  // What a delta adds to its choice, echo included.
  struct Piece {
    std::string text;
    Json logprobs;  // null unless asked for
  };

  Choice& ChoiceOf(int prompt, const Delta& delta);
  Piece Take(int prompt, const Delta& delta);
  void AddLogprobs(const std::vector<PositionLogprobs>& positions,
                   bool is_prompt, Choice& choice, Json& out) const;
  Json ChoiceJson(int index, const std::string& text, const Json& logprobs,
                  const std::optional<FinishReason>& finish) const;

  const ReplyHead head_;
  const CompletionFormatOptions options_;
  const TokenText token_text_;
  std::vector<Choice> choices_;
  // A prompt's logprobs come once, with choice 0, and are echoed in each.
  std::vector<std::vector<PositionLogprobs>> prompt_logprobs_;
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_OPENAI_COMPLETION_FORMAT_H_
