// millijoule metrics: every metric there may be, as deploy/metrics.md has it.
#include "server/metrics.h"

#include <iostream>

#include "server/commands/commands.h"
#include "server/metrics_reference.h"

namespace mj {
namespace {

int PrintMetrics() {
  const Metrics metrics({.model = "", .max_model_len = 1});
  std::cout << MetricsReference(metrics.Families(StatsOfEverything()));
  return 0;
}

}  // namespace

Command MetricsCommand() {
  return {.name = "metrics",
          .help = "the metrics that serve exposes, as a table in Markdown",
          .flags = {},
          .run = PrintMetrics};
}

}  // namespace mj
