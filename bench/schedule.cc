// millijoule-bench schedule: what KV blocks and a step's plan cost beside the
// model.
#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/block_ops.h"
#include "bench/commands.h"
#include "bench/decoding_load.h"
#include "engine/shadow_account.h"
#include "hw_backends/host/host_facts.h"
#include "hw_backends/models/shape_file.h"

namespace mj {
namespace {

using Json = nlohmann::ordered_json;

struct ScheduleFlags {
  int sequences = 256;
  int blocks = 20;
  int shared_percent = 90;
  int steps = 1024;
  std::string shadow;
  bool json = false;
};

std::vector<Flag> ScheduleFlagTable(ScheduleFlags& flags) {
  return {
      IntFlag("sequences", "sequences that decode at once", 1, 1 << 16,
              flags.sequences),
      IntFlag("blocks", "KV blocks of a sequence, in the mean", 2, 1 << 14,
              flags.blocks),
      IntFlag("shared-percent",
              "of its blocks, its beginning that is everyone's; two at least "
              "are its own",
              0, 100, flags.shared_percent),
      IntFlag("steps",
              "steps that are timed, of each kind; an eighth with cold caches",
              64, 1 << 20, flags.steps),
      TextFlag("shadow", "NAME,...",
               "in place of all that: what these devices take to price a step",
               flags.shadow),
      SwitchFlag("json", "one JSON object", flags.json)};
}

// More than most third-level caches give a core, as the weights are that a
// model reads in between.
constexpr size_t kModelBytes = size_t{64} << 20;

class Caches final {
 public:
  void Displace() {
    for (size_t i = 0; i < bytes_.size(); i += 64) ++bytes_[i];
  }

 private:
  std::vector<unsigned char> bytes_ = std::vector<unsigned char>(kModelBytes);
};

struct StepKind {
  const char* name;
  DecodingLoadOptions options;
  bool cold = false;
};

std::vector<StepKind> StepKinds(const ScheduleFlags& flags) {
  DecodingLoadOptions shared{
      .sequences = flags.sequences,
      .blocks = flags.blocks,
      .shared_blocks = std::min(flags.blocks * flags.shared_percent / 100,
                                flags.blocks - 2)};
  DecodingLoadOptions off = shared, replacing = shared;
  off.prefix_cache = false;
  replacing.replace = true;
  return {{"prefix cache", shared},
          {"prefix cache, caches cold", shared, /*cold=*/true},
          {"prefix cache, one ends and one starts", replacing},
          {"no prefix cache", off},
          {"no prefix cache, caches cold", off, /*cold=*/true}};
}

struct StepTimesOf {
  const char* name;
  double StepSeconds::*part;
  CallTimes times;
};

Json TimesJson(const CallTimes& times, double scale, const char* unit) {
  Json json = Json::object();
  json[std::string("median_") + unit] = times.Quantile(0.5) * scale;
  json[std::string("p99_") + unit] = times.Quantile(0.99) * scale;
  json["samples"] = times.size();
  return json;
}

absl::StatusOr<Json> MeasureSteps(const StepKind& kind, int steps) {
  CallTimes all;
  std::vector<StepTimesOf> parts = {
      {"replace", &StepSeconds::replace}, {"snapshot", &StepSeconds::snapshot},
      {"plan", &StepSeconds::plan},       {"drafts", &StepSeconds::drafts},
      {"apply", &StepSeconds::apply},     {"commit", &StepSeconds::commit},
      {"batch", &StepSeconds::batch}};
  if (kind.cold) steps = std::max(steps / 8, DecodingLoad::kSteps);
  Caches caches;
  double shared = 0;
  std::unique_ptr<DecodingLoad> load;
  for (int i = 0; i < steps; ++i) {
    if (i % DecodingLoad::kSteps == 0) {
      auto made = DecodingLoad::Create(kind.options);
      if (!made.ok()) return made.status();
      load = *std::move(made);
    }
    if (kind.cold) caches.Displace();
    const StepSeconds seconds = load->Step();
    all.Add(seconds.scheduling());
    for (StepTimesOf& part : parts) part.times.Add(seconds.*part.part);
    shared += load->shared_share() / steps;
  }
  Json json{{"op", std::string("step, ") + kind.name}};
  json["shared_percent"] = 100 * shared;
  json.update(TimesJson(all, 1e6, "us"));
  for (const StepTimesOf& part : parts) {
    json["parts"][part.name] = TimesJson(part.times, 1e6, "us");
  }
  return json;
}

void PrintStep(const Json& row) {
  std::cout << absl::StrFormat(
      "%-44s %9.2f %9.2f us a step, %.0f %% shared\n",
      row["op"].get<std::string>(), row["median_us"].get<double>(),
      row["p99_us"].get<double>(), row["shared_percent"].get<double>());
  for (const auto& [name, part] : row["parts"].items()) {
    std::cout << absl::StrFormat("  %-42s %9.2f %9.2f\n", name,
                                 part["median_us"].get<double>(),
                                 part["p99_us"].get<double>());
  }
}

// Microseconds that pricing a step takes, for the sizes of SmolLM2-135M.
absl::StatusOr<Json> MeasureShadow(const ScheduleFlags& flags, int asking) {
  const absl::StatusOr<ServedShape> served = FindShape("smollm2-135m");
  if (!served.ok()) return served.status();
  auto devices = OpenShadows(flags.shadow, "", served->shape, {});
  if (!devices.ok()) return devices.status();
  ShadowAccount shadow(*std::move(devices));
  CallTimes times;
  std::unique_ptr<DecodingLoad> load;
  for (int i = 0; i < flags.steps; ++i) {
    if (i % DecodingLoad::kSteps == 0) {
      auto made = DecodingLoad::Create({.sequences = flags.sequences,
                                        .blocks = flags.blocks,
                                        .shared_blocks = flags.blocks - 2,
                                        .shadow = &shadow,
                                        .asking = asking});
      if (!made.ok()) return made.status();
      load = *std::move(made);
    }
    times.Add(load->Step().shadow);
  }
  Json json{
      {"op", "shadow costing"}, {"devices", flags.shadow}, {"asking", asking}};
  json.update(TimesJson(times, 1e6, "us"));
  return json;
}

// With nobody, one, and everybody asking for their share.
absl::StatusOr<Json> MeasureShadows(const ScheduleFlags& flags) {
  Json rows = Json::array();
  std::vector<int> askers = {0, 1};
  if (flags.sequences > 1) askers.push_back(flags.sequences);
  for (const int asking : askers) {
    absl::StatusOr<Json> row = MeasureShadow(flags, asking);
    if (!row.ok()) return row.status();
    if (!flags.json) {
      std::cout << absl::StrFormat(
          "%d sequences, %d asking: %.2f us a step, p99 %.2f\n",
          flags.sequences, asking, (*row)["median_us"].get<double>(),
          (*row)["p99_us"].get<double>());
    }
    rows.push_back(*std::move(row));
  }
  return rows;
}

// Prints text as it comes, or returns the rows.
absl::StatusOr<Json> Measure(const ScheduleFlags& flags) {
  if (!flags.shadow.empty()) return MeasureShadows(flags);
  Json rows = Json::array();
  const auto ops = MeasureBlockOps({.chain_blocks = flags.blocks});
  if (!ops.ok()) return ops.status();
  if (!flags.json) {
    std::cout << absl::StrFormat("%-44s %9s %9s\n", "", "median", "p99");
  }
  for (const BlockOp& op : *ops) {
    Json row{{"op", op.name}};
    row.update(TimesJson(op.times, 1e9, "ns"));
    if (!flags.json) {
      std::cout << absl::StrFormat("%-44s %9.1f %9.1f ns a block\n", op.name,
                                   row["median_ns"].get<double>(),
                                   row["p99_ns"].get<double>());
    }
    rows.push_back(std::move(row));
  }
  for (const StepKind& kind : StepKinds(flags)) {
    absl::StatusOr<Json> row = MeasureSteps(kind, flags.steps);
    if (!row.ok()) return row.status();
    if (!flags.json) PrintStep(*row);
    rows.push_back(*std::move(row));
  }
  return rows;
}

int Schedule(const ScheduleFlags& flags, const BuildInfo& build) {
  absl::StatusOr<Json> rows = Measure(flags);
  if (!rows.ok()) return PrintBenchError(rows.status());
  if (!flags.json) return 0;
  Json json{{"sequences", flags.sequences}, {"blocks", flags.blocks}};
  json["rows"] = *std::move(rows);
  Provenance from;
  from.build = build;
  from.cpu = ReadCpuName(kHostRoot);
  AddBenchProvenance(from, json);
  std::cout << json.dump() << "\n";
  return 0;
}

}  // namespace

Command ScheduleCommand(const BuildInfo& build) {
  auto flags = std::make_shared<ScheduleFlags>();
  return {.name = "schedule",
          .help = "KV blocks and step plans, without a model",
          .flags = ScheduleFlagTable(*flags),
          .run = [flags, build] { return Schedule(*flags, build); }};
}

}  // namespace mj
