// Flex requests that wait for less carbon, outside of the queues.
#include <algorithm>

#include "engine/engine_impl.h"

namespace mj {

bool Engine::Impl::HasWork() const {
  return static_cast<int>(requests.size()) > num_held;
}

// All that is held starts at once where the grid gets clean, and then shares
// the machine: so each counts the work of all.
Seconds Engine::Impl::HeldWork() const {
  Seconds sum(0);
  for (const auto& request : requests) {
    if (request->hold_until) sum += request->predicted;
  }
  return sum;
}

bool Engine::Impl::Hold(InFlight& request, Seconds now) {
  if (!request.request.flex || inbox.draining()) return false;
  request.predicted = energy.PredictAlone(request) / limits.Load().busy_share;
  const FlexDecision decision =
      DecideFlexHold({.now = now,
                      .deadline = request.deadline,
                      .predicted = request.predicted + HeldWork(),
                      .grid = grid});
  if (decision.start <= now) return false;
  request.hold_until = decision.start;
  ++num_held;
  ++counted.held_ever;
  return true;
}

void Engine::Impl::NoteReleased(InFlight& request, Seconds now) {
  if (!request.hold_until) return;
  request.hold_until.reset();
  request.timings.held = std::max(Seconds(0), now - request.submitted);
  --num_held;
}

void Engine::Impl::ReleaseHeld(Seconds now) {
  if (num_held == 0) return;
  const bool draining = inbox.draining();
  const Seconds work = HeldWork();
  for (auto& request : requests) {
    if (!request->hold_until) continue;
    const bool due = now >= *request->hold_until ||
                     now >= LatestStart(*request->deadline, work);
    if (!due && !draining) continue;
    NoteReleased(*request, now);
    for (Sequence& s : request->sequences) queues.Append(s);
  }
}

}  // namespace mj
