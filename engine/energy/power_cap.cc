#include "engine/energy/power_cap.h"

#include <algorithm>
#include <cassert>

#include "absl/strings/str_format.h"

namespace mj {
namespace {

// A decode row's company in the cache; its bytes matter little beside a
// pass over the weights.
constexpr int kTypicalContext = 256;

struct StepPower {
  Watts active{0};
  double rows_per_second = 0;
};

StepPower PowerOf(const StepCostModel& model, int decodes, int prompt_rows) {
  StepShape step;
  step.sequences.assign(
      decodes,
      {.num_tokens = 1, .context_tokens = kTypicalContext, .num_logits = 1});
  if (prompt_rows > 0) {
    step.sequences.push_back({.num_tokens = prompt_rows, .num_logits = 1});
  }
  const Price price = model.Step(step);
  return {price.energy / price.time - model.idle_power(),
          (decodes + prompt_rows) / price.time.count()};
}

CapSetting MakeSetting(const StepCostModel& model, ScheduleLimits limits) {
  const int rows = limits.max_batched_tokens;
  const int decodes = std::min(limits.max_num_seqs, rows);
  const StepPower full = PowerOf(model, decodes, rows - decodes);
  const Watts hungriest = std::max({full.active, PowerOf(model, 1, 0).active,
                                    PowerOf(model, decodes, 0).active,
                                    PowerOf(model, 0, rows).active});
  return {limits, hungriest, full.rows_per_second};
}

// Of the time, with the cap's room for active power.
double BusyShare(Watts room, double correction, const CapSetting& setting) {
  const Watts active = correction * setting.active;
  if (active <= room) return 1;
  return std::max(kLeastBusyShare, room / active);
}

}  // namespace

std::vector<CapSetting> CapLadder(const StepCostModel& model,
                                  const ScheduleLimits& full) {
  std::vector<CapSetting> ladder;
  ScheduleLimits limits = full;
  for (;;) {
    ladder.push_back(MakeSetting(model, limits));
    if (limits.max_num_seqs == 1 && limits.max_batched_tokens == 1) break;
    limits.max_num_seqs = std::max(1, limits.max_num_seqs / 2);
    limits.max_batched_tokens = std::max(1, limits.max_batched_tokens / 2);
  }
  return ladder;
}

CapDecision DecideCap(Watts cap, Watts idle, double correction,
                      std::span<const CapSetting> ladder) {
  assert(!ladder.empty() && correction > 0);
  const Watts room = kCapAim * cap - idle;
  const CapSetting* best = nullptr;
  double most = 0, share = 1;
  for (const CapSetting& setting : ladder) {
    const double busy = BusyShare(room, correction, setting);
    const double rows = busy * setting.rows_per_second;
    if (best != nullptr && rows <= most) continue;
    best = &setting;
    most = rows;
    share = busy;
    if (&setting == &ladder.front() && busy == 1) break;  // it does not bind
  }
  const Watts predicted = idle + share * correction * best->active;
  return {
      {best->limits, share},
      best->active,
      predicted,
      absl::StrFormat("cap %.4g W: up to %d sequences and %d rows a step, "
                      "busy %.3g of the time, predicted %.4g W%s",
                      cap.value(), best->limits.max_num_seqs,
                      best->limits.max_batched_tokens, share, predicted.value(),
                      predicted > cap ? ", over the cap: work never stops "
                                        "altogether"
                                      : "")};
}

}  // namespace mj
