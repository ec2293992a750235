// Replies of POST /v1/chat/completions.
#ifndef MILLIJOULE_SERVER_OPENAI_CHAT_FORMAT_H_
#define MILLIJOULE_SERVER_OPENAI_CHAT_FORMAT_H_

#include <string>
#include <vector>

#include "engine/text/tokenizer.h"
#include "server/openai/reply_format.h"
#include "server/openai/token_text.h"

namespace mj {

struct ChatFormatOptions {
  int choices = 1;
  bool logprobs = false;
  bool tokens_as_ids = false;
  bool include_usage = false;
};

// A call has one prompt, so `prompt` is always 0 here.
class ChatFormat final : public ReplyFormat {
 public:
  ChatFormat(ReplyHead head, ChatFormatOptions options,
             const Tokenizer& tokenizer);

  void Stream(int prompt, const Delta& delta, std::string& events) override;
  void StreamUsage(const Usage& usage, std::string& events) override;
  void Collect(int prompt, const Delta& delta) override;
  Json Whole(const Usage& usage) override;

 private:
  struct Choice {
    bool started = false;  // streaming: the role is out
    std::string text;      // not streaming: all of it
    std::vector<PositionLogprobs> logprobs;
    std::optional<FinishReason> finish;
  };

  Json LogprobsJson(const std::vector<PositionLogprobs>& positions) const;
  Json TokenJson(const TokenLogprob& token) const;
  void AppendChunk(int choice, Json delta, Json logprobs,
                   const std::optional<FinishReason>& finish,
                   std::string& events) const;

  const ReplyHead head_;
  const ChatFormatOptions options_;
  const TokenText token_text_;
  std::vector<Choice> choices_;
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_OPENAI_CHAT_FORMAT_H_
