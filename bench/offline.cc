// millijoule-bench offline: one model, a batch of equal requests, no network.
#include <sys/resource.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/commands.h"
#include "bench/cpu_seconds.h"
#include "engine/open_engine.h"
#include "kernels/op_cost.h"

namespace mj {
namespace {

using Json = nlohmann::ordered_json;

struct OfflineFlags {
  EngineFlags engine;
  int prompt_tokens = 128;
  int output_tokens = 64;
  int batch = 1;
  bool json = false;
};

// Rates are those of work that is done, unless other flags are given.
std::vector<Flag> OfflineFlagTable(OfflineFlags& flags) {
  flags.engine.engine.prefix_cache = false;
  flags.engine.engine.speculation = Speculation::kOff;
  std::vector<Flag> table = EngineFlagTable(flags.engine);
  table.push_back(IntFlag("prompt-tokens", "tokens of each prompt", 1, 1 << 24,
                          flags.prompt_tokens));
  table.push_back(IntFlag("output-tokens", "tokens generated for each", 1,
                          1 << 24, flags.output_tokens));
  table.push_back(
      IntFlag("batch", "requests at once", 1, 1 << 16, flags.batch));
  table.push_back(SwitchFlag("json", "one JSON object", flags.json));
  return table;
}

// What one run took; times are seconds since its start.
struct RunResult {
  std::vector<double> first, last;  // token of each request
  Seconds wall{0};
  double cpu_seconds = 0;
  double joules = 0;
  std::optional<Seconds> device_time;
  std::string method, calibration;
};

// The same ids in every run and build: a fixed seed and our own arithmetic.
Request MakeRequest(const OfflineFlags& flags, int index, int vocab) {
  std::mt19937 random(1234 + index);
  std::vector<TokenId> ids(flags.prompt_tokens);
  for (TokenId& id : ids) id = static_cast<TokenId>(random() % vocab);
  Request request;
  request.id = absl::StrCat("offline-", index);
  request.prompt = std::move(ids);
  request.sampling.temperature = 0;
  request.stop.max_tokens = flags.output_tokens;
  request.stop.ignore_eos = true;
  return request;
}

int64_t PeakRssBytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;  // Linux counts it in KiB
}

// Reads a channel to its end. Times come from the engine, which notes them as
// the tokens are made.
absl::Status Finish(ResponseChannel& channel, RunResult& result) {
  while (true) {
    const Delta delta = channel.Pop();
    if (!delta.last) continue;
    if (!delta.status.ok()) return delta.status;
    result.first.push_back(delta.timings.first_token.count());
    result.last.push_back(delta.timings.finished.count());
    result.joules += delta.usage.energy.total.value();
    if (const auto& time = delta.usage.energy.device_time) {
      result.device_time = result.device_time.value_or(Seconds(0)) + *time;
    }
    result.method = delta.usage.energy.method;
    result.calibration = delta.usage.energy.calibration;
    return absl::OkStatus();
  }
}

absl::StatusOr<RunResult> RunBatch(Engine& engine, const Clock& clock,
                                   const OfflineFlags& flags) {
  RunResult result;
  const int vocab = engine.model().config.vocab;
  const double cpu = CpuSeconds();
  const Seconds start = clock.Now();
  // At once: a prompt that came before the others would have its first token
  // while theirs are computed.
  std::vector<Request> requests;
  for (int i = 0; i < flags.batch; ++i) {
    requests.push_back(MakeRequest(flags, i, vocab));
  }
  const auto channels = engine.SubmitTogether(std::move(requests), [] {});
  if (!channels.ok()) return channels.status();
  for (const std::shared_ptr<ResponseChannel>& channel : *channels) {
    const absl::Status status = Finish(*channel, result);
    if (!status.ok()) return status;
  }
  result.wall = clock.Now() - start;
  result.cpu_seconds = CpuSeconds() - cpu;
  return result;
}

// tokens / seconds; null where nothing was timed.
Json Rate(double tokens, double seconds) {
  return tokens > 0 && seconds > 0 ? Json(tokens / seconds) : Json();
}

Json Report(const OfflineFlags& flags, const RunResult& run) {
  const double first = *std::min_element(run.first.begin(), run.first.end());
  const double all_first =
      *std::max_element(run.first.begin(), run.first.end());
  const double last = *std::max_element(run.last.begin(), run.last.end());
  const double gaps = flags.output_tokens - 1;
  const double outputs = double{1} * flags.batch * flags.output_tokens;
  double stream_seconds = 0;  // mean of the streams' decode times
  for (int i = 0; i < flags.batch; ++i) {
    stream_seconds += (run.last[i] - run.first[i]) / flags.batch;
  }
  Json json = Json::object();
  json["prompt_tokens"] = flags.prompt_tokens;
  json["output_tokens"] = flags.output_tokens;
  json["batch"] = flags.batch;
  json["prefill_tokens_per_second"] =
      Rate(double{1} * flags.batch * flags.prompt_tokens, all_first);
  json["decode_tokens_per_second"] = Rate(gaps, stream_seconds);
  json["decode_tokens_per_second_total"] =
      Rate(flags.batch * gaps, last - first);
  json["wall_seconds"] = run.wall.count();
  json["cpu_seconds"] = run.cpu_seconds;
  json["joules"] = run.joules;
  json["joules_per_token"] = run.joules / outputs;
  json["method"] = run.method;
  if (run.device_time) json["device_seconds"] = run.device_time->count();
  json["peak_rss_bytes"] = PeakRssBytes();
  return json;
}

// What a step of one token reads of the weights.
int64_t WeightBytesPerToken(const ModelShape& model) {
  return StepCost(model, CostOptions())
      .Total({{{.num_tokens = 1, .context_tokens = 0, .num_logits = 1}}})
      .weight_bytes;
}

void PrintReport(const Json& json, bool as_json) {
  if (as_json) {
    std::cout << json.dump() << "\n";
    return;
  }
  for (const auto& [key, value] : json.items()) {
    std::cout << absl::StrFormat("%-32s %s\n", key, value.dump());
  }
}

int Offline(const OfflineFlags& flags, const BuildInfo& build) {
  const SteadyClock clock;
  absl::StatusOr<OpenedEngine> opened =
      OpenEngine(flags.engine, clock, build, kHostRoot);
  if (!opened.ok()) return PrintBenchError(opened.status());
  Engine& engine = *opened->engine;
  const absl::StatusOr<RunResult> warm_up = RunBatch(engine, clock, flags);
  if (!warm_up.ok()) return PrintBenchError(warm_up.status());
  const absl::StatusOr<RunResult> run = RunBatch(engine, clock, flags);
  if (!run.ok()) return PrintBenchError(run.status());
  Json json = Report(flags, *run);
  json["weight_bytes_per_token"] = WeightBytesPerToken(engine.model().shape);
  json["threads"] = engine.model().backend->info().threads;
  json["backend"] = engine.model().backend->info().name;
  AddBenchBitActivity(engine.stats().device, json);
  AddBenchProvenance(opened->provenance, json);
  PrintReport(json, flags.json);
  return 0;
}

}  // namespace

Command OfflineCommand(const BuildInfo& build) {
  auto flags = std::make_shared<OfflineFlags>();
  return {.name = "offline",
          .help = "rates and joules of equal requests",
          .flags = OfflineFlagTable(*flags),
          .run = [flags, build] { return Offline(*flags, build); }};
}

}  // namespace mj
