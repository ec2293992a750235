#include "server/openai/chat_format.h"

#include <utility>

#include "server/openai/usage_json.h"

namespace mj {
namespace {

constexpr const char* kChunkObject = "chat.completion.chunk";

}  // namespace

ChatFormat::ChatFormat(ReplyHead head, ChatFormatOptions options,
                       const Tokenizer& tokenizer)
    : head_(std::move(head)),
      options_(options),
      token_text_(tokenizer, options.tokens_as_ids),
      choices_(options.choices) {}

Json ChatFormat::TokenJson(const TokenLogprob& token) const {
  Json bytes = Json::array();
  for (unsigned char byte : token_text_.Bytes(token.id)) bytes.push_back(byte);
  Json json = Json::object();
  json["token"] = token_text_.Name(token.id);
  json["logprob"] = JsonLogprob(token.logprob);
  json["bytes"] = std::move(bytes);
  return json;
}

Json ChatFormat::LogprobsJson(
    const std::vector<PositionLogprobs>& positions) const {
  if (!options_.logprobs) return Json();
  Json content = Json::array();
  for (const PositionLogprobs& position : positions) {
    Json token = TokenJson(position.token);
    Json top = Json::array();
    for (const TokenLogprob& other : position.top) {
      top.push_back(TokenJson(other));
    }
    token["top_logprobs"] = std::move(top);
    content.push_back(std::move(token));
  }
  Json json = Json::object();
  json["content"] = std::move(content);
  json["refusal"] = Json();
  return json;
}

void ChatFormat::AppendChunk(int choice, Json delta, Json logprobs,
                             const std::optional<FinishReason>& finish,
                             std::string& events) const {
  Json part = Json::object();
  part["index"] = choice;
  part["delta"] = std::move(delta);
  part["logprobs"] = std::move(logprobs);
  part["finish_reason"] = FinishReasonJson(finish);
  Json chunk = StartReply(head_, kChunkObject);
  chunk["choices"] = Json::array({std::move(part)});
  if (options_.include_usage) chunk["usage"] = Json();
  AppendEvent(chunk, events);
}

void ChatFormat::Stream(int, const Delta& delta, std::string& events) {
  Choice& choice = choices_[delta.choice];
  if (!choice.started) {
    Json first = Json::object();
    first["role"] = "assistant";
    first["content"] = "";
    AppendChunk(delta.choice, std::move(first), Json(), std::nullopt, events);
    choice.started = true;
  }
  const bool has_logprobs = options_.logprobs && !delta.logprobs.empty();
  if (!delta.text.empty() || has_logprobs) {
    Json content = Json::object();
    content["content"] = delta.text;
    AppendChunk(delta.choice, std::move(content), LogprobsJson(delta.logprobs),
                std::nullopt, events);
  }
  if (delta.finish_reason) {
    AppendChunk(delta.choice, Json::object(), Json(), delta.finish_reason,
                events);
  }
}

void ChatFormat::StreamUsage(const Usage& usage, std::string& events) {
  Json chunk = StartReply(head_, kChunkObject);
  chunk["choices"] = Json::array();
  chunk["usage"] = UsageJson(usage);
  AppendEvent(chunk, events);
}

void ChatFormat::Collect(int, const Delta& delta) {
  Choice& choice = choices_[delta.choice];
  choice.text += delta.text;
  choice.logprobs.insert(choice.logprobs.end(), delta.logprobs.begin(),
                         delta.logprobs.end());
  if (delta.finish_reason) choice.finish = delta.finish_reason;
}

Json ChatFormat::Whole(const Usage& usage) {
  Json reply = StartReply(head_, "chat.completion");
  Json choices = Json::array();
  for (size_t i = 0; i < choices_.size(); ++i) {
    const Choice& choice = choices_[i];
    Json message = Json::object();
    message["role"] = "assistant";
    message["content"] = choice.text;
    message["refusal"] = Json();
    Json json = Json::object();
    json["index"] = i;
    json["message"] = std::move(message);
    json["logprobs"] = LogprobsJson(choice.logprobs);
    json["finish_reason"] = FinishReasonJson(choice.finish);
    choices.push_back(std::move(json));
  }
  reply["choices"] = std::move(choices);
  reply["usage"] = UsageJson(usage);
  return reply;
}

}  // namespace mj
