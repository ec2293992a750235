#include "bench/load/load_command.h"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/commands.h"
#include "bench/load/dump_json.h"
#include "bench/load/load_flags.h"
#include "bench/load/load_plan.h"
#include "bench/load/load_report.h"
#include "bench/load/rate_search.h"
#include "bench/load/run_load.h"
#include "hw_backends/host/host_facts.h"

namespace mj {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kSweepPrecision = 0.05;

// Everything that stays the same from run to run.
struct Bench {
  const LoadFlags& flags;
  Target target;
  RequestStyle style;
  LoadOptions options;
  Slo slo;
};

absl::StatusOr<std::string> ReadKey(const std::string& path) {
  std::ifstream file(path);
  std::string key;
  if (file && std::getline(file, key) && !key.empty() &&
      key.find_first_of(" \t\r") == std::string::npos) {
    return key;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "--api-key-file ", path, ": its first line must be a key, no blanks"));
}

// The member where it is text, else "".
std::string TextOf(const Json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return "";
  return found->get<std::string>();
}

// The entry of the model that is asked, as the server describes it; null where
// it does not.
Json ServedModel(const Target& target, const RequestStyle& style) {
  if (target.api == Api::kGrpc) return Json();
  const auto text = HttpGet(target, style, target.models_path);
  const Json json = text.ok() ? Json::parse(*text, nullptr, false) : Json();
  const auto data = json.is_object() ? json.find("data") : json.end();
  if (!json.is_object() || data == json.end() || !data->is_array()) {
    std::cerr << "load: "
              << (text.ok() ? std::string("there is no list of models")
                            : std::string(text.status().message()))
              << "; requests name "
              << (style.model.empty() ? "no model" : style.model) << "\n";
    return Json();
  }
  for (const Json& model : *data) {
    if (style.model.empty() || TextOf(model, "id") == style.model) return model;
  }
  return Json();
}

// Each request in flight is a descriptor.
void RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void PrintProgress(const Progress& progress) {
  std::cerr << absl::StrFormat(
      "%s%5.0f s  %d sent, %d finished, %d failed, %d in flight, %.0f "
      "parts/s%s",
      isatty(STDERR_FILENO) ? "\r" : "", progress.elapsed.count(),
      progress.sent, progress.finished, progress.failed,
      progress.sent - progress.finished, progress.parts_per_second,
      isatty(STDERR_FILENO) ? "   " : "\n");
  std::cerr.flush();
}

absl::Status CheckPrompts(const Bench& bench) {
  if (bench.target.api == Api::kChat) return absl::OkStatus();
  for (const Prompt& prompt : bench.options.prompts) {
    if (prompt.messages_json.empty()) continue;
    return absl::InvalidArgumentError(
        "--prompts has chat messages; they need a --url that ends in "
        "/chat/completions");
  }
  return absl::OkStatus();
}

absl::StatusOr<Bench> MakeBench(const LoadFlags& flags) {
  absl::StatusOr<Target> target = ParseTarget(flags.url, flags.api);
  if (!target.ok()) return target.status();
  Bench bench{.flags = flags, .target = *std::move(target)};
  bench.style = {.model = flags.model,
                 .ignore_eos = !flags.stop_at_eos,
                 .lists_tokens = flags.check_tokens,
                 .timeout = Seconds(flags.timeout_seconds)};
  if (!flags.api_key_file.empty()) {
    absl::StatusOr<std::string> key = ReadKey(flags.api_key_file);
    if (!key.ok()) return key.status();
    bench.style.api_key = *std::move(key);
  }
  if (!flags.prompts.empty()) {
    auto prompts = ReadPrompts(flags.prompts);
    if (!prompts.ok()) return prompts.status();
    bench.options.prompts = *std::move(prompts);
  }
  if (absl::Status s = CheckPrompts(bench); !s.ok()) return s;
  bench.options.on_progress = PrintProgress;
  if (flags.slo_ttft_ms) bench.slo.ttft = Seconds(*flags.slo_ttft_ms / 1e3);
  if (flags.slo_tpot_ms) bench.slo.tpot = Seconds(*flags.slo_tpot_ms / 1e3);
  return bench;
}

LoadRow RunRow(const Bench& bench, const PlanWords& words,
               const LoadPlan& plan) {
  LoadRow row{.rate = words.rate, .seed = words.seed};
  if (words.concurrency > 0) row.concurrency = words.concurrency;
  const auto make =
      bench.target.api == Api::kGrpc ? MakeGrpcTransport : MakeHttpTransport;
  row.run = RunLoad(plan, bench.options, [&](boost::asio::io_context& context) {
    return make(context, bench.target, bench.style);
  });
  row.score = Score(row.run, bench.slo);
  row.holds = row.score.attainment().value_or(0) >= bench.flags.slo_share;
  std::cerr << (isatty(STDERR_FILENO) ? "\r\033[K" : "")
            << RowText(row, bench.slo);
  return row;
}

absl::Status RunSweep(const Bench& bench, const PlanWords& words,
                      LoadReport& report) {
  const absl::StatusOr<SweepRange> range = ParseSweep(bench.flags.sweep);
  if (!range.ok()) return range.status();
  RateSearch search(range->low, range->high, kSweepPrecision);
  while (const std::optional<double> rate = search.Next()) {
    PlanWords at_rate = words;
    at_rate.rate = rate;
    // Other prompts each time: a prefix cache knows the last ones.
    at_rate.seed += report.rows.size();
    const absl::StatusOr<LoadPlan> plan = MakePlan(at_rate);
    if (!plan.ok()) return plan.status();
    report.rows.push_back(RunRow(bench, at_rate, *plan));
    if (report.rows.back().run.interrupted) break;
    search.Tell(report.rows.back().holds);
  }
  report.is_sweep = true;
  report.best_rate = search.best();
  report.too_high_rate = search.too_much();
  return absl::OkStatus();
}

template <class T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json Settings(const Bench& bench, const Json& served, const BuildInfo& build) {
  const LoadFlags& flags = bench.flags;
  Json json = Json::object();
  json["url"] = flags.url;
  json["api"] = flags.api;
  json["path"] = bench.target.path;
  json["model"] = bench.style.model;
  json["served_model"] = served;
  json["arrivals"] =
      flags.plan.concurrency > 0 ? "closed" : flags.plan.arrivals;
  json["prompts"] = flags.prompts;
  // Lengths are the trace's where there is one, and a file's prompts have their
  // own.
  const bool traced = flags.plan.traced();
  const bool made_up = flags.prompts.empty() && !traced;
  json["prompt_tokens"] = made_up ? Json(flags.plan.prompt_tokens) : Json();
  json["output_tokens"] = traced ? Json() : Json(flags.plan.output_tokens);
  json["duration_seconds"] = OrNull(DurationOf(flags.plan));
  json["requests"] = flags.plan.requests;
  json["warm_up_seconds"] = OrNull(flags.plan.warm_up_seconds);
  json["stop_at_eos"] = flags.stop_at_eos;
  json["timeout_seconds"] = flags.timeout_seconds;
  json["tokens_checked_one_by_one"] =
      flags.check_tokens || bench.target.api == Api::kGrpc;
  json["slo_ttft_ms"] = OrNull(flags.slo_ttft_ms);
  json["slo_tpot_ms"] = OrNull(flags.slo_tpot_ms);
  json["slo_share"] = flags.slo_share;
  json["sweep"] = flags.sweep;
  json["confidence"] =
      "95 %: binomial order statistics, samples reduced by their serial "
      "correlation (batch means, first-order autoregression)";
  Provenance from;
  from.build = build;
  from.cpu = ReadCpuName(kHostRoot);
  from.isa = TextOf(served, "isa");
  from.numerics = TextOf(served, "numerics");
  from.model_fingerprint = TextOf(served, "fingerprint");
  if (const auto energy = served.find("energy"); energy != served.end()) {
    from.calibration = TextOf(*energy, "calibration");
  }
  AddBenchProvenance(from, json);
  return json;
}

// Told before a long load, not after it. Leaves no empty file behind.
absl::Status CheckWritable(const std::string& path) {
  if (path.empty() || path == "-") return absl::OkStatus();
  std::error_code unknown;  // then it cannot be written either
  const bool is_new = std::filesystem::symlink_status(path, unknown).type() ==
                      std::filesystem::file_type::not_found;
  if (!std::ofstream(path, std::ios::app)) {
    return absl::InvalidArgumentError(absl::StrCat("cannot write ", path));
  }
  if (is_new) std::remove(path.c_str());
  return absl::OkStatus();
}

absl::Status Write(const std::string& path, const std::string& text) {
  if (path.empty()) return absl::OkStatus();
  if (path == "-") {
    std::cout << text;
    return absl::OkStatus();
  }
  std::ofstream file(path);
  file << text;
  file.close();
  if (file) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("cannot write ", path));
}

// 0, or as a shell tells of a program that a signal ended.
constexpr int kInterrupted = 128 + SIGINT;

int ExitStatus(const LoadReport& report) {
  int64_t counted = 0, succeeded = 0;
  for (const LoadRow& row : report.rows) {
    if (row.run.interrupted) return kInterrupted;
    counted += row.score.counted;
    succeeded += row.score.succeeded;
  }
  if (succeeded > 0) return 0;
  return PrintBenchError(absl::UnavailableError(
      counted > 0 ? "load: no request succeeded"
                  : "load: no request came after the warm-up; --warm-up 0 "
                    "counts them all"));
}

absl::StatusOr<LoadReport> Measure(const LoadFlags& flags,
                                   const BuildInfo& build) {
  if (absl::Status s = CheckLoadFlags(flags); !s.ok()) return s;
  absl::StatusOr<Bench> bench = MakeBench(flags);
  if (!bench.ok()) return bench.status();
  PlanWords words = flags.plan;
  words.seed = static_cast<uint64_t>(flags.seed);
  // A wrong plan is told before anything is asked.
  const absl::StatusOr<LoadPlan> plan =
      flags.sweep.empty() ? MakePlan(words) : LoadPlan();
  if (!plan.ok()) return plan.status();
  for (const std::string& path : {flags.json, flags.html}) {
    if (absl::Status s = CheckWritable(path); !s.ok()) return s;
  }
  RaiseFileLimit();
  const Json served = ServedModel(bench->target, bench->style);
  if (bench->style.model.empty()) bench->style.model = TextOf(served, "id");
  LoadReport report{.settings = Settings(*bench, served, build),
                    .slo = bench->slo};
  if (!flags.sweep.empty()) {
    if (absl::Status s = RunSweep(*bench, words, report); !s.ok()) return s;
    return report;
  }
  report.rows.push_back(RunRow(*bench, words, *plan));
  return report;
}

int RunLoadCommand(const LoadFlags& flags, const BuildInfo& build) {
  const absl::StatusOr<LoadReport> report = Measure(flags, build);
  if (!report.ok()) return PrintBenchError(report.status());
  absl::Status written = Write(flags.json, DumpJson(LoadJson(*report)) + "\n");
  if (!flags.html.empty()) written.Update(Write(flags.html, LoadHtml(*report)));
  if (!written.ok()) return PrintBenchError(written);
  return ExitStatus(*report);
}

}  // namespace

Command LoadCommand(const BuildInfo& build) {
  auto flags = std::make_shared<LoadFlags>();
  return {.name = "load",
          .help = "open- and closed-loop load on a server, over the network",
          .flags = LoadFlagTable(*flags),
          .run = [flags, build] { return RunLoadCommand(*flags, build); }};
}

}  // namespace mj
