// The body of POST /v1/chat/completions, and of /tokenize with messages.
#ifndef MILLIJOULE_SERVER_OPENAI_CHAT_REQUEST_H_
#define MILLIJOULE_SERVER_OPENAI_CHAT_REQUEST_H_

#include <string>

#include "absl/status/statusor.h"
#include "engine/model/loaded_model.h"
#include "engine/request/request.h"
#include "server/openai/json_reader.h"
#include "server/openai/sampling_fields.h"

namespace mj {

struct ChatRequest {
  std::string model;  // "": whatever is served
  Request request;    // its prompt, id and tenant are unset
  StreamFields stream;
  bool tokens_as_ids = false;  // return_tokens_as_token_ids
  // The template's variables: messages, tools, add_generation_prompt and
  // chat_template_kwargs. Content parts are joined to one text, and the
  // arguments of tool calls parsed, as templates expect them.
  Json context;
};

// INVALID_ARGUMENT names the field, its value and what was needed.
absl::StatusOr<ChatRequest> ParseChatRequest(const Json& body);
// The `context` part alone.
absl::StatusOr<Json> ParseChatContext(const Json& body);

// The conversation as the model's template writes it, which has its BOS.
// INVALID_ARGUMENT: the model has no template, or it refuses the messages.
absl::StatusOr<std::string> RenderChat(const LoadedModel& model, Json context);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_OPENAI_CHAT_REQUEST_H_
