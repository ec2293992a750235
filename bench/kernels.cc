// millijoule-bench kernels: every product with weights beside the machine's
// limits of the same run.
#include <algorithm>
#include <cstring>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/commands.h"
#include "bench/roofline.h"
#include "hw_backends/cpu/linear_phase.h"
#include "hw_backends/cpu/mapped_memory.h"
#include "hw_backends/host/cores.h"
#include "hw_backends/host/host_facts.h"
#include "kernels/panel.h"

namespace mj {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kHostRoot = "/";
constexpr TensorType kTypes[] = {
    TensorType::kQ4_0, TensorType::kQ4_1, TensorType::kQ5_0, TensorType::kQ5_1,
    TensorType::kQ8_0, TensorType::kQ4_K, TensorType::kQ5_K, TensorType::kQ6_K,
    TensorType::kBF16, TensorType::kF16,  TensorType::kF32};

struct KernelsFlags {
  std::string isa;
  int threads = AllowedCores(kHostRoot).cores;
  int cols = 2048;
  bool json = false;
};

std::vector<Flag> KernelsFlagTable(KernelsFlags& flags) {
  return {
      TextFlag("isa", "ISA",
               "scalar, avx2, avx512 or amx; the widest by default", flags.isa),
      IntFlag("threads", "compute threads", 1, 1024, flags.threads),
      IntFlag("cols", "inputs of each product", 32, 1 << 16, flags.cols),
      SwitchFlag("json", "one JSON object", flags.json)};
}

// Random codes under scales that keep every product finite.
void FillPanel(TensorType type, int64_t groups, std::mt19937& random,
               std::byte* panel) {
  const PanelLayout layout = PanelLayoutOf(type);
  const int64_t codes = groups * layout.code_bytes;
  const auto fill = [](std::byte* from, std::byte* to, const auto& value) {
    for (; from + sizeof value <= to; from += sizeof value) {
      std::memcpy(from, &value, sizeof value);
    }
  };
  if (type == TensorType::kF32) return fill(panel, panel + codes, 0.01f);
  if (layout.bits == 0) return fill(panel, panel + codes, uint16_t{0x3C00});
  for (int64_t i = 0; i < codes; i += 4) {
    const auto word = static_cast<uint32_t>(random());
    std::memcpy(panel + i, &word, sizeof word);
  }
  // Halves of 2^-6; small integers where a type has those too.
  fill(panel + codes, panel + PanelBytes(type, groups), uint16_t{0x2400});
}

struct BenchMatrix {
  MappedMemory memory;
  PackedMatrix packed;
};

absl::StatusOr<BenchMatrix> MakeMatrix(TensorType type, int64_t rows,
                                       int64_t cols) {
  BenchMatrix matrix;
  const int64_t groups = (cols + kPanelGroup - 1) / kPanelGroup;
  const int64_t panels = (rows + kPanelRows - 1) / kPanelRows;
  const size_t size = PanelBytes(type, groups);
  absl::StatusOr<MappedMemory> memory =
      MappedMemory::Map(panels * size, /*huge_pages=*/true);
  if (!memory.ok()) return memory.status();
  matrix.memory = *std::move(memory);
  std::mt19937 random(1);
  std::byte* first = matrix.memory.data();
  FillPanel(type, groups, random, first);
  for (int64_t p = 1; p < panels; ++p) {
    std::memcpy(first + p * size, first, size);
  }
  matrix.packed.segments = {{type, 0, rows, panels, size, first}};
  matrix.packed.rows = rows;
  matrix.packed.cols = cols;
  matrix.packed.groups = groups;
  matrix.packed.panels = panels;
  return matrix;
}

struct Case {
  TensorType type;
  Numerics numerics;
  int64_t rows;     // of activations
  int64_t outputs;  // rows of weights
};

// What bounds the arithmetic of a product that is rounded so.
std::optional<double> LimitOf(const Case& c, const KernelTable& kernels,
                              const MachineLimits& limits) {
  switch (FormFor(c.type, c.numerics, kernels)) {
    case RowForm::kInt8:
      return limits.int8;
    case RowForm::kBf16:
      return limits.bf16;
    default:
      return limits.f32;
  }
}

absl::StatusOr<Json> RunCase(const Case& c, int64_t cols,
                             const KernelTable& kernels,
                             const MachineLimits& limits, WorkerPool& pool) {
  const absl::StatusOr<BenchMatrix> matrix =
      MakeMatrix(c.type, c.outputs, cols);
  if (!matrix.ok()) return matrix.status();
  const int64_t padded = matrix->packed.groups * kPanelGroup;
  std::vector<float> x(c.rows * padded), y(c.rows * c.outputs);
  std::mt19937 random(2);
  std::normal_distribution<float> normal;
  for (float& value : x) value = normal(random);
  LinearPhase phase(kernels, c.numerics);
  const double seconds = BestSeconds([&] {
    phase.Run(
        pool, matrix->packed,
        {.x = {x.data(), padded}, .rows = c.rows, .y = {y.data(), c.outputs}});
  });
  const double operations = 2.0 * c.rows * c.outputs * cols;
  const auto bytes = static_cast<double>(matrix->memory.size());
  const std::optional<double> limit = LimitOf(c, kernels, limits);
  Json row = Json::object();
  row["op"] = "linear";
  row["type"] = std::string(InfoOf(c.type).name);
  row["numerics"] = std::string(NumericsName(c.numerics));
  row["rows"] = c.rows;
  row["outputs"] = c.outputs;
  row["inputs"] = cols;
  row["seconds"] = seconds;
  row["gops"] = operations / seconds / 1e9;
  row["percent_of_peak"] =
      limit ? Json(100 * operations / seconds / *limit) : Json();
  row["weight_gb_per_second"] = bytes / seconds / 1e9;
  row["percent_of_bandwidth"] =
      100 * bytes / seconds / limits.read_bytes_per_second;
  return row;
}

// One row streams weights from memory; more reuse what a cache holds.
std::vector<Case> Cases(int64_t cols) {
  constexpr int64_t kStreamed = int64_t{64} << 20;
  std::vector<Case> cases;
  for (TensorType type : kTypes) {
    const int64_t groups = (cols + kPanelGroup - 1) / kPanelGroup;
    const auto panel = static_cast<int64_t>(PanelBytes(type, groups));
    for (Numerics numerics :
         {Numerics::kF32, Numerics::kBf16, Numerics::kInt8}) {
      cases.push_back({type, numerics, 1, kStreamed / panel * kPanelRows});
      for (int64_t rows : {8, 64, 512}) {
        cases.push_back({type, numerics, rows, 1024});
      }
    }
  }
  return cases;
}

std::string Giga(std::optional<double> rate) {
  return rate ? absl::StrFormat("%.0f", *rate / 1e9) : "unknown";
}

void PrintRow(const Json& row) {
  const Json& peak = row["percent_of_peak"];
  std::cout << absl::StrFormat(
      "%-5s %-5s %5d %7d %9.1f %7s %8.1f %7.1f\n",
      row["type"].get<std::string>(), row["numerics"].get<std::string>(),
      row["rows"].get<int>(), row["outputs"].get<int>(),
      row["gops"].get<double>(),
      peak.is_null() ? "-" : absl::StrFormat("%.1f", peak.get<double>()),
      row["weight_gb_per_second"].get<double>(),
      row["percent_of_bandwidth"].get<double>());
}

int Kernels(const KernelsFlags& flags, const BuildInfo& build) {
  const std::optional<Isa> isa = ParseIsa(flags.isa);
  const CpuFeatures cpu = ReadCpuFeatures();
  const std::optional<KernelTable> kernels = ChooseKernels(cpu, isa);
  if (!kernels || (!flags.isa.empty() && !isa)) {
    return PrintBenchError(absl::InvalidArgumentError(
        isa ? WhyNot(cpu, *isa)
            : "--isa: '" + flags.isa + "' is none of scalar, avx2, avx512, amx"));
  }
  const absl::StatusOr<int> threads =
      ChooseThreads(flags.threads, AllowedCores(kHostRoot));
  if (!threads.ok()) return PrintBenchError(threads.status());
  WorkerPool pool(*threads);
  const MachineLimits limits = MeasureLimits(*kernels, pool);
  Json json = Json::object();
  json["threads"] = flags.threads;
  json["read_gb_per_second"] = limits.read_bytes_per_second / 1e9;
  json["rows"] = Json::array();
  if (!flags.json) {
    std::cout << absl::StrFormat(
        "ISA %s, %d threads; limits: reading %.1f GB/s, f32 %s, bf16 %s, int8 "
        "%s Gop/s\n%-5s %-5s %5s %7s %9s %7s %8s %7s\n",
        std::string(IsaName(kernels->isa)), flags.threads,
        limits.read_bytes_per_second / 1e9, Giga(limits.f32), Giga(limits.bf16),
        Giga(limits.int8), "type", "num.", "rows", "outputs", "Gop/s", "% peak",
        "GB/s", "% read");
  }
  for (const Case& c : Cases(flags.cols)) {
    absl::StatusOr<Json> row = RunCase(c, flags.cols, *kernels, limits, pool);
    if (!row.ok()) return PrintBenchError(row.status());
    if (!flags.json) PrintRow(*row);
    json["rows"].push_back(*std::move(row));
  }
  if (!flags.json) return 0;
  Provenance from;
  from.build = build;
  from.cpu = ReadCpuName(kHostRoot);
  from.isa = std::string(IsaName(kernels->isa));
  AddBenchProvenance(from, json);
  std::cout << json.dump() << "\n";
  return 0;
}

}  // namespace

Command KernelsCommand(const BuildInfo& build) {
  auto flags = std::make_shared<KernelsFlags>();
  return {.name = "kernels",
          .help = "products with weights beside the machine's limits",
          .flags = KernelsFlagTable(*flags),
          .run = [flags, build] { return Kernels(*flags, build); }};
}

}  // namespace mj
