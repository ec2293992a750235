// Where the governor meets the engine's loop: before a step, and before sleep.
#include <algorithm>

#include "engine/engine_impl.h"

namespace mj {
namespace {

// Shorter waits than the kernel sleeps precisely are left out; longer ones are
// cut, for requests that end meanwhile.
constexpr Seconds kShortestWait(0.0005), kLongestWait(0.1);
// Clients that leave are noticed this late while nothing else wakes the engine.
constexpr Seconds kHeldPoll(0.25);

}  // namespace

// True: the plan is stale, or will be before the wait is over. Else the step
// starts late, by what it waited.
bool Engine::Impl::WaitsForCompany(const StepPlan& plan, StepTimes& times) {
  if (!governor || plan.rows.empty()) return false;
  const Seconds wait = governor->Decide(
      plan, queues,
      {power.cap(), times.start - energy.control().known_until()});
  if (wait < kShortestWait) return false;
  PublishStats();
  const bool undisturbed = inbox.Rest(std::min(wait, kLongestWait));
  const Seconds now = clock.Now();
  governor->NoteWait(now - times.start);
  times.start = now;
  return !undisturbed || wait > kLongestWait;
}

bool Engine::Impl::CapBinds() const {
  const StepLimits now = limits.Load();
  return now.busy_share < 1 ||
         now.schedule.max_num_seqs < options.max_num_seqs ||
         now.schedule.max_batched_tokens < options.max_batched_tokens;
}

std::optional<Seconds> Engine::Impl::LongestSleep() {
  std::optional<Seconds> longest;
  if (num_held > 0) longest = kHeldPoll;
  if (!governor || HasWork()) return longest;
  const std::optional<Seconds> asks = governor->DecideIdle();
  if (!asks) return longest;
  return std::min(*asks, longest.value_or(*asks));
}

}  // namespace mj
