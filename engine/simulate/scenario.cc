#include "engine/simulate/scenario.h"

#include <algorithm>
#include <climits>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/model/gguf_fingerprint.h"
#include "engine/model/model_file.h"
#include "engine/schedule/plan_step.h"

namespace mj {
namespace {

constexpr int kBlockTokens = 32;  // of the KV cache, as the backends'
constexpr std::string_view kPoisson = "poisson:";
constexpr int kPoissonRequests = 2000;
// Its end is still known to 2 ms.
constexpr Seconds kLongestTrace(1e13);

absl::Status Positive(const char* name, double value) {
  if (value > 0 && std::isfinite(value)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, " is ", value, "; it must be positive"));
}

absl::StatusOr<LengthDistribution> ParseLengths(const char* name,
                                                const std::string& text) {
  absl::StatusOr<LengthDistribution> lengths = LengthDistribution::Parse(text);
  if (lengths.ok()) return lengths;
  return absl::Status(
      lengths.status().code(),
      absl::StrCat(name, ": ", std::string(lengths.status().message())));
}

absl::StatusOr<std::vector<TraceRequest>> MakePoisson(
    const ScenarioWords& words) {
  const std::string text = words.trace.substr(kPoisson.size());
  double rate = 0;
  if (!absl::SimpleAtod(text, &rate) || !(rate > 0) || rate > 1e6) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the trace is '", words.trace,
        "'; after poisson: comes a rate of requests a second, up to 1e6"));
  }
  const auto prompt = ParseLengths("prompt-tokens", words.prompt_tokens);
  if (!prompt.ok()) return prompt.status();
  const auto output = ParseLengths("output-tokens", words.output_tokens);
  if (!output.ok()) return output.status();
  const int requests =
      words.max_requests > 0 ? words.max_requests : kPoissonRequests;
  return PoissonTrace(rate, *prompt, *output, words.seed,
                      {words.scale, requests});
}

absl::StatusOr<std::vector<TraceRequest>> MakeTrace(
    const ScenarioWords& words) {
  absl::StatusOr<std::vector<TraceRequest>> trace =
      words.trace.starts_with(kPoisson)
          ? MakePoisson(words)
          : ReadTrace(words.trace, {words.scale, words.max_requests});
  // Written so that infinity is refused.
  if (trace.ok() && !trace->empty() &&
      !(trace->back().arrival <= kLongestTrace)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the trace ", words.trace, " lasts ", trace->back().arrival.count(),
        " s; a higher rate or scale is needed, for at most ",
        kLongestTrace.count(), " s"));
  }
  return trace;
}

absl::Status CheckWords(const ScenarioWords& words) {
  absl::Status status;
  status.Update(Positive("slo-ttft-ms", words.slo_ttft_ms));
  status.Update(Positive("slo-tpot-ms", words.slo_tpot_ms));
  status.Update(Positive("scale", words.scale));
  status.Update(Positive("predictor-bias", words.predictor_bias));
  if (status.ok() && !(words.latency_noise >= 0 && words.latency_noise <= 2)) {
    status = absl::InvalidArgumentError(
        absl::StrCat("latency-noise is ", words.latency_noise,
                     "; it must be from 0 to 2, relative"));
  }
  if (status.ok() && words.power_cap_watts != 0) {
    status = Positive("power-cap-watts", words.power_cap_watts);
  }
  return status;
}

// Blocks of the KV cache in what the weights leave.
absl::StatusOr<int> KvBlocks(const PlatformCostModel& model,
                             const ServedShape& served, int max_num_seqs) {
  const PlatformDescriptor& p = model.platform();
  const double memory = p.usable_memory * static_cast<double>(p.memory_bytes) *
                        model.num_devices();
  const double room = memory - static_cast<double>(served.weight_bytes);
  const double block =
      static_cast<double>(model.kv_bytes_per_token()) * kBlockTokens;
  if (room < block) {
    return absl::ResourceExhaustedError(
        absl::StrCat(served.shape.name, " has ", served.weight_bytes * 1e-9,
                     " GB of weights; ", model.num_devices(), " ", p.name,
                     " hold ", memory * 1e-9, " GB with the KV cache"));
  }
  const double usable =
      double{1} * max_num_seqs * BlocksFor(served.context, kBlockTokens);
  return static_cast<int>(
      std::min({room / block, usable, double{INT_MAX / kBlockTokens}}));
}

GovernorLimits MakeLimits(const PlatformCostModel& model,
                          const ServedShape& served, const ScenarioWords& words,
                          Seconds switch_latency) {
  GovernorLimits limits;
  limits.slo_ttft = Seconds(1e-3 * words.slo_ttft_ms);
  limits.slo_tpot = Seconds(1e-3 * words.slo_tpot_ms);
  limits.clocks.assign(model.clocks().begin(), model.clocks().end());
  for (int clock = 0; clock < model.num_clocks(); ++clock) {
    limits.idle_power.push_back(model.idle_power(clock));
  }
  limits.profile =
      ProfilePlatform(model, words.max_batched_tokens, words.predictor_bias);
  limits.fixed_clock = model.full_clock();
  if (words.power_cap_watts > 0)
    limits.power_cap = Watts(words.power_cap_watts);
  limits.switch_latency = switch_latency;
  limits.switch_energy = model.switch_energy();
  limits.parked = {model.parked_power(), model.platform().wake_parked};
  limits.dropped = {model.dropped_power(),
                    model.WakeDropped(served.weight_bytes)};
  limits.max_batched_tokens = words.max_batched_tokens;
  return limits;
}

}  // namespace

absl::StatusOr<ServedShape> ServedShapeOf(const std::string& name) {
  if (!name.ends_with(".gguf") && name.find('/') == std::string::npos) {
    return FindShape(name);
  }
  absl::StatusOr<ModelFile> file = ModelFile::Open(name);
  if (!file.ok()) return file.status();
  ServedShape served{.shape = ShapeOf(file->config(), *file),
                     .context = file->config().context_length};
  absl::StatusOr<std::string> fingerprint = Fingerprint(file->parts());
  if (!fingerprint.ok()) return fingerprint.status();
  served.fingerprint = *std::move(fingerprint);
  for (const GgufFile& part : file->parts()) {
    for (const GgufTensor& tensor : part.gguf().tensors()) {
      served.weight_bytes += static_cast<int64_t>(tensor.bytes);
    }
  }
  return served;
}

absl::StatusOr<Scenario> MakeScenario(const ScenarioWords& words) {
  if (absl::Status status = CheckWords(words); !status.ok()) return status;
  absl::StatusOr<PlatformDescriptor> platform = FindPlatform(words.platform);
  if (!platform.ok()) return platform.status();
  absl::StatusOr<ServedShape> served = ServedShapeOf(words.model_shape);
  if (!served.ok()) return served.status();
  const auto fault = ParseActuatorFault(words.actuator_fault);
  if (!fault.ok()) return fault.status();
  auto trace = MakeTrace(words);
  if (!trace.ok()) return trace.status();

  const int devices = words.devices > 0
                          ? words.devices
                          : DevicesFor(served->weight_bytes, *platform);
  // Activations in bf16, too; CPUs round theirs in the same way.
  PlatformCostModel model(served->shape, {.activation_bytes = 2},
                          *std::move(platform), devices);
  const absl::StatusOr<int> blocks =
      KvBlocks(model, *served, words.max_num_seqs);
  if (!blocks.ok()) return blocks.status();
  const Seconds latency = words.switch_ms >= 0
                              ? Seconds(1e-3 * words.switch_ms)
                              : model.platform().switch_latency;
  SimulationOptions options{
      .limits = MakeLimits(model, *served, words, latency),
      .schedule = {words.max_num_seqs, words.max_batched_tokens, kBlockTokens},
      .num_blocks = *blocks,
      .max_model_len = served->context,
      .max_queue = words.max_queue,
      .device = {latency, *fault, words.seed},
      .wake_dropped = model.WakeDropped(served->weight_bytes),
      .latency_noise = words.latency_noise,
      .predictor_bias = words.predictor_bias,
      .seed = words.seed};
  return Scenario{std::move(model), *std::move(served), *std::move(trace),
                  std::move(options)};
}

}  // namespace mj
