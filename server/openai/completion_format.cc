#include "server/openai/completion_format.h"

#include <cmath>
#include <utility>

#include "server/openai/usage_json.h"

namespace mj {
namespace {

constexpr const char* kObject = "text_completion";

Json EmptyLogprobs() {
  Json json = Json::object();
  for (const char* key :
       {"text_offset", "token_logprobs", "tokens", "top_logprobs"}) {
    json[key] = Json::array();
  }
  return json;
}

// {"token": logprob, ...}, likeliest first, the chosen one always in it.
Json TopJson(const PositionLogprobs& position, const TokenText& text) {
  Json top = Json::object();
  for (const TokenLogprob& token : position.top) {
    top.emplace(text.Name(token.id), JsonLogprob(token.logprob));
  }
  top.emplace(text.Name(position.token.id),
              JsonLogprob(position.token.logprob));
  return top;
}

void Append(const Json& more, Json& to) {
  if (to.is_null()) to = EmptyLogprobs();
  for (const auto& [key, values] : more.items()) {
    for (const Json& value : values) to[key].push_back(value);
  }
}

}  // namespace

CompletionFormat::CompletionFormat(ReplyHead head,
                                   CompletionFormatOptions options,
                                   const Tokenizer& tokenizer)
    : head_(std::move(head)),
      options_(std::move(options)),
      token_text_(tokenizer, options_.tokens_as_ids),
      choices_(options_.prompts * options_.choices),
      prompt_logprobs_(options_.prompts) {}

CompletionFormat::Choice& CompletionFormat::ChoiceOf(int prompt,
                                                     const Delta& delta) {
  return choices_[prompt * options_.choices + delta.choice];
}

void CompletionFormat::AddLogprobs(
    const std::vector<PositionLogprobs>& positions, bool is_prompt,
    Choice& choice, Json& out) const {
  if (!options_.logprobs) return;
  for (const PositionLogprobs& position : positions) {
    // Nothing predicts the first token of a prompt.
    const bool unpredicted = is_prompt && std::isnan(position.token.logprob);
    const TokenId id = position.token.id;
    out["text_offset"].push_back(choice.characters);
    out["token_logprobs"].push_back(
        unpredicted ? Json() : Json(JsonLogprob(position.token.logprob)));
    out["tokens"].push_back(token_text_.Name(id));
    out["top_logprobs"].push_back(unpredicted ? Json()
                                              : TopJson(position, token_text_));
    choice.characters += CountCharacters(token_text_.Bytes(id));
  }
}

CompletionFormat::Piece CompletionFormat::Take(int prompt, const Delta& delta) {
  Choice& choice = ChoiceOf(prompt, delta);
  if (!delta.prompt_logprobs.empty()) {
    prompt_logprobs_[prompt] = delta.prompt_logprobs;
  }
  Piece piece;
  if (options_.logprobs) piece.logprobs = EmptyLogprobs();
  if (!choice.started && options_.echo) {
    piece.text = options_.echoed[prompt];
    AddLogprobs(prompt_logprobs_[prompt], true, choice, piece.logprobs);
  }
  choice.started = true;
  piece.text += delta.text;
  AddLogprobs(delta.logprobs, false, choice, piece.logprobs);
  return piece;
}

Json CompletionFormat::ChoiceJson(
    int index, const std::string& text, const Json& logprobs,
    const std::optional<FinishReason>& finish) const {
  Json json = Json::object();
  json["index"] = index;
  json["text"] = text;
  json["logprobs"] = logprobs;
  json["finish_reason"] = FinishReasonJson(finish);
  return json;
}

void CompletionFormat::Stream(int prompt, const Delta& delta,
                              std::string& events) {
  const Piece piece = Take(prompt, delta);
  const bool empty = piece.text.empty() && delta.logprobs.empty();
  if (empty && !delta.finish_reason) return;
  Json chunk = StartReply(head_, kObject);
  const int index = prompt * options_.choices + delta.choice;
  chunk["choices"] = Json::array(
      {ChoiceJson(index, piece.text, piece.logprobs, delta.finish_reason)});
  if (options_.include_usage) chunk["usage"] = Json();
  AppendEvent(chunk, events);
}

void CompletionFormat::StreamUsage(const Usage& usage, std::string& events) {
  Json chunk = StartReply(head_, kObject);
  chunk["choices"] = Json::array();
  chunk["usage"] = UsageJson(usage);
  AppendEvent(chunk, events);
}

void CompletionFormat::Collect(int prompt, const Delta& delta) {
  Piece piece = Take(prompt, delta);
  Choice& choice = ChoiceOf(prompt, delta);
  choice.text += piece.text;
  if (options_.logprobs) Append(piece.logprobs, choice.logprobs);
  if (delta.finish_reason) choice.finish = delta.finish_reason;
}

Json CompletionFormat::Whole(const Usage& usage) {
  Json reply = StartReply(head_, kObject);
  Json choices = Json::array();
  for (size_t i = 0; i < choices_.size(); ++i) {
    choices.push_back(ChoiceJson(static_cast<int>(i), choices_[i].text,
                                 choices_[i].logprobs, choices_[i].finish));
  }
  reply["choices"] = std::move(choices);
  reply["usage"] = UsageJson(usage);
  return reply;
}

}  // namespace mj
