#include "server/live_page.h"

#include <optional>
#include <string_view>

#include "server/page/index_html.h"

namespace mj {
namespace {

template <class Quantity>
Json OrNull(const std::optional<Quantity>& quantity) {
  if (!quantity) return nullptr;
  if constexpr (requires { quantity->count(); }) {
    return quantity->count();
  } else {
    return quantity->value();
  }
}

Json RequestJson(const RecentRequest& request) {
  return {{"ended", request.ended},
          {"id", request.id},
          {"tenant", request.tenant},
          {"outcome", request.outcome},
          {"prompt_tokens", request.prompt_tokens},
          {"cached_tokens", request.cached_tokens},
          {"completion_tokens", request.completion_tokens},
          {"seconds", request.took.count()},
          {"ttft_seconds", OrNull(request.ttft)},
          {"tpot_seconds", OrNull(request.tpot)},
          {"joules", request.energy.value()},
          {"method", request.method}};
}

Json EnergyJson(const EngineStats& stats) {
  Json json = {{"domain", stats.energy_domain},
               {"method", stats.energy_method},
               {"unknown_reason", stats.energy_unknown_reason}};
  if (!stats.energy_known) {
    json["joules"] = nullptr;
    return json;
  }
  json["joules"] = {{"prefill", stats.prefill.value()},
                    {"decode", stats.decode.value()},
                    {"idle", stats.idle.value()},
                    {"overhead", stats.overhead.value()}};
  json["known_seconds"] = stats.energy_known_time.count();
  return json;
}

Json ClockJson(const std::optional<GovernorStats>& governor) {
  if (!governor) return nullptr;
  return {{"governor", governor->policy},
          {"advisory", governor->advisory},
          {"requested_hertz", OrNull(governor->requested)},
          {"achieved_hertz", OrNull(governor->achieved)}};
}

}  // namespace

HttpReply LivePage() {
  HttpReply reply = TextReply(std::string(kIndexHtml));
  reply.content_type = "text/html; charset=utf-8";
  reply.headers.emplace_back(
      "Content-Security-Policy",
      "default-src 'none'; style-src 'unsafe-inline'; script-src "
      "'unsafe-inline'; connect-src 'self'; img-src data:; base-uri 'none'; "
      "form-action 'none'; frame-ancestors 'none'");
  return reply;
}

Json LiveState(const EngineStats& stats, const std::string& model,
               const LiveMoment& moment,
               std::span<const RecentRequest> recent) {
  Json json = Json::object();
  json["model"] = model;
  json["started"] = moment.started;
  json["now"] = moment.now;
  json["clock_seconds"] = moment.clock.count();
  json["running"] = stats.running;
  json["waiting"] = stats.waiting;
  json["kv_blocks_used"] = stats.kv_blocks_used;
  json["kv_blocks_total"] = stats.kv_blocks_total;
  json["steps"] = stats.steps;
  json["prompt_tokens"] = stats.prompt_tokens;
  json["generated_tokens"] = stats.generated_tokens;
  json["energy"] = EnergyJson(stats);
  json["clock"] = ClockJson(stats.governor);
  Json requests = Json::array();
  for (const RecentRequest& request : recent) {
    requests.push_back(RequestJson(request));
  }
  json["recent"] = std::move(requests);
  return json;
}

}  // namespace mj
