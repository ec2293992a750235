#include "server/commands/drain.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace mj {
namespace {

enum class WaitEnd { kDone, kTimeOver, kSignal };

template <class Done>
WaitEnd WaitUntil(const Serving& serving, const StopSignals& signals,
                  Seconds limit, Done done) {
  constexpr Seconds kPoll{0.02};
  const Seconds end = serving.clock.Now() + limit;
  while (!done()) {
    const Seconds now = serving.clock.Now();
    if (now >= end) return WaitEnd::kTimeOver;
    serving.manager.Progress(serving.engine.stats(), now);
    if (signals.WaitFor(std::min(kPoll, end - now))) return WaitEnd::kSignal;
  }
  return WaitEnd::kDone;
}

// Until nothing is in flight, the time is over, or a second signal comes.
void WaitUntilIdle(const Serving& serving, const StopSignals& signals,
                   Seconds limit) {
  const WaitEnd end = WaitUntil(serving, signals, limit, [&] {
    return serving.http.active_calls() == 0 && serving.engine.idle();
  });
  if (end == WaitEnd::kTimeOver) {
    serving.log.warn("drain: {} s are over, cancelling what is in flight",
                     limit.count());
  }
  if (end == WaitEnd::kSignal) {
    serving.log.warn("drain: a second signal, ending at once");
  }
}

// Everybody who still waits is told, and has a moment to read it.
void EndAll(const Serving& serving) {
  constexpr Seconds kFarewell{1};
  const Seconds end = serving.clock.Now() + kFarewell;
  serving.engine.Stop();
  serving.grpc.Shutdown(kFarewell);
  while (serving.http.active_calls() > 0 && serving.clock.Now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace

void Drain(const Serving& serving, const DrainTimes& times,
           const StopSignals& signals) {
  serving.manager.Stopping().IgnoreError();  // it asked for this
  serving.api.SetReady(false);
  serving.grpc.SetServing(false);
  if (times.delay > Seconds(0)) {
    serving.log.info("not ready any more, serving for another {} s",
                     times.delay.count());
  }
  const WaitEnd end =
      WaitUntil(serving, signals, times.delay, [] { return false; });
  serving.log.info("draining: up to {} s for {} HTTP calls and the engine",
                   times.timeout.count(), serving.http.active_calls());
  serving.engine.Drain();
  if (end != WaitEnd::kSignal) WaitUntilIdle(serving, signals, times.timeout);
  EndAll(serving);
}

}  // namespace mj
