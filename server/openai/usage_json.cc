#include "server/openai/usage_json.h"

#include "engine/energy/request_energy.h"

namespace mj {
namespace {

// Sums of rounded joules without what binary fractions add to them.
double Told(Joules energy) { return RoundToSignificant(energy.value(), 12); }

}  // namespace

Json EnergyJson(const EnergyReport& energy) {
  Json json = Json::object();
  json["joules"] = Told(energy.total);
  json["prefill_joules"] = Told(energy.prefill);
  json["decode_joules"] = Told(energy.decode);
  json["wasted_joules"] = Told(energy.wasted);
  json["joules_per_output_token"] =
      energy.per_output_token ? Json(energy.per_output_token->value()) : Json();
  json["method"] = energy.method;
  json["domain"] = energy.domain;
  json["calibration"] = energy.calibration;
  json["gco2e"] = energy.gco2e;
  if (energy.device_time) json["device_seconds"] = energy.device_time->count();
  if (energy.shadow.empty()) return json;
  Json& shadow = json["shadow"] = Json::object();
  for (const ShadowCost& cost : energy.shadow) {
    shadow[cost.device] = {{"joules", cost.energy.value()},
                           {"seconds", cost.time.count()},
                           {"method", "modelled"}};
  }
  return json;
}

namespace {

Json QualityJson(const DepthReport& depth, int completion_tokens) {
  Json json = Json::object();
  json["mode"] = "adaptive";
  json["early_tokens"] = depth.early_tokens;
  json["early_share"] =
      completion_tokens == 0
          ? 0.0
          : static_cast<double>(depth.early_tokens) / completion_tokens;
  json["exit_head"] = depth.exit_head;
  if (!depth.whole_because.empty()) {
    json["whole_because"] = depth.whole_because;
  }
  return json;
}

}  // namespace

Json UsageJson(const Usage& usage) {
  Json json = Json::object();
  json["prompt_tokens"] = usage.prompt_tokens;
  json["completion_tokens"] = usage.completion_tokens;
  json["total_tokens"] = usage.prompt_tokens + usage.completion_tokens;
  json["prompt_tokens_details"] = {{"cached_tokens", usage.cached_tokens}};
  const int accepted = usage.accepted_tokens;
  const int rejected = usage.drafted_tokens - accepted;
  json["completion_tokens_details"] = {
      {"accepted_prediction_tokens", accepted},
      {"rejected_prediction_tokens", rejected}};
  json["energy"] = EnergyJson(usage.energy);
  if (usage.depth) {
    json["energy"]["quality"] =
        QualityJson(*usage.depth, usage.completion_tokens);
  }
  return json;
}

void AddUsage(const Usage& more, Usage& sum) {
  EnergyReport& energy = sum.energy;
  const int tokens = sum.completion_tokens + more.completion_tokens;
  const auto share = [&](const Usage& usage) {
    return usage.energy.per_output_token.value_or(Joules()) *
           usage.completion_tokens;
  };
  if (tokens > 0) energy.per_output_token = (share(sum) + share(more)) / tokens;
  if (sum.completion_tokens == 0) {  // no rounding of a sum of one
    energy.per_output_token = more.energy.per_output_token;
  }
  sum.prompt_tokens += more.prompt_tokens;
  sum.completion_tokens = tokens;
  sum.cached_tokens += more.cached_tokens;
  sum.drafted_tokens += more.drafted_tokens;
  sum.accepted_tokens += more.accepted_tokens;
  if (more.depth) {
    const int before = sum.depth ? sum.depth->early_tokens : 0;
    sum.depth = more.depth;
    sum.depth->early_tokens += before;
  }
  energy.total += more.energy.total;
  energy.prefill += more.energy.prefill;
  energy.decode += more.energy.decode;
  energy.wasted += more.energy.wasted;
  energy.gco2e += more.energy.gco2e;
  if (more.energy.device_time) {
    energy.device_time =
        energy.device_time.value_or(Seconds(0)) + *more.energy.device_time;
  }
  if (energy.shadow.empty()) {
    energy.shadow = more.energy.shadow;
  } else {
    for (size_t i = 0; i < more.energy.shadow.size(); ++i) {
      energy.shadow[i].energy += more.energy.shadow[i].energy;
      energy.shadow[i].time += more.energy.shadow[i].time;
    }
  }
  energy.method = more.energy.method;
  energy.domain = more.energy.domain;
  energy.calibration = more.energy.calibration;
}

}  // namespace mj
