// The commands of `millijoule-bench`, each in its own file.
#ifndef MILLIJOULE_BENCH_COMMANDS_H_
#define MILLIJOULE_BENCH_COMMANDS_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/flag.h"
#include "engine/provenance.h"
#include "nlohmann/json.hpp"

namespace mj {

struct BenchCommand {
  CLI::App* app;             // the subcommand
  std::function<int()> run;  // after parsing; the exit status
};

BenchCommand AddOffline(CLI::App& app, const BuildInfo& build);
BenchCommand AddPerplexity(CLI::App& app, const BuildInfo& build);

// Puts a table of flags on a command line. It must outlive the parsing.
void AddBenchFlags(CLI::App& app, const std::vector<Flag>& flags);

// "millijoule-bench: MESSAGE" on standard error; returns 1.
int PrintBenchError(const absl::Status& status);

// Adds commit, build, cpu, isa, numerics, model_fingerprint and calibration.
void AddBenchProvenance(const Provenance& from, nlohmann::ordered_json& json);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_COMMANDS_H_
