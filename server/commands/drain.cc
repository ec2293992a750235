#include "server/commands/drain.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace mj {
namespace {

enum class WaitEnd { kDone, kTimeOver, kSignal };

template <class Done>
WaitEnd WaitUntil(const Listeners& listeners, const StopSignals& signals,
                  Seconds limit, Done done) {
  constexpr Seconds kPoll{0.02};
  const Seconds end = listeners.clock.Now() + limit;
  while (!done()) {
    const Seconds now = listeners.clock.Now();
    if (now >= end) return WaitEnd::kTimeOver;
    listeners.manager.Progress(listeners.engine.stats(), now);
    if (signals.WaitFor(std::min(kPoll, end - now))) return WaitEnd::kSignal;
  }
  return WaitEnd::kDone;
}

// Until nothing is in flight, the time is over, or a second signal comes.
void WaitUntilIdle(const Listeners& listeners, const StopSignals& signals,
                   Seconds limit) {
  const WaitEnd end = WaitUntil(listeners, signals, limit, [&] {
    return listeners.http.active_calls() == 0 && listeners.engine.idle();
  });
  if (end == WaitEnd::kTimeOver) {
    listeners.log.warn("drain: {} s are over, cancelling what is in flight",
                       limit.count());
  }
  if (end == WaitEnd::kSignal) {
    listeners.log.warn("drain: a second signal, ending at once");
  }
}

// Everybody who still waits is told, and has a moment to read it.
void EndAll(const Listeners& listeners) {
  constexpr Seconds kFarewell{1};
  const Seconds end = listeners.clock.Now() + kFarewell;
  listeners.engine.Stop();
  listeners.grpc.Shutdown(kFarewell);
  while (listeners.http.active_calls() > 0 && listeners.clock.Now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace

void Drain(const Listeners& listeners, const DrainTimes& times,
           const StopSignals& signals) {
  listeners.manager.Stopping().IgnoreError();  // it asked for this
  listeners.api.SetReady(false);
  listeners.grpc.SetServing(false);
  if (times.delay > Seconds(0)) {
    listeners.log.info("not ready any more, serving for another {} s",
                       times.delay.count());
  }
  const WaitEnd end =
      WaitUntil(listeners, signals, times.delay, [] { return false; });
  listeners.log.info("draining: up to {} s for {} HTTP calls and the engine",
                     times.timeout.count(), listeners.http.active_calls());
  listeners.engine.Drain();
  if (end != WaitEnd::kSignal) WaitUntilIdle(listeners, signals, times.timeout);
  EndAll(listeners);
}

}  // namespace mj
