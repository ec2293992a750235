// The endpoints that turn text to tokens and back.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/api.h"
#include "server/openai/chat_request.h"

namespace mj {

Outcome Api::Tokenize(const HttpCall& call, std::function<void()>) {
  const absl::StatusOr<Json> body = ParseJson(call.body);
  if (!body.ok()) return ErrorReply(body.status());
  if (!body->is_object()) return ErrorReply(400, "the body is not an object");
  FieldReader reader(*body);
  const bool is_chat = body->contains("messages");
  EncodeOptions options;
  options.add_special = !is_chat;
  reader.Read("add_special_tokens", options.add_special);
  std::string text;
  if (!is_chat && reader.Find("prompt") == nullptr) {
    reader.Fail("prompt", "is missing, and so is 'messages'");
  }
  if (!is_chat) reader.Read("prompt", text);
  std::string model;
  reader.Read("model", model);
  if (!reader.ok()) return ErrorReply(reader.status());
  if (absl::Status status = CheckModel(model); !status.ok()) {
    return ErrorReply(status);
  }
  if (is_chat) {
    absl::StatusOr<Json> context = ParseChatContext(*body);
    if (!context.ok()) return ErrorReply(context.status());
    absl::StatusOr<std::string> rendered =
        RenderChat(engine_.model(), *std::move(context));
    if (!rendered.ok()) return ErrorReply(rendered.status());
    text = *std::move(rendered);
  }
  const std::vector<TokenId> ids =
      engine_.model().tokenizer->Encode(text, options);
  Json json = Json::object();
  json["tokens"] = ids;
  json["count"] = ids.size();
  json["max_model_len"] = engine_.options().max_model_len;
  return JsonReply(json);
}

Outcome Api::Detokenize(const HttpCall& call, std::function<void()>) {
  const absl::StatusOr<Json> body = ParseJson(call.body);
  if (!body.ok()) return ErrorReply(body.status());
  if (!body->is_object() || !body->contains("tokens")) {
    return ErrorReply(FieldError("tokens", "is missing"));
  }
  FieldReader reader(*body);
  std::string model;
  reader.Read("model", model);
  if (!reader.ok()) return ErrorReply(reader.status());
  if (absl::Status status = CheckModel(model); !status.ok()) {
    return ErrorReply(status);
  }
  const absl::StatusOr<std::vector<TokenId>> ids =
      ReadIds((*body)["tokens"], "tokens");
  if (!ids.ok()) return ErrorReply(ids.status());
  const Tokenizer& tokenizer = *engine_.model().tokenizer;
  const auto vocab = static_cast<TokenId>(tokenizer.vocabulary().tokens.size());
  for (TokenId id : *ids) {
    if (id >= vocab) {
      return ErrorReply(FieldError(
          "tokens", absl::StrCat(id, " is not in the vocabulary of ", vocab)));
    }
  }
  Json json = Json::object();
  json["prompt"] = tokenizer.Decode(*ids, /*print_special=*/true);
  return JsonReply(json);
}

}  // namespace mj
