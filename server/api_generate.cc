// The endpoints that generate: completions and chat completions.
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/request/request_error.h"
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
  const auto find = [&](std::string_view name) { return call.Header(name); };
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

Started Api::Start(const HttpCall& call, std::vector<Request> requests,
                   std::unique_ptr<ReplyFormat> format, StreamFields stream,
                   std::function<void()> wake) {
  return Generation::Start(serving_, OriginOf(call), std::move(requests),
                           std::move(format), stream, std::move(wake));
}

Outcome Api::OrRefused(const HttpCall& call, Started started,
                       std::string_view prompt_field) {
  if (started.ok()) return *std::move(started);
  absl::Status why = started.status();
  if (FieldOf(why) == "prompt") why = WithField(std::move(why), prompt_field);
  return Refused(call, why);
}

Outcome Api::Completions(const HttpCall& call, std::function<void()> wake) {
  return OrRefused(call, StartCompletions(call, std::move(wake)), "prompt");
}

Outcome Api::Chat(const HttpCall& call, std::function<void()> wake) {
  return OrRefused(call, StartChat(call, std::move(wake)), "messages");
}

Outcome Api::Embeddings(const HttpCall& call, std::function<void()> wake) {
  return OrRefused(call, StartEmbeddings(call, std::move(wake)), "input");
}

Started Api::StartCompletions(const HttpCall& call,
                              std::function<void()> wake) {
  const absl::StatusOr<Json> body = ParseJson(call.body);
  if (!body.ok()) return body.status();
  absl::StatusOr<CompletionRequest> parsed = ParseCompletionRequest(*body);
  if (!parsed.ok()) return parsed.status();
  absl::Status status = CheckModel(parsed->model);
  if (!status.ok()) return status;
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
  status = Sign(call, head.id, parsed->requests);
  if (!status.ok()) return status;
  return Start(
      call, std::move(parsed->requests),
      std::make_unique<CompletionFormat>(head, std::move(options), tokenizer),
      parsed->stream, std::move(wake));
}

Started Api::StartChat(const HttpCall& call, std::function<void()> wake) {
  const absl::StatusOr<Json> body = ParseJson(call.body);
  if (!body.ok()) return body.status();
  absl::StatusOr<ChatRequest> parsed = ParseChatRequest(*body);
  if (!parsed.ok()) return parsed.status();
  absl::Status status = CheckModel(parsed->model);
  if (!status.ok()) return status;
  absl::StatusOr<std::string> prompt =
      RenderChat(engine_.model(), std::move(parsed->context));
  if (!prompt.ok()) {
    return RequestError("messages", std::string(prompt.status().message()));
  }
  ChatFormatOptions options;
  options.choices = parsed->request.num_choices;
  options.logprobs = parsed->request.logprobs.generated.has_value();
  options.tokens_as_ids = parsed->tokens_as_ids;
  options.include_usage = parsed->stream.include_usage;
  parsed->request.prompt = *std::move(prompt);
  const ReplyHead head = MakeHead("chatcmpl-");
  std::vector<Request> requests = {std::move(parsed->request)};
  status = Sign(call, head.id, requests);
  if (!status.ok()) return status;
  return Start(
      call, std::move(requests),
      std::make_unique<ChatFormat>(head, options, *engine_.model().tokenizer),
      parsed->stream, std::move(wake));
}

}  // namespace mj
