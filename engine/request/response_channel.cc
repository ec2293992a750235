#include "engine/request/response_channel.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mj {
namespace {

template <class T>
void MoveTo(std::vector<T>& to, std::vector<T>& from) {
  if (to.empty()) {
    to = std::move(from);
  } else {
    to.insert(to.end(), std::make_move_iterator(from.begin()),
              std::make_move_iterator(from.end()));
  }
}

// `later` follows `delta` in the same choice.
void Merge(Delta& delta, Delta later) {
  delta.text += later.text;
  MoveTo(delta.tokens, later.tokens);
  MoveTo(delta.logprobs, later.logprobs);
  MoveTo(delta.prompt_logprobs, later.prompt_logprobs);
  if (later.finish_reason.has_value()) {
    delta.finish_reason = later.finish_reason;
    delta.stop_match = std::move(later.stop_match);
  }
  if (later.last) {
    delta.last = true;
    delta.status = std::move(later.status);
    delta.usage = std::move(later.usage);
    delta.timings = later.timings;
  }
}

}  // namespace

ResponseChannel::ResponseChannel(std::function<void()> on_ready)
    : on_ready_(std::move(on_ready)) {}

void ResponseChannel::Push(Delta delta) {
  bool was_empty;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    was_empty = waiting_.empty();
    auto same =
        std::find_if(waiting_.begin(), waiting_.end(),
                     [&](const Delta& d) { return d.choice == delta.choice; });
    if (same == waiting_.end()) {
      waiting_.push_back(std::move(delta));
    } else {
      Merge(*same, std::move(delta));
      // Nothing follows a last delta, not even another choice's.
      if (same->last) std::rotate(same, std::next(same), waiting_.end());
    }
  }
  arrived_.notify_one();
  if (was_empty && on_ready_) on_ready_();
}

std::optional<Delta> ResponseChannel::TryPop() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (waiting_.empty()) return std::nullopt;
  Delta delta = std::move(waiting_.front());
  waiting_.pop_front();
  return delta;
}

Delta ResponseChannel::Pop() {
  std::unique_lock<std::mutex> lock(mutex_);
  arrived_.wait(lock, [this] { return !waiting_.empty(); });
  Delta delta = std::move(waiting_.front());
  waiting_.pop_front();
  return delta;
}

}  // namespace mj
