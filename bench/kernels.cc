// millijoule-bench kernels: what a step is made of, beside the machine's
// limits of the same run.
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/attention_cases.h"
#include "bench/best_seconds.h"
#include "bench/commands.h"
#include "bench/head_cases.h"
#include "bench/kernel_cases.h"
#include "bench/kernel_report.h"
#include "bench/linear_cases.h"
#include "bench/onednn_cases.h"
#include "bench/row_cases.h"
#include "hw_backends/host/cores.h"
#include "hw_backends/host/host_facts.h"

namespace mj {
namespace {

using Json = nlohmann::ordered_json;

struct KernelsFlags {
  std::string isa;
  int threads = AllowedCores(kHostRoot).cores;
  int cols = 2048;
  std::string op, type, numerics;
  int rows = 0;
  std::string baseline;
  bool json = false;
};

std::vector<Flag> KernelsFlagTable(KernelsFlags& flags) {
  return {
      TextFlag("isa", "ISA",
               "scalar, avx2, avx512 or amx; the widest by default", flags.isa),
      IntFlag("threads", "compute threads", 1, 1024, flags.threads),
      IntFlag("cols",
              "inputs of each linear product; types whose blocks do not "
              "divide it are left out",
              32, 1 << 16, flags.cols),
      TextFlag("op", "NAME", "only this op; all by default", flags.op),
      TextFlag("type", "NAME",
               "only this type of weights, keys and values, or gates",
               flags.type),
      TextFlag("numerics", "NAME", "only these numerics: f32, bf16 or int8",
               flags.numerics),
      IntFlag("rows", "only this number of rows; 0: all", 0, 1 << 20,
              flags.rows),
      TextFlag("baseline", "NAME",
               "also another library's linear products: onednn",
               flags.baseline),
      SwitchFlag("json", "one JSON object", flags.json)};
}

std::optional<std::string> Given(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

CaseFilter FilterOf(const KernelsFlags& flags) {
  CaseFilter filter{.op = Given(flags.op),
                    .type = Given(flags.type),
                    .numerics = Given(flags.numerics),
                    .rows = std::nullopt};
  if (flags.rows > 0) filter.rows = flags.rows;
  return filter;
}

// The machine's reading, as ops of their own: by one thread and by all.
std::vector<KernelCase> ReadCases(const KernelBench& bench) {
  std::vector<KernelCase> cases;
  const int all = bench.pool.threads();
  for (int threads : {1, all}) {
    if (!cases.empty() && threads == 1) break;
    cases.push_back(
        {.op = "read",
         .shape = absl::StrCat(threads, threads == 1 ? " thread" : " threads"),
         .threads = threads,
         .bytes = ReadLimit::kBytes,
         .source = ByteSource::kLimit,
         .prepare = [bench, threads]() -> absl::StatusOr<PreparedCase> {
           return PreparedCase{.run = [bench, threads] {
             bench.pool.Use(threads);
             bench.limit.Read(bench.pool, 0, ReadLimit::kBytes);
             bench.pool.Use(bench.pool.threads());
           }};
         }});
  }
  return cases;
}

absl::StatusOr<std::vector<KernelCase>> CasesOf(const KernelsFlags& flags,
                                                const KernelBench& bench) {
  std::vector<KernelCase> all = ReadCases(bench);
  const auto add = [&](std::vector<KernelCase> cases) {
    std::move(cases.begin(), cases.end(), std::back_inserter(all));
  };
  add(LinearCases(bench, flags.cols));
  if (flags.baseline == "onednn") {
    add(OneDnnCases(bench, flags.cols));
  } else if (!flags.baseline.empty()) {
    return absl::InvalidArgumentError("--baseline: '" + flags.baseline +
                                      "' is none; there is onednn");
  }
  add(HeadCases(bench));
  add(AttentionCases(bench));
  add(RowCases(bench));
  return SelectCases(all, FilterOf(flags));
}

TimedCall TimeCase(const KernelCase& c, const PreparedCase& prepared,
                   const KernelBench& bench) {
  switch (c.source) {
    case ByteSource::kMemory:
      return TimeStreaming(prepared.run, c.bytes, bench.limit, bench.pool);
    case ByteSource::kCache:
      return TimeCached(prepared.run, c.bytes, bench.limit, bench.pool);
    case ByteSource::kLimit:
      break;
  }
  return {.seconds = BestSeconds(prepared.run, 0.3)};
}

// A product that the baseline lacks on this CPU is a row with its "error".
absl::StatusOr<Json> RunCase(const KernelCase& c, const KernelBench& bench,
                             const MachineLimits& limits) {
  const Isa isa = bench.kernels.isa;
  const int threads = c.threads > 0 ? c.threads : bench.pool.threads();
  const absl::StatusOr<PreparedCase> prepared = c.prepare();
  if (absl::IsUnimplemented(prepared.status())) {
    return Json{
        {"op", c.op},     {"implementation", c.implementation},
        {"type", c.type}, {"numerics", c.numerics},
        {"rows", c.rows}, {"error", std::string(prepared.status().message())}};
  }
  if (!prepared.ok()) return prepared.status();
  const TimedCall timed = TimeCase(c, *prepared, bench);
  return KernelRow(c, {timed, prepared->rows_bit_equal}, limits, isa, threads);
}

absl::StatusOr<KernelTable> KernelsFor(const std::string& name) {
  const std::optional<Isa> isa = ParseIsa(name);
  const CpuFeatures cpu = ReadCpuFeatures();
  const std::optional<KernelTable> kernels = ChooseKernels(cpu, isa);
  if (kernels && (name.empty() || isa)) return *kernels;
  return absl::InvalidArgumentError(
      isa ? WhyNot(cpu, *isa)
          : "--isa: '" + name + "' is none of scalar, avx2, avx512, amx");
}

// Prints text as it comes, or returns the rows.
absl::StatusOr<Json> Measure(const KernelsFlags& flags,
                             const KernelBench& bench) {
  const absl::StatusOr<std::vector<KernelCase>> cases = CasesOf(flags, bench);
  if (!cases.ok()) return cases.status();
  const MachineLimits limits =
      MeasureLimits(bench.kernels, bench.limit, bench.pool);
  Json json = Json::object();
  json["threads"] = flags.threads;
  AddLimits(limits, json);
  json["rows"] = Json::array();
  if (!flags.json) {
    std::cout << KernelHead(limits, bench.kernels.isa, flags.threads);
  }
  for (const KernelCase& c : *cases) {
    absl::StatusOr<Json> row = RunCase(c, bench, limits);
    if (!row.ok()) return row.status();
    if (!flags.json) std::cout << KernelLine(*row) << std::flush;
    json["rows"].push_back(*std::move(row));
  }
  return json;
}

int Kernels(const KernelsFlags& flags, const BuildInfo& build) {
  const absl::StatusOr<KernelTable> kernels = KernelsFor(flags.isa);
  if (!kernels.ok()) return PrintBenchError(kernels.status());
  const absl::StatusOr<ReadLimit> limit = ReadLimit::Create(*kernels);
  if (!limit.ok()) return PrintBenchError(limit.status());
  const absl::StatusOr<int> threads =
      ChooseThreads(flags.threads, AllowedCores(kHostRoot));
  if (!threads.ok()) return PrintBenchError(threads.status());
  WorkerPool pool(*threads);
  absl::StatusOr<Json> json = Measure(flags, {*kernels, *limit, pool});
  if (!json.ok()) return PrintBenchError(json.status());
  if (!flags.json) return 0;
  Provenance from;
  from.build = build;
  from.cpu = ReadCpuName(kHostRoot);
  from.isa = std::string(IsaName(kernels->isa));
  AddBenchProvenance(from, *json);
  std::cout << json->dump() << "\n";
  return 0;
}

}  // namespace

Command KernelsCommand(const BuildInfo& build) {
  auto flags = std::make_shared<KernelsFlags>();
  return {.name = "kernels",
          .help = "every kernel beside the machine's limits",
          .flags = KernelsFlagTable(*flags),
          .run = [flags, build] { return Kernels(*flags, build); }};
}

}  // namespace mj
