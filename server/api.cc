#include "server/api.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/request/request_error.h"
#include "server/api/openapi_json.h"
#include "server/live_page.h"
#include "server/load_report.h"
#include "server/openai/api_error.h"
#include "server/unix_time.h"

namespace mj {
namespace {

constexpr std::string_view kModelPrefix = "/models/";

// "/v1/models" and "/models" are the same; "/v1/" is not the page.
std::string_view WithoutVersion(std::string_view path) {
  if (path.starts_with("/v1/") && path != "/v1/") path.remove_prefix(3);
  return path;
}

}  // namespace

enum class Access { kOpen, kTenant, kOperator };

struct Api::Route {
  std::string_view method;
  std::string_view path;
  Access access;
  Outcome (Api::*handle)(const HttpCall&, std::function<void()>);
};

std::span<const Api::Route> Api::AllRoutes() {
  static constexpr std::array<Route, 13> kRoutes = {{
      {"POST", "/completions", Access::kTenant, &Api::Completions},
      {"POST", "/chat/completions", Access::kTenant, &Api::Chat},
      {"POST", "/embeddings", Access::kTenant, &Api::Embeddings},
      {"POST", "/tokenize", Access::kTenant, &Api::Tokenize},
      {"POST", "/detokenize", Access::kTenant, &Api::Detokenize},
      {"GET", "/models", Access::kTenant, &Api::Models},
      {"GET", kModelPrefix, Access::kTenant, &Api::OneModel},
      {"GET", "/health", Access::kOpen, &Api::HealthReply},
      {"GET", "/ready", Access::kOpen, &Api::ReadyReply},
      {"GET", "/openapi.json", Access::kOpen, &Api::OpenApi},
      {"GET", "/metrics", Access::kOperator, &Api::MetricsReply},
      {"GET", "/", Access::kOperator, &Api::Page},
      {"GET", "/live", Access::kOperator, &Api::Live},
  }};
  return kRoutes;
}

std::vector<RouteName> Api::Routes() {
  std::vector<RouteName> names;
  for (const Route& route : AllRoutes()) {
    names.push_back({route.method, route.path});
  }
  return names;
}

const Api::Route* Api::Find(std::string_view method, std::string_view path) {
  if (method == "HEAD") method = "GET";
  path = WithoutVersion(path);
  for (const Route& route : AllRoutes()) {
    const bool named = route.path == kModelPrefix &&
                       path.size() > kModelPrefix.size() &&
                       path.starts_with(kModelPrefix);
    const bool same = named || (path == route.path && path != kModelPrefix);
    if (same && (method.empty() || method == route.method)) return &route;
  }
  return nullptr;
}

Api::Api(const Serving& serving, const ApiKeys& keys, Provenance provenance)
    : serving_(serving),
      engine_(serving.engine),
      keys_(keys),
      provenance_(std::move(provenance)),
      created_(UnixSeconds()) {}

std::optional<HttpReply> Api::Refuse(const HttpCall& head) const {
  const Route* any = Find("", head.path);
  if (any == nullptr) {
    return Deny(head, 404, absl::StrCat("there is no '", head.path, "' here"));
  }
  const Route* route = Find(head.method, head.path);
  if (route == nullptr) {
    HttpReply reply =
        Deny(head, 405,
             absl::StrCat("'", head.path, "' does not take ", head.method));
    const bool gets = any->method == "GET";
    reply.headers.emplace_back("Allow", gets ? "GET, HEAD" : "POST");
    return reply;
  }
  if (route->access == Access::kOpen) return std::nullopt;
  const bool for_operators = route->access == Access::kOperator;
  const std::optional<std::string> tenant = TenantOf(head, *route);
  if (!tenant) {
    HttpReply reply =
        Refused(head, WithField(absl::UnauthenticatedError(
                                    "needs 'Authorization: Bearer KEY' with a "
                                    "known key"),
                                "", "invalid_api_key"));
    // A browser asks for name and key where the scheme is Basic.
    reply.headers.emplace_back(
        "WWW-Authenticate", for_operators
                                ? "Basic realm=\"operator\", charset=\"UTF-8\""
                                : "Bearer");
    return reply;
  }
  if (for_operators && keys_.required() && *tenant != kOperatorTenant) {
    return Refused(head,
                   absl::PermissionDeniedError(absl::StrCat(
                       "'", head.path, "' needs the key named operator, not ",
                       *tenant, "'s")));
  }
  return std::nullopt;
}

std::optional<std::string> Api::TenantOf(const HttpCall& call,
                                         const Route& route) const {
  std::optional<std::string> tenant = keys_.TenantOf(call.authorization);
  if (tenant || route.access != Access::kOperator) return tenant;
  return keys_.TenantOfBasic(call.authorization);
}

CallOrigin Api::OriginOf(const HttpCall& call) {
  return {"http", call.request_id,
          TraceIdOf(call.Header("traceparent")).value_or("")};
}

HttpReply Api::Deny(const HttpCall& head, int http_status,
                    const std::string& message) const {
  constexpr size_t kMostLogged = 200;  // of a path that anybody may send
  serving_.log.Refused(
      OriginOf(head), "",
      absl::InvalidArgumentError(message.substr(0, kMostLogged)), http_status);
  return ErrorReply(http_status, message);
}

HttpReply Api::Refused(const HttpCall& call, const absl::Status& why) const {
  HttpReply reply = ErrorReply(why);
  serving_.metrics.ObserveRefused(why);
  serving_.log.Refused(OriginOf(call),
                       keys_.TenantOf(call.authorization).value_or(""), why,
                       reply.status);
  return reply;
}

HttpHeaders Api::LoadHeaders(const HttpCall& call) const {
  const std::string_view format = call.Header(kLoadFormatHeader);
  if (format.empty()) return {};
  std::optional<std::string> report = LoadReport(format, engine_.stats());
  if (!report) return {};
  return {{kLoadHeader, *std::move(report)}};
}

Outcome Api::Handle(const HttpCall& call, std::function<void()> wake) {
  if (std::optional<HttpReply> refused = Refuse(call)) {
    return *std::move(refused);
  }
  return (this->*Find(call.method, call.path)->handle)(call, std::move(wake));
}

absl::Status Api::CheckModel(const std::string& name) const {
  if (name.empty() || name == engine_.model().name) return absl::OkStatus();
  return WithField(absl::NotFoundError(
                       absl::StrCat("the model '", name, "' is not served, '",
                                    engine_.model().name, "' is")),
                   "model", "model_not_found");
}

Json Api::ModelJson() const {
  const LoadedModel& model = engine_.model();
  const BackendInfo& backend = model.backend->info();
  const EngineStats stats = engine_.stats();
  Json json = Json::object();
  json["id"] = model.name;
  json["object"] = "model";
  json["created"] = created_;
  json["owned_by"] = "millijoule";
  json["max_model_len"] = engine_.options().max_model_len;
  json["backend"] = backend.name;
  json["isa"] = provenance_.isa;
  json["numerics"] = provenance_.numerics;
  json["kv_dtype"] = backend.kv_dtype;
  json["batch_invariant"] = backend.batch_invariant;
  json["energy"] = {
      {"method", provenance_.energy_method},
      {"domain", stats.energy_domain},
      {"calibration", provenance_.calibration},
      {"unknown_reason",
       stats.energy_known ? Json() : Json(stats.energy_unknown_reason)}};
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
    return ErrorReply(status);
  }
  return JsonReply(ModelJson());
}

Outcome Api::HealthReply(const HttpCall&, std::function<void()>) {
  if (health_.Healthy(engine_.stats(), serving_.clock.Now())) {
    return JsonReply({{"status", "ok"}});
  }
  return ErrorReply(
      503, absl::StrCat("the engine has not got on for more than ",
                        kStuckAfter.count(), " s although there is work"));
}

Outcome Api::ReadyReply(const HttpCall&, std::function<void()>) {
  if (ready_) return JsonReply({{"status", "ready"}});
  return ErrorReply(503, "not ready: starting or draining");
}

Outcome Api::MetricsReply(const HttpCall&, std::function<void()>) {
  HttpReply reply = TextReply(serving_.metrics.Text(engine_.stats()));
  reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return reply;
}

Outcome Api::Page(const HttpCall&, std::function<void()>) { return LivePage(); }

Outcome Api::Live(const HttpCall&, std::function<void()>) {
  return JsonReply(LiveState(engine_.stats(), engine_.model().name,
                             {created_, UnixSeconds(), serving_.clock.Now()},
                             serving_.metrics.Recent()));
}

Outcome Api::OpenApi(const HttpCall&, std::function<void()>) {
  HttpReply reply;
  reply.body = kOpenApiJson;
  return reply;
}

}  // namespace mj
