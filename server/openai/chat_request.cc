#include "server/openai/chat_request.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/openai/budget_fields.h"

namespace mj {
namespace {

// [{"type": "text", "text": "..."}, ...] to one text.
absl::StatusOr<std::string> JoinParts(const Json& parts,
                                      const std::string& field) {
  std::string text;
  for (const Json& part : parts) {
    const bool is_text = part.is_object() &&
                         part.value("type", Json()) == Json("text") &&
                         part.value("text", Json()).is_string();
    if (!is_text) {
      return FieldError(field, absl::StrCat(Quoted(part),
                                            " is not a part of type text, "
                                            "the only one offered"));
    }
    if (!text.empty()) text += '\n';
    text += part["text"].get_ref<const std::string&>();
  }
  return text;
}

// Clients send arguments as a string of JSON; templates want the object.
void ParseArguments(Json& message) {
  const auto calls = message.find("tool_calls");
  if (calls == message.end() || !calls->is_array()) return;
  for (Json& call : *calls) {
    if (!call.is_object() || !call.contains("function")) continue;
    Json& function = call["function"];
    if (!function.is_object() || !function.contains("arguments")) continue;
    Json& arguments = function["arguments"];
    if (!arguments.is_string()) continue;
    absl::StatusOr<Json> parsed =
        ParseJson(arguments.get_ref<const std::string&>());
    if (parsed.ok() && parsed->is_object()) arguments = *std::move(parsed);
  }
}

absl::StatusOr<Json> ReadMessage(Json message, const std::string& field) {
  if (!message.is_object()) {
    return FieldError(field,
                      absl::StrCat(Quoted(message), " is not an object"));
  }
  if (!message.value("role", Json()).is_string()) {
    return FieldError(absl::StrCat(field, ".role"), "is not a string");
  }
  const auto content = message.find("content");
  if (content != message.end() && content->is_array()) {
    absl::StatusOr<std::string> text =
        JoinParts(*content, absl::StrCat(field, ".content"));
    if (!text.ok()) return text.status();
    *content = *std::move(text);
  } else if (content != message.end() && !content->is_string() &&
             !content->is_null()) {
    return FieldError(
        absl::StrCat(field, ".content"),
        absl::StrCat(Quoted(*content), " is neither text nor a list of parts"));
  }
  // Absent or null beside tool calls: templates concatenate it.
  if (!message.contains("content") || message["content"].is_null()) {
    message["content"] = "";
  }
  ParseArguments(message);
  return message;
}

absl::StatusOr<Json> ReadMessages(const Json& body) {
  const auto messages = body.find("messages");
  if (messages == body.end() || !messages->is_array() || messages->empty()) {
    return FieldError("messages", "needs a list with a message in it");
  }
  Json out = Json::array();
  for (size_t i = 0; i < messages->size(); ++i) {
    absl::StatusOr<Json> message =
        ReadMessage((*messages)[i], absl::StrCat("messages[", i, "]"));
    if (!message.ok()) return message.status();
    out.push_back(*std::move(message));
  }
  return out;
}

// The tools that the template is to list; none when the choice is "none".
void ReadTools(FieldReader& reader, Json& context) {
  const Json* tools = reader.Find("tools");
  if (tools != nullptr && !tools->is_array()) {
    return reader.Fail("tools", absl::StrCat(Quoted(*tools), " is not a list"));
  }
  const Json* choice = reader.Find("tool_choice");
  const bool none = choice != nullptr && *choice == "none";
  if (choice != nullptr && !none && *choice != "auto") {
    return reader.Fail("tool_choice",
                       absl::StrCat(Quoted(*choice),
                                    " is not offered, \"none\" and \"auto\" "
                                    "are"));
  }
  if (tools != nullptr && !tools->empty() && !none) context["tools"] = *tools;
}

void ReadTemplateOptions(FieldReader& reader, Json& context) {
  bool generation_prompt = true;
  reader.Read("add_generation_prompt", generation_prompt);
  context["add_generation_prompt"] = generation_prompt;
  const Json* more = reader.Find("chat_template_kwargs");
  if (more == nullptr) return;
  if (!more->is_object()) {
    return reader.Fail("chat_template_kwargs",
                       absl::StrCat(Quoted(*more), " is not an object"));
  }
  for (const auto& [key, value] : more->items()) {
    if (key != "messages" && key != "tools") context[key] = value;
  }
}

void ReadLogprobs(FieldReader& reader, LogprobParams& out) {
  bool wanted = false;
  reader.Read("logprobs", wanted);
  std::optional<int> top;
  reader.Read("top_logprobs", 0, kMaxLogprobs, top);
  if (top && *top > 0 && !wanted) {
    reader.Fail("top_logprobs", "needs logprobs = true");
  }
  if (wanted) out.generated = top.value_or(0);
}

void ReadMaxTokens(FieldReader& reader, std::optional<int>& out) {
  for (const char* name : {"max_tokens", "max_completion_tokens"}) {
    reader.Read(name, 0, std::numeric_limits<int>::max(), out);
  }
}

}  // namespace

absl::StatusOr<Json> ParseChatContext(const Json& body) {
  if (!body.is_object()) {
    return absl::InvalidArgumentError("the body is not a JSON object");
  }
  Json context = Json::object();
  absl::StatusOr<Json> messages = ReadMessages(body);
  if (!messages.ok()) return messages.status();
  context["messages"] = *std::move(messages);
  FieldReader reader(body);
  ReadTools(reader, context);
  ReadTemplateOptions(reader, context);
  if (!reader.ok()) return reader.status();
  return context;
}

absl::StatusOr<ChatRequest> ParseChatRequest(const Json& body) {
  absl::StatusOr<Json> context = ParseChatContext(body);
  if (!context.ok()) return context.status();
  ChatRequest call;
  call.context = *std::move(context);
  call.request.add_special = false;
  FieldReader reader(body);
  reader.Read("model", call.model);
  reader.Read("return_tokens_as_token_ids", call.tokens_as_ids);
  ReadStreamFields(reader, call.stream);
  CheckResponseFormat(reader);
  ReadMaxTokens(reader, call.request.stop.max_tokens);
  ReadLogprobs(reader, call.request.logprobs);
  ReadSamplingFields(reader, call.request);
  ReadBudgetFields(reader, call.request);
  if (!reader.ok()) return reader.status();
  return call;
}

absl::StatusOr<std::string> RenderChat(const LoadedModel& model, Json context) {
  if (!model.chat_template) {
    const absl::Status& why = model.chat_template_error;
    return absl::InvalidArgumentError(absl::StrCat(
        "the model '", model.name, "' has no ",
        why.ok() ? "chat template"
                 : absl::StrCat("usable chat template (", why.message(), ")"),
        "; use /v1/completions"));
  }
  const Vocabulary& vocabulary = model.tokenizer->vocabulary();
  const auto set = [&](const char* name, std::optional<TokenId> id) {
    if (id && !context.contains(name)) context[name] = vocabulary.tokens[*id];
  };
  set("bos_token", vocabulary.bos);
  set("eos_token", vocabulary.eos);
  return model.chat_template->Render(context);
}

}  // namespace mj
