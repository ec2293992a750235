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
#include <string>
#include <string_view>
#include <variant>

#include "engine/engine.h"
#include "engine/provenance.h"
#include "server/api_keys.h"
#include "server/generation.h"
#include "server/health.h"
#include "server/http_message.h"
#include "server/metrics.h"

namespace mj {

// What a call gives: a reply at once, or a generation whose deltas come.
using Outcome = std::variant<HttpReply, std::unique_ptr<Generation>>;

class Api final {
 public:
  // What it is given must outlive it.
  Api(Engine& engine, Metrics& metrics, const ApiKeys& keys, const Clock& clock,
      Provenance provenance);

  // What the head alone decides, before a body is read: 401, 403, 404, 405,
  // or nothing against it. HEAD counts as GET.
  std::optional<HttpReply> Refuse(const HttpCall& head) const;

  // True where Handle() takes microseconds.
  static bool is_quick(const HttpCall& call) { return call.method != "POST"; }

  // `wake`: as in Generation::Start.
  Outcome Handle(const HttpCall& call, std::function<void()> wake);

  // /ready says 503 until set and after it is unset.
  void SetReady(bool ready) { ready_ = ready; }
  bool ready() const { return ready_; }

 private:
  struct Route;
  static const Route* Find(std::string_view method, std::string_view path);

  Outcome Completions(const HttpCall& call, std::function<void()> wake);
  Outcome Chat(const HttpCall& call, std::function<void()> wake);
  Outcome Tokenize(const HttpCall& call, std::function<void()> wake);
  Outcome Detokenize(const HttpCall& call, std::function<void()> wake);
  Outcome Models(const HttpCall& call, std::function<void()> wake);
  Outcome OneModel(const HttpCall& call, std::function<void()> wake);
  Outcome HealthReply(const HttpCall& call, std::function<void()> wake);
  Outcome ReadyReply(const HttpCall& call, std::function<void()> wake);
  Outcome MetricsReply(const HttpCall& call, std::function<void()> wake);
  Outcome Page(const HttpCall& call, std::function<void()> wake);
  Outcome Live(const HttpCall& call, std::function<void()> wake);

  // An empty name means the model that is served.
  absl::Status CheckModel(const std::string& name) const;
  Json ModelJson() const;
  ReplyHead MakeHead(const char* id_prefix) const;
  // Gives the requests their ids, their tenant, and what the call's headers
  // say; several prompts share the call's joules equally.
  absl::Status Sign(const HttpCall& call, const std::string& id,
                    std::vector<Request>& requests) const;

  Engine& engine_;
  Metrics& metrics_;
  const ApiKeys& keys_;
  const Clock& clock_;
  const Provenance provenance_;
  const int64_t created_;  // Unix seconds
  Health health_;
  std::atomic<bool> ready_{false};
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_API_H_
