// The engine's limits, as the flags of design name them.
#ifndef MILLIJOULE_ENGINE_ENGINE_OPTIONS_H_
#define MILLIJOULE_ENGINE_ENGINE_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/depth_options.h"
#include "engine/prefix_stats.h"
#include "engine/request/request.h"
#include "engine/speculate/controller.h"
#include "engine/tenant_budgets.h"
#include "hw_backends/quantities.h"

namespace mj {

struct EngineOptions {
  int64_t kv_memory_bytes = int64_t{512} << 20;
  int max_model_len = 0;   // positions a sequence may have; 0: the model's own
  int max_num_seqs = 256;  // sequences that run at once
  int max_batched_tokens = 512;  // rows a step
  int max_queue = 1024;          // requests that wait
  // Equal beginnings are computed once; absent: where the backend is
  // batch-invariant, as elsewhere it would change replies.
  std::optional<bool> prefix_cache;
  PrefixRegions prefix_regions;  // who is not in it shares with nobody
  // Of requests that leave it to the server; absent: kAuto, and kOff where the
  // backend is not batch-invariant, as there it would change replies.
  std::optional<Speculation> speculation;
  SpeculationLimits speculation_limits;
  // For measuring what steps cost, before the first request, where it may be
  // asked for drafts.
  Seconds probe_time{0};
  DepthOptions depth;
  SloTargets slo;  // of requests that bring none
  std::optional<Watts> power_cap;
  std::vector<TenantLimit> tenant_limits;  // who is not in it has none
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENGINE_OPTIONS_H_
