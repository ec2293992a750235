#include "server/openai/completion_request.h"

#include <limits>
#include <utility>

#include "server/openai/budget_fields.h"
#include "server/openai/prompt_fields.h"

namespace mj {
namespace {

constexpr int kDefaultMaxTokens = 16;  // OpenAI's

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
  CompletionRequest call;
  Request request;
  if (absl::Status status = ReadFields(body, call, request); !status.ok()) {
    return status;
  }
  absl::StatusOr<std::vector<Prompt>> prompts = ReadPrompts(body, "prompt");
  if (!prompts.ok()) return prompts.status();
  for (Prompt& text : *prompts) {
    call.requests.push_back(request);
    call.requests.back().prompt = std::move(text);
  }
  return call;
}

}  // namespace mj
