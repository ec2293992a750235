// What operators may see of the engine: counters that only grow, and gauges.
#ifndef MILLIJOULE_ENGINE_ENGINE_STATS_H_
#define MILLIJOULE_ENGINE_ENGINE_STATS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/depth_stats.h"
#include "engine/device_stats.h"
#include "engine/energy/footprint.h"
#include "engine/energy/ledger_writer.h"
#include "engine/governor_stats.h"
#include "engine/package_limit.h"
#include "engine/prefix_stats.h"
#include "engine/request/request.h"
#include "engine/schedule/limits.h"
#include "engine/shadow_stats.h"
#include "engine/speculation_stats.h"
#include "engine/tenant_budgets.h"
#include "hw_backends/quantities.h"

namespace mj {

// Requests whose target was met or not.
struct SloCount {
  uint64_t attained = 0;
  uint64_t missed = 0;
};

// The meter's latest known windows, a second or more together.
struct EnergyOfLate {
  Seconds time{0};
  Joules energy{0};
  uint64_t generated_tokens = 0;  // told meanwhile
};

struct EngineStats {
  int running = 0;  // sequences with KV blocks
  int waiting = 0;  // sequences without
  int kv_blocks_total = 0;
  int kv_blocks_used = 0;
  int kv_blocks_idle = 0;  // not used, but what they hold may be found again
  std::optional<PrefixStats> prefix;  // absent: nothing is shared
  SpeculationStats speculation;
  DepthStats depth;
  Joules saved_prefix{0};  // modelled: their rows, not computed
  uint64_t steps = 0;
  // Rounds of the engine's loop, pauses too, and layers within a step: with
  // work, it stands still only where the engine is stuck.
  uint64_t progress = 0;
  uint64_t prompt_tokens = 0;         // computed or shared, once a choice
  uint64_t shared_prompt_tokens = 0;  // of them, not computed
  uint64_t generated_tokens = 0;
  uint64_t preemptions = 0;
  uint64_t recomputed_tokens = 0;
  int held = 0;  // flex requests that wait for less carbon, not in `waiting`
  uint64_t held_ever = 0;     // flex requests that have been held
  uint64_t energy_stops = 0;  // requests that ended with their joules spent
  SloTargets slo_defaults;
  SloCount slo_ttft, slo_tpot;
  StepLimits limits;  // in force
  std::optional<Watts> power_cap;
  Seconds power_cap_violation{0};
  std::optional<PackageLimit::State> packages;  // with a governor
  std::vector<TenantBudget> tenants;            // that have a limit
  // Joules since the start, by phase; their sum is the meter's.
  Joules prefill, decode, idle, overhead;
  Joules wasted_aborted, wasted_preempted, wasted_rejected;
  std::string energy_domain, energy_method;
  bool energy_known = true;           // false: the meter could not be read
  std::string energy_unknown_reason;  // why; empty where it is known
  Seconds energy_known_time{0};       // that the joules above cover
  Footprint footprint;                // of them, operational
  double grams_per_kwh = 0;           // CO2e of the grid, now
  // Time of which no joules are known and none will be.
  Seconds energy_unknown_time{0};
  std::optional<DeviceStats> device;      // if it is simulated, modelled
  std::optional<EnergyOfLate> of_late;    // once there are any
  std::vector<ShadowStats> shadow;        // other devices, modelled
  std::optional<LedgerState> ledger;      // of the durable one, if there is any
  std::optional<GovernorStats> governor;  // if there is any
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENGINE_STATS_H_
