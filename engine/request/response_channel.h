// The way of deltas from the engine thread to one reader.
//
// Bounded without ever blocking the engine: deltas of a choice that the
// reader has not taken yet are merged into one, so at most one delta a choice
// waits, and its size is bounded by max_tokens.
// One engine thread writes; one reader at a time reads; any thread cancels.
#ifndef MILLIJOULE_ENGINE_REQUEST_RESPONSE_CHANNEL_H_
#define MILLIJOULE_ENGINE_REQUEST_RESPONSE_CHANNEL_H_

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

#include "engine/request/delta.h"

namespace mj {

class ResponseChannel final {
 public:
  // `on_ready` runs on the engine thread when a delta arrives in an empty
  // channel: it must only signal (post to an executor, wake a reactor).
  explicit ResponseChannel(std::function<void()> on_ready);

  void Push(Delta delta);

  // The next delta, or nothing yet. After a `last` delta nothing follows.
  std::optional<Delta> TryPop();

  // Blocks until a delta comes. For commands without an event loop.
  Delta Pop();

  // The reader has gone: the engine drops the request at its next step.
  void Cancel() { cancelled_.store(true, std::memory_order_release); }
  bool cancelled() const { return cancelled_.load(std::memory_order_acquire); }

 private:
  const std::function<void()> on_ready_;
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Delta> waiting_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_REQUEST_RESPONSE_CHANNEL_H_
