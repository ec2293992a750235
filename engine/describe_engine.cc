#include "engine/describe_engine.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace mj {
namespace {

// "; weights pass of 1 rows: 8.3 ms on 1 (120 tokens per core-second), 5.1 ms
// on 2 (98 tokens per core-second); weights pass of 4 rows: ..."
std::string DescribeTimings(const BackendInfo& backend) {
  std::string text;
  int rows = 0;
  for (const ThreadTiming& timing : backend.thread_timings) {
    const double per_core_second =
        timing.rows / (timing.threads * timing.taken.count());
    absl::StrAppend(
        &text, timing.rows == rows ? ", " : "; weights pass of ",
        timing.rows == rows ? "" : absl::StrCat(timing.rows, " rows: "),
        absl::StrFormat("%.3g ms on %d (%.3g tokens per core-second)",
                        1e3 * timing.taken.count(), timing.threads,
                        per_core_second));
    rows = timing.rows;
  }
  return text;
}

}  // namespace

std::vector<std::string> DescribeEngine(const EngineFlags& flags,
                                        const CoreAllowance& cores,
                                        const std::string& counters,
                                        const Engine& engine,
                                        const Provenance& from) {
  const LoadedModel& model = engine.model();
  const BackendInfo& backend = model.backend->info();
  const EngineOptions& options = engine.options();
  const EngineStats stats = engine.stats();
  return {
      absl::StrCat("model ", model.name, ": ", model.config.architecture, ", ",
                   model.config.num_layers, " layers, hidden ",
                   model.config.hidden, ", vocabulary ", model.config.vocab,
                   ", fingerprint ", model.fingerprint),
      absl::StrCat("backend ", backend.name, ", ISA ", backend.isa,
                   flags.isa.empty() ? " (the widest of " : " (--isa, on ",
                   from.cpu, "), numerics ", backend.numerics,
                   flags.numerics.empty() ? "" : " (--numerics)",
                   backend.batch_invariant ? ", batch-invariant"
                                           : ", not batch-invariant"),
      absl::StrCat("threads ", backend.threads,
                   flags.threads ? " (--threads) of " : ": all of ",
                   DescribeCores(cores), DescribeTimings(backend)),
      absl::StrCat("KV cache ", FormatSize(options.kv_memory_bytes), " of ",
                   backend.kv_dtype, ": ", stats.kv_blocks_total, " blocks of ",
                   kBlockSize, " tokens = ",
                   int64_t{stats.kv_blocks_total} * kBlockSize, " tokens"),
      absl::StrCat("context ", options.max_model_len, " of the model's ",
                   model.config.context_length, "; up to ",
                   options.max_num_seqs, " sequences, ",
                   options.max_batched_tokens, " rows a step, ",
                   options.max_queue, " waiting"),
      absl::StrCat("energy ", stats.energy_method, ", domain ",
                   stats.energy_domain, ", calibration ", from.calibration,
                   "; ", counters),
  };
}

}  // namespace mj
