// The endpoints that generate: completions and chat completions.
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/api.h"
#include "server/openai/chat_format.h"
#include "server/openai/chat_request.h"
#include "server/openai/completion_format.h"
#include "server/openai/completion_request.h"
#include "server/reply_id.h"
#include "server/request_headers.h"
#include "server/unix_time.h"

namespace mj {
namespace {

// What `echo` repeats of each prompt.
std::vector<std::string> EchoedTexts(const std::vector<Request>& requests,
                                     const Tokenizer& tokenizer) {
  const auto vocab = static_cast<TokenId>(tokenizer.vocabulary().tokens.size());
  std::vector<std::string> texts;
  for (const Request& request : requests) {
    if (const auto* text = std::get_if<std::string>(&request.prompt)) {
      texts.push_back(*text);
      continue;
    }
    const auto& ids = std::get<std::vector<TokenId>>(request.prompt);
    bool known = true;  // Submit refuses unknown ids by name
    for (TokenId id : ids) known = known && id < vocab;
    texts.push_back(known ? tokenizer.Decode(ids, true) : "");
  }
  return texts;
}

}  // namespace

ReplyHead Api::MakeHead(const char* id_prefix) const {
  ReplyHead head;
  head.id = MakeReplyId(id_prefix);
  head.created = UnixSeconds();
  head.model = engine_.model().name;
  head.fingerprint = engine_.model().fingerprint;
  return head;
}

absl::Status Api::Sign(const HttpCall& call, const std::string& id,
                       std::vector<Request>& requests) const {
  const auto find = [&](std::string_view name) -> std::string_view {
    const auto found = call.headers.find(name);
    if (found == call.headers.end()) return {};
    return found->second;
  };
  const std::string tenant =
      keys_.TenantOf(call.authorization).value_or(std::string(kDefaultTenant));
  for (size_t i = 0; i < requests.size(); ++i) {
    requests[i].id = requests.size() == 1 ? id : absl::StrCat(id, "-", i);
    requests[i].tenant = tenant;
    absl::Status status = ReadRequestHeaders(find, requests[i]);
    if (!status.ok()) return status;
    std::optional<Joules>& budget = requests[i].max_energy;
    if (budget) *budget = *budget / requests.size();
  }
  return absl::OkStatus();
}

Outcome Api::Completions(const HttpCall& call, std::function<void()> wake) {
  const absl::StatusOr<Json> body = ParseJson(call.body);
  if (!body.ok()) return ErrorReply(body.status());
  absl::StatusOr<CompletionRequest> parsed = ParseCompletionRequest(*body);
  if (!parsed.ok()) return ErrorReply(parsed.status());
  if (absl::Status status = CheckModel(parsed->model); !status.ok()) {
    return ErrorReply(status);
  }
  const Request& first = parsed->requests.front();
  const Tokenizer& tokenizer = *engine_.model().tokenizer;
  CompletionFormatOptions options;
  options.prompts = static_cast<int>(parsed->requests.size());
  options.choices = first.num_choices;
  options.echo = parsed->echo;
  options.logprobs = first.logprobs.generated.has_value();
  options.tokens_as_ids = parsed->tokens_as_ids;
  options.include_usage = parsed->stream.include_usage;
  if (parsed->echo) options.echoed = EchoedTexts(parsed->requests, tokenizer);
  const ReplyHead head = MakeHead("cmpl-");
  if (absl::Status status = Sign(call, head.id, parsed->requests);
      !status.ok()) {
    return ErrorReply(status);
  }
  absl::StatusOr<std::unique_ptr<Generation>> started = Generation::Start(
      engine_, metrics_, clock_, std::move(parsed->requests),
      std::make_unique<CompletionFormat>(head, std::move(options), tokenizer),
      parsed->stream, std::move(wake));
  if (!started.ok()) return ErrorReply(started.status());
  return *std::move(started);
}

Outcome Api::Chat(const HttpCall& call, std::function<void()> wake) {
  const absl::StatusOr<Json> body = ParseJson(call.body);
  if (!body.ok()) return ErrorReply(body.status());
  absl::StatusOr<ChatRequest> parsed = ParseChatRequest(*body);
  if (!parsed.ok()) return ErrorReply(parsed.status());
  if (absl::Status status = CheckModel(parsed->model); !status.ok()) {
    return ErrorReply(status);
  }
  absl::StatusOr<std::string> prompt =
      RenderChat(engine_.model(), std::move(parsed->context));
  if (!prompt.ok())
    return ErrorReply(400, std::string(prompt.status().message()), "messages");
  ChatFormatOptions options;
  options.choices = parsed->request.num_choices;
  options.logprobs = parsed->request.logprobs.generated.has_value();
  options.tokens_as_ids = parsed->tokens_as_ids;
  options.include_usage = parsed->stream.include_usage;
  parsed->request.prompt = *std::move(prompt);
  const ReplyHead head = MakeHead("chatcmpl-");
  std::vector<Request> requests = {std::move(parsed->request)};
  if (absl::Status status = Sign(call, head.id, requests); !status.ok()) {
    return ErrorReply(status);
  }
  absl::StatusOr<std::unique_ptr<Generation>> started = Generation::Start(
      engine_, metrics_, clock_, std::move(requests),
      std::make_unique<ChatFormat>(head, options, *engine_.model().tokenizer),
      parsed->stream, std::move(wake));
  if (!started.ok()) return ErrorReply(started.status());
  return *std::move(started);
}

}  // namespace mj
