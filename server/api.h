// The HTTP API without the network: routes, keys, and what each endpoint does.
//
// Any thread may call; Handle() may tokenize or render for a while, so it
// belongs on a worker thread, except where `is_quick` says otherwise.
#ifndef MILLIJOULE_SERVER_API_H_
#define MILLIJOULE_SERVER_API_H_

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/engine.h"
#include "engine/provenance.h"
#include "server/api_keys.h"
#include "server/generation.h"
#include "server/health.h"
#include "server/http_message.h"
#include "server/metrics.h"
#include "server/request_log.h"

namespace mj {

// What a call gives: a reply at once, or a generation whose deltas come.
using Outcome = std::variant<HttpReply, std::unique_ptr<Generation>>;
using Started = absl::StatusOr<std::unique_ptr<Generation>>;

struct RouteName {
  std::string_view method;
  std::string_view path;  // without /v1; "/models/" goes on with a name
};

class Api final {
 public:
  // What it is given must outlive it.
  Api(const Serving& serving, const ApiKeys& keys, Provenance provenance);

  static std::vector<RouteName> Routes();

  // What the head alone decides, before a body is read: 401, 403, 404, 405,
  // or nothing against it. HEAD counts as GET. Keys that are missing, unknown
  // or not enough are counted and logged.
  std::optional<HttpReply> Refuse(const HttpCall& head) const;

  // An error reply to what cannot be a request, or names nothing here; logged.
  HttpReply Deny(const HttpCall& head, int http_status,
                 const std::string& message) const;

  // True where Handle() takes microseconds.
  static bool is_quick(const HttpCall& call) { return call.method != "POST"; }

  // `wake`: as in Generation::Start.
  Outcome Handle(const HttpCall& call, std::function<void()> wake);

  // What a reply with generated content has beside its own headers.
  HttpHeaders LoadHeaders(const HttpCall& call) const;

  // /ready says 503 until set and after it is unset.
  void SetReady(bool ready) { ready_ = ready; }
  bool ready() const { return ready_; }

 private:
  struct Route;
  static std::span<const Route> AllRoutes();
  static const Route* Find(std::string_view method, std::string_view path);

  Outcome Completions(const HttpCall& call, std::function<void()> wake);
  Outcome Chat(const HttpCall& call, std::function<void()> wake);
  Outcome Embeddings(const HttpCall& call, std::function<void()> wake);
  Outcome Tokenize(const HttpCall& call, std::function<void()> wake);
  Outcome Detokenize(const HttpCall& call, std::function<void()> wake);
  Outcome Models(const HttpCall& call, std::function<void()> wake);
  Outcome OneModel(const HttpCall& call, std::function<void()> wake);
  Outcome HealthReply(const HttpCall& call, std::function<void()> wake);
  Outcome ReadyReply(const HttpCall& call, std::function<void()> wake);
  Outcome MetricsReply(const HttpCall& call, std::function<void()> wake);
  Outcome Page(const HttpCall& call, std::function<void()> wake);
  Outcome Live(const HttpCall& call, std::function<void()> wake);
  Outcome OpenApi(const HttpCall& call, std::function<void()> wake);

  Started StartCompletions(const HttpCall& call, std::function<void()> wake);
  Started StartChat(const HttpCall& call, std::function<void()> wake);
  Started StartEmbeddings(const HttpCall& call, std::function<void()> wake);
  Started Start(const HttpCall& call, std::vector<Request> requests,
                std::unique_ptr<ReplyFormat> format, StreamFields stream,
                std::function<void()> wake);
  // What was started, or an error reply; that is counted and logged.
  // `prompt_field`: what this endpoint calls the engine's "prompt".
  Outcome OrRefused(const HttpCall& call, Started started,
                    std::string_view prompt_field);
  HttpReply Refused(const HttpCall& call, const absl::Status& why) const;
  static CallOrigin OriginOf(const HttpCall& call);
  std::optional<std::string> TenantOf(const HttpCall& call,
                                      const Route& route) const;

  // An empty name means the model that is served.
  absl::Status CheckModel(const std::string& name) const;
  Json ModelJson() const;
  ReplyHead MakeHead(const char* id_prefix) const;
  // Gives the requests their ids, their tenant, and what the call's headers
  // say; several prompts share the call's joules equally.
  absl::Status Sign(const HttpCall& call, const std::string& id,
                    std::vector<Request>& requests) const;

  const Serving serving_;
  Engine& engine_;
  const ApiKeys& keys_;
  const Provenance provenance_;
  const int64_t created_;  // Unix seconds
  Health health_;
  std::atomic<bool> ready_{false};
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_API_H_
