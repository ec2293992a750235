#include "server/api.h"

#include <array>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/openai/api_error.h"
#include "server/openai/chat_format.h"
#include "server/openai/chat_request.h"
#include "server/openai/completion_format.h"
#include "server/openai/completion_request.h"
#include "server/reply_id.h"

namespace mj {
namespace {

constexpr std::string_view kModelPrefix = "/models/";

int64_t UnixSeconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// "/v1/models" and "/models" are the same.
std::string_view WithoutVersion(std::string_view path) {
  if (path.starts_with("/v1/")) path.remove_prefix(3);
  return path;
}

int MaxModelLen(const Engine& engine) {
  return engine.options().max_model_len > 0
             ? engine.options().max_model_len
             : engine.model().config.context_length;
}

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

enum class Access { kOpen, kTenant, kOperator };

struct Api::Route {
  std::string_view method;
  std::string_view path;
  Access access;
  Outcome (Api::*handle)(const HttpCall&, std::function<void()>);
};

const Api::Route* Api::Find(std::string_view method, std::string_view path) {
  static constexpr std::array<Route, 9> kRoutes = {{
      {"POST", "/completions", Access::kTenant, &Api::Completions},
      {"POST", "/chat/completions", Access::kTenant, &Api::Chat},
      {"POST", "/tokenize", Access::kTenant, &Api::Tokenize},
      {"POST", "/detokenize", Access::kTenant, &Api::Detokenize},
      {"GET", "/models", Access::kTenant, &Api::Models},
      {"GET", kModelPrefix, Access::kTenant, &Api::OneModel},
      {"GET", "/health", Access::kOpen, &Api::HealthReply},
      {"GET", "/ready", Access::kOpen, &Api::ReadyReply},
      {"GET", "/metrics", Access::kOperator, &Api::MetricsReply},
  }};
  if (method == "HEAD") method = "GET";
  path = WithoutVersion(path);
  for (const Route& route : kRoutes) {
    const bool same = route.path == kModelPrefix ? path.starts_with(route.path)
                                                 : path == route.path;
    if (same && (method.empty() || method == route.method)) return &route;
  }
  return nullptr;
}

Api::Api(Engine& engine, Metrics& metrics, const ApiKeys& keys,
         const Clock& clock, Provenance provenance)
    : engine_(engine),
      metrics_(metrics),
      keys_(keys),
      clock_(clock),
      provenance_(std::move(provenance)),
      created_(UnixSeconds()) {}

std::optional<HttpReply> Api::Refuse(const HttpCall& head) const {
  const Route* any = Find("", head.path);
  if (any == nullptr) {
    return ErrorReply(404, absl::StrCat("there is no '", head.path, "' here"));
  }
  const Route* route = Find(head.method, head.path);
  if (route == nullptr) {
    HttpReply reply = ErrorReply(
        405, absl::StrCat("'", head.path, "' does not take ", head.method));
    reply.headers.emplace_back("Allow", any->method);
    return reply;
  }
  if (route->access == Access::kOpen) return std::nullopt;
  const std::optional<std::string> tenant = keys_.TenantOf(head.authorization);
  if (!tenant) {
    HttpReply reply =
        ErrorReply(401, "needs 'Authorization: Bearer KEY' with a known key",
                   "", "invalid_api_key");
    reply.headers.emplace_back("WWW-Authenticate", "Bearer");
    return reply;
  }
  if (route->access == Access::kOperator && keys_.required() &&
      *tenant != kOperatorTenant) {
    return ErrorReply(403, absl::StrCat("'", head.path,
                                        "' needs the key named operator, not ",
                                        *tenant, "'s"));
  }
  return std::nullopt;
}

Outcome Api::Handle(const HttpCall& call, std::function<void()> wake) {
  if (std::optional<HttpReply> refused = Refuse(call)) {
    return *std::move(refused);
  }
  return (this->*Find(call.method, call.path)->handle)(call, std::move(wake));
}

absl::Status Api::CheckModel(const std::string& name) const {
  if (name.empty() || name == engine_.model().name) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat(
      "the model '", name, "' is not served, '", engine_.model().name, "' is"));
}

ReplyHead Api::MakeHead(const char* id_prefix) const {
  ReplyHead head;
  head.id = MakeReplyId(id_prefix);
  head.created = UnixSeconds();
  head.model = engine_.model().name;
  head.fingerprint = engine_.model().fingerprint;
  return head;
}

void Api::Sign(const HttpCall& call, const std::string& id,
               std::vector<Request>& requests) const {
  const std::string tenant =
      keys_.TenantOf(call.authorization).value_or(std::string(kDefaultTenant));
  for (size_t i = 0; i < requests.size(); ++i) {
    requests[i].id = requests.size() == 1 ? id : absl::StrCat(id, "-", i);
    requests[i].tenant = tenant;
  }
}

Outcome Api::Completions(const HttpCall& call, std::function<void()> wake) {
  const absl::StatusOr<Json> body = ParseJson(call.body);
  if (!body.ok()) return ErrorReply(body.status());
  absl::StatusOr<CompletionRequest> parsed = ParseCompletionRequest(*body);
  if (!parsed.ok()) return ErrorReply(parsed.status());
  if (absl::Status status = CheckModel(parsed->model); !status.ok()) {
    return ErrorReply(404, std::string(status.message()), "model",
                      "model_not_found");
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
  Sign(call, head.id, parsed->requests);
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
    return ErrorReply(404, std::string(status.message()), "model",
                      "model_not_found");
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
  Sign(call, head.id, requests);
  absl::StatusOr<std::unique_ptr<Generation>> started = Generation::Start(
      engine_, metrics_, clock_, std::move(requests),
      std::make_unique<ChatFormat>(head, options, *engine_.model().tokenizer),
      parsed->stream, std::move(wake));
  if (!started.ok()) return ErrorReply(started.status());
  return *std::move(started);
}

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
  if (!reader.ok()) return ErrorReply(reader.status());
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
  json["max_model_len"] = MaxModelLen(engine_);
  return JsonReply(json);
}

Outcome Api::Detokenize(const HttpCall& call, std::function<void()>) {
  const absl::StatusOr<Json> body = ParseJson(call.body);
  if (!body.ok()) return ErrorReply(body.status());
  if (!body->is_object() || !body->contains("tokens")) {
    return ErrorReply(FieldError("tokens", "is missing"));
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

Json Api::ModelJson() const {
  const LoadedModel& model = engine_.model();
  const BackendInfo& backend = model.backend->info();
  Json json = Json::object();
  json["id"] = model.name;
  json["object"] = "model";
  json["created"] = created_;
  json["owned_by"] = "millijoule";
  json["max_model_len"] = MaxModelLen(engine_);
  json["backend"] = backend.name;
  json["isa"] = provenance_.isa;
  json["numerics"] = provenance_.numerics;
  json["kv_dtype"] = backend.kv_dtype;
  json["batch_invariant"] = backend.batch_invariant;
  json["energy"] = {{"method", provenance_.energy_method},
                    {"domain", engine_.stats().energy_domain},
                    {"calibration", provenance_.calibration}};
  json["fingerprint"] = model.fingerprint;
  json["commit"] = provenance_.build.commit;
  json["cpu"] = provenance_.cpu;
  return json;
}

Outcome Api::Models(const HttpCall&, std::function<void()>) {
  Json json = Json::object();
  json["object"] = "list";
  json["data"] = Json::array({ModelJson()});
  return JsonReply(json);
}

Outcome Api::OneModel(const HttpCall& call, std::function<void()>) {
  const std::string name(WithoutVersion(call.path).substr(kModelPrefix.size()));
  if (absl::Status status = CheckModel(name); !status.ok()) {
    return ErrorReply(404, std::string(status.message()), "model",
                      "model_not_found");
  }
  return JsonReply(ModelJson());
}

Outcome Api::HealthReply(const HttpCall&, std::function<void()>) {
  if (health_.Healthy(engine_.stats(), clock_.Now())) {
    return JsonReply({{"status", "ok"}});
  }
  return ErrorReply(
      503, absl::StrCat("no step has ended for more than ", kStuckAfter.count(),
                        " s although there is work"));
}

Outcome Api::ReadyReply(const HttpCall&, std::function<void()>) {
  if (ready_) return JsonReply({{"status", "ready"}});
  return ErrorReply(503, "not ready: starting or draining");
}

Outcome Api::MetricsReply(const HttpCall&, std::function<void()>) {
  HttpReply reply = TextReply(metrics_.Text(engine_.stats()));
  reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return reply;
}

}  // namespace mj
