// millijoule-bench simulate: a trace served on a modelled platform, in virtual
// time.
#include <algorithm>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/commands.h"
#include "engine/simulate/comparison.h"
#include "engine/simulate/scenario.h"
#include "hw_backends/clock.h"

namespace mj {
namespace {

using Json = nlohmann::ordered_json;

struct SimulateFlags {
  ScenarioWords words;
  std::string governor = "energy";
  double frequency_mhz = 0;
  int seed = 1;
  bool oracle = false, json = false;
};

std::vector<Flag> SimulateFlagTable(SimulateFlags& flags) {
  ScenarioWords& w = flags.words;
  return {
      Required(TextFlag("platform", "NAME", "modelled platform", w.platform)),
      Required(TextFlag("model-shape", "NAME",
                        "a known shape (bf16 weights), or a GGUF file",
                        w.model_shape)),
      Required(TextFlag("trace", "FILE",
                        "Azure's CSV, or poisson:RATE in requests a second",
                        w.trace)),
      TextFlag("prompt-tokens", "D",
               "of poisson: N, uniform:LO:HI or lognormal:MEDIAN:SIGMA",
               w.prompt_tokens),
      TextFlag("output-tokens", "D",
               "of poisson, the same; a reply that outgrows the model's "
               "context is unfinished and misses both SLOs",
               w.output_tokens),
      TextFlag("governor", "NAME",
               "fmax, fixed, gated-static, lowest-feasible, throttle, energy, "
               "powercap or best-static",
               flags.governor),
      NumberFlag("frequency-mhz", "MHZ", "clock of fixed; 0: full speed", 0,
                 1e6, flags.frequency_mhz),
      NumberFlag("power-cap-watts", "W", "cap of powercap; 0: none", 0, 1e7,
                 w.power_cap_watts),
      Required(NumberFlag("slo-ttft-ms", "MS", "time to first token", 0, 1e9,
                          w.slo_ttft_ms)),
      Required(NumberFlag("slo-tpot-ms", "MS", "time per token after it", 0,
                          1e9, w.slo_tpot_ms)),
      NumberFlag("scale", "S", "multiplies the arrival rate", 0, 1e6, w.scale),
      IntFlag("requests", "the first N of the trace; 0: all (2000 of poisson)",
              0, kMostTraceRequests, w.max_requests),
      SwitchFlag("oracle", "also the least energy in hindsight", flags.oracle),
      IntFlag("seed", "of everything random", 0,
              std::numeric_limits<int>::max(), flags.seed),
      NumberFlag("latency-noise", "X", "relative deviation of step times", 0, 2,
                 w.latency_noise),
      NumberFlag("predictor-bias", "X",
                 "factor on what the governor predicts; 1: right", 1e-3, 1e3,
                 w.predictor_bias),
      NumberFlag("switch-ms", "MS",
                 "latency of a change of clock; -1: the platform's", -1, 1e6,
                 w.switch_ms),
      TextFlag("actuator-fault", "KIND", "none, dead, stuck or slow",
               w.actuator_fault),
      IntFlag("devices", "of the platform; 0: as many as the weights need", 0,
              1 << 10, w.devices),
      IntFlag("max-num-seqs", "sequences that run at once", 1, 1 << 16,
              w.max_num_seqs),
      IntFlag("max-batched-tokens", "rows of one step", 1, 1 << 20,
              w.max_batched_tokens),
      IntFlag("max-queue", "requests that wait; more are refused", 1, 1 << 24,
              w.max_queue),
      SwitchFlag("json", "one JSON object", flags.json),
  };
}

Json Milliseconds(const std::optional<Seconds>& time) {
  return time ? Json(time->count() * 1e3) : Json();
}

void AddOutcome(const Outcome& out, Json& json) {
  json["requests"] = out.requests;
  json["refused"] = out.refused;
  json["unfinished"] = out.unfinished;
  json["virtual_seconds"] = out.time.count();
  json["energy_joules"] = out.energy.value();
  json["busy_joules"] = out.busy.value();
  json["idle_joules"] = out.idle.value();
  json["wake_joules"] = out.waking.value();
  json["switch_joules"] = out.switching.value();
  json["steps"] = out.steps;
  json["switches"] = out.switches;
  json["wakes"] = out.wakes;
  json["preemptions"] = out.preemptions;
  json["output_tokens"] = out.output_tokens;
  json["ttft_p50_ms"] = Milliseconds(out.ttft_p50);
  json["ttft_p99_ms"] = Milliseconds(out.ttft_p99);
  json["tpot_p50_ms"] = Milliseconds(out.tpot_p50);
  json["tpot_p99_ms"] = Milliseconds(out.tpot_p99);
  json["ttft_attainment"] = out.ttft_attainment;
  json["tpot_attainment"] = out.tpot_attainment;
  json["joules_per_output_token"] =
      out.per_output_token ? Json(out.per_output_token->value()) : Json();
}

constexpr const char* kBestStatic = "best-static";

// The policy to run; nullopt: best-static, which is found in hindsight.
absl::StatusOr<std::optional<GovernorPolicy>> ChoosePolicy(
    const SimulateFlags& flags, Scenario& scenario) {
  if (flags.frequency_mhz > 0) {
    if (flags.governor != PolicyName(GovernorPolicy::kFixed)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--frequency-mhz is for --governor fixed, not for ", flags.governor));
    }
    const absl::StatusOr<int> clock = NearestClock(
        scenario.model.platform(), Hertz(1e6 * flags.frequency_mhz));
    if (!clock.ok()) return clock.status();
    scenario.options.limits.fixed_clock = *clock;
  }
  if (flags.governor == kBestStatic) return std::nullopt;
  const absl::StatusOr<GovernorPolicy> policy = ParsePolicy(flags.governor);
  if (!policy.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(policy.status().message()), ", best-static"));
  }
  if (*policy == GovernorPolicy::kPowerCap &&
      !scenario.options.limits.power_cap) {
    return absl::InvalidArgumentError(
        "the governor powercap needs --power-cap-watts");
  }
  return *policy;
}

void AddClock(const PolicyRun& run, const Scenario& scenario, Json& json) {
  const bool is_static = run.governor == kBestStatic ||
                         run.governor == PolicyName(GovernorPolicy::kFixed);
  if (!is_static) return;
  json["frequency_mhz"] = scenario.model.clocks()[run.clock].value() / 1e6;
}

int64_t DecisionsOf(const SimulationResult& result) {
  int64_t sum = 0;
  for (const auto& [reason, count] : result.decisions) sum += count;
  return sum;
}

Json RunJson(const PolicyRun& run, const Scenario& scenario) {
  Json json = Json::object();
  json["governor"] = run.governor;
  AddClock(run, scenario, json);
  AddOutcome(run.outcome, json);
  const double planned =
      static_cast<double>(std::max<int64_t>(1, DecisionsOf(run.result)));
  json["scheduler_us_per_step"] = run.result.scheduling.count() * 1e6 / planned;
  json["governor_us_per_decision"] =
      run.result.governing.count() * 1e6 / planned;
  Json decisions = Json::object();
  for (const auto& [reason, count] : run.result.decisions) {
    decisions[std::string(reason)] = count;
  }
  json["decisions"] = std::move(decisions);
  return json;
}

Json Share(const PolicyRun& run, const Comparison& all) {
  const std::optional<double> share =
      OracleShare(run.outcome.energy, all.runs[0].outcome.energy, all.oracle);
  return share ? Json(*share) : Json();
}

// The chosen policy's numbers, and a row of `rows` for each policy.
Json CompareJson(const SimulateFlags& flags, const Scenario& scenario,
                 std::optional<GovernorPolicy> policy) {
  const Comparison all = Compare(scenario, policy);
  Json json;
  Json rows = Json::array();
  for (const PolicyRun& run : all.runs) {
    Json row = RunJson(run, scenario);
    row["oracle_share"] = Share(run, all);
    if (run.governor == flags.governor) json = row;
    row.erase("decisions");
    rows.push_back(std::move(row));
  }
  json["oracle_energy_joules"] = all.oracle.value();
  json["oracle_lower_bound_joules"] = all.lower_bound.value();
  json["fmax_energy_joules"] = all.runs[0].outcome.energy.value();
  json["rows"] = std::move(rows);
  return json;
}

Json SingleJson(const Scenario& scenario,
                std::optional<GovernorPolicy> policy) {
  const int full = scenario.model.full_clock();
  if (policy) {
    const int clock = scenario.options.limits.fixed_clock;
    return RunJson(RunPolicy(scenario, *policy, clock, false), scenario);
  }
  const PolicyRun fmax =
      RunPolicy(scenario, GovernorPolicy::kFmax, full, false);
  return RunJson(RunBestStatic(scenario, fmax, false), scenario);
}

void AddScenario(const SimulateFlags& flags, const Scenario& scenario,
                 const BuildInfo& build, Json& json) {
  json["platform"] = flags.words.platform;
  json["model_shape"] = scenario.served.shape.name;
  json["devices"] = scenario.model.num_devices();
  json["trace"] = flags.words.trace;
  json["scale"] = flags.words.scale;
  json["slo_ttft_ms"] = flags.words.slo_ttft_ms;
  json["slo_tpot_ms"] = flags.words.slo_tpot_ms;
  json["latency_noise"] = flags.words.latency_noise;
  json["predictor_bias"] = flags.words.predictor_bias;
  json["switch_ms"] = scenario.options.limits.switch_latency.count() * 1e3;
  json["actuator_fault"] = flags.words.actuator_fault;
  json["seed"] = flags.seed;
  json["method"] = "modelled";
  Provenance from;
  from.build = build;
  from.numerics = "bf16";
  from.model_fingerprint = scenario.served.fingerprint;
  from.calibration = scenario.model.platform().calibration;
  AddBenchProvenance(from, json);
}

void Print(const Json& json, bool as_json) {
  if (as_json) {
    std::cout << json.dump() << "\n";
    return;
  }
  for (const auto& [key, value] : json.items()) {
    std::cout << absl::StrFormat("%-28s %s\n", key, value.dump());
  }
}

int RunSimulate(SimulateFlags& flags, const BuildInfo& build) {
  flags.words.seed = flags.seed;
  const SteadyClock clock;
  const Seconds start = clock.Now();
  absl::StatusOr<Scenario> scenario = MakeScenario(flags.words);
  if (!scenario.ok()) return PrintBenchError(scenario.status());
  scenario->options.wall_clock = &clock;
  const auto policy = ChoosePolicy(flags, *scenario);
  if (!policy.ok()) return PrintBenchError(policy.status());
  Json json = flags.oracle ? CompareJson(flags, *scenario, *policy)
                           : SingleJson(*scenario, *policy);
  json["wall_seconds"] = (clock.Now() - start).count();
  AddScenario(flags, *scenario, build, json);
  Print(json, flags.json);
  return 0;
}

}  // namespace

Command SimulateCommand(const BuildInfo& build) {
  auto flags = std::make_shared<SimulateFlags>();
  return {.name = "simulate",
          .help = "a trace on a modelled platform, in virtual time",
          .flags = SimulateFlagTable(*flags),
          .run = [flags, build] { return RunSimulate(*flags, build); }};
}

}  // namespace mj
