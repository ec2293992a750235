#include "server/openai/completion_request.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/openai/budget_fields.h"

namespace mj {
namespace {

using Prompt = decltype(Request::prompt);

constexpr int kDefaultMaxTokens = 16;  // OpenAI's

absl::StatusOr<Prompt> OnePrompt(const Json& value) {
  if (value.is_string()) return Prompt(value.get<std::string>());
  absl::StatusOr<std::vector<TokenId>> ids = ReadIds(value, "prompt");
  if (!ids.ok()) return ids.status();
  return Prompt(*std::move(ids));
}

// A text, a list of texts, a list of ids, or a list of lists of ids.
absl::StatusOr<std::vector<Prompt>> Prompts(const Json& value) {
  const bool one = value.is_string() ||
                   (value.is_array() && !value.empty() && value[0].is_number());
  if (!one && !value.is_array()) {
    return FieldError("prompt", absl::StrCat(Quoted(value),
                                             " is neither text nor token ids, "
                                             "nor a list of them"));
  }
  std::vector<Prompt> prompts;
  const auto add = [&](const Json& item) {
    absl::StatusOr<Prompt> prompt = OnePrompt(item);
    if (prompt.ok()) prompts.push_back(*std::move(prompt));
    return prompt.status();
  };
  if (one) {
    if (absl::Status status = add(value); !status.ok()) return status;
    return prompts;
  }
  if (value.empty() || value.size() > kMaxPrompts) {
    return FieldError(
        "prompt",
        absl::StrCat(value.size(), " prompts, needs 1 to ", kMaxPrompts));
  }
  for (const Json& item : value) {
    if (absl::Status status = add(item); !status.ok()) return status;
  }
  return prompts;
}

void ReadSuffix(FieldReader& reader) {
  std::string suffix;
  reader.Read("suffix", suffix);
  if (!suffix.empty()) {
    reader.Fail("suffix", "filling in the middle is not offered");
  }
}

// All but the prompt.
absl::Status ReadFields(const Json& body, CompletionRequest& call,
                        Request& request) {
  FieldReader reader(body);
  reader.Read("model", call.model);
  reader.Read("echo", call.echo);
  reader.Read("return_tokens_as_token_ids", call.tokens_as_ids);
  ReadSuffix(reader);
  ReadStreamFields(reader, call.stream);
  CheckResponseFormat(reader);
  request.stop.max_tokens = kDefaultMaxTokens;
  reader.Read("max_tokens", 0, std::numeric_limits<int>::max(),
              request.stop.max_tokens);
  reader.Read("logprobs", 0, kMaxLogprobs, request.logprobs.generated);
  if (call.echo) request.logprobs.prompt = request.logprobs.generated;
  // Nothing to generate: only the prompt's own scores give the engine work.
  if (call.echo && request.stop.max_tokens == 0) {
    request.logprobs.prompt = request.logprobs.generated.value_or(0);
  }
  reader.Read("add_special_tokens", request.add_special);
  ReadSamplingFields(reader, request);
  ReadBudgetFields(reader, request);
  return reader.status();
}

}  // namespace

absl::StatusOr<CompletionRequest> ParseCompletionRequest(const Json& body) {
  if (!body.is_object()) {
    return absl::InvalidArgumentError("the body is not a JSON object");
  }
  const auto prompt = body.find("prompt");
  if (prompt == body.end() || prompt->is_null()) {
    return FieldError("prompt", "is missing");
  }
  CompletionRequest call;
  Request request;
  if (absl::Status status = ReadFields(body, call, request); !status.ok()) {
    return status;
  }
  absl::StatusOr<std::vector<Prompt>> prompts = Prompts(*prompt);
  if (!prompts.ok()) return prompts.status();
  for (Prompt& text : *prompts) {
    call.requests.push_back(request);
    call.requests.back().prompt = std::move(text);
  }
  return call;
}

}  // namespace mj
