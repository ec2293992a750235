#include "engine/inbox.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mj {

Inbox::Inbox(int max_waiting) : max_waiting_(max_waiting) {}

absl::Status Inbox::Push(std::unique_ptr<InFlight> request) {
  std::vector<std::unique_ptr<InFlight>> requests;
  requests.push_back(std::move(request));
  return Push(std::move(requests));
}

absl::Status Inbox::Push(std::vector<std::unique_ptr<InFlight>> requests) {
  int added = 0;
  for (const auto& request : requests) {
    added += static_cast<int>(request->sequences.size());
  }
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (draining_) {
      return absl::UnavailableError("the server is shutting down");
    }
    if (num_waiting_ > 0 && num_waiting_ + added > max_waiting_) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "the queue is full: ", num_waiting_, " sequences wait, ", added,
          " would join them, at most ", max_waiting_, " may"));
    }
    num_waiting_ += added;
    num_in_flight_ += static_cast<int>(requests.size());
    std::move(requests.begin(), requests.end(), std::back_inserter(requests_));
  }
  arrived_.notify_one();
  return absl::OkStatus();
}

void Inbox::Drain() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    draining_ = woken_ = true;
  }
  arrived_.notify_one();
}

bool Inbox::draining() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return draining_;
}

void Inbox::Close() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    draining_ = closed_ = true;
  }
  arrived_.notify_one();
}

bool Inbox::Wait(bool has_work, std::optional<Seconds> at_most) {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto ready = [&] {
    return closed_ || has_work || woken_ || !requests_.empty();
  };
  if (at_most) {
    arrived_.wait_for(lock, *at_most, ready);
  } else {
    arrived_.wait(lock, ready);
  }
  woken_ = false;
  return !closed_;
}

bool Inbox::Rest(Seconds time) {
  std::unique_lock<std::mutex> lock(mutex_);
  return !arrived_.wait_for(
      lock, time, [&] { return closed_ || woken_ || !requests_.empty(); });
}

void Inbox::Pause(Seconds time) {
  std::unique_lock<std::mutex> lock(mutex_);
  arrived_.wait_for(lock, time, [&] { return closed_; });
}

std::vector<std::unique_ptr<InFlight>> Inbox::TakeAll() {
  std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(requests_, {});
}

void Inbox::NoteStarted(const InFlight& request) {
  std::lock_guard<std::mutex> lock(mutex_);
  num_waiting_ -= static_cast<int>(request.sequences.size());
}

void Inbox::NoteEnded() {
  std::lock_guard<std::mutex> lock(mutex_);
  --num_in_flight_;
}

int Inbox::num_waiting() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return num_waiting_;
}

int Inbox::num_untaken() const {
  std::lock_guard<std::mutex> lock(mutex_);
  size_t untaken = 0;
  for (const auto& request : requests_) untaken += request->sequences.size();
  return static_cast<int>(untaken);
}

int Inbox::num_in_flight() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return num_in_flight_;
}

}  // namespace mj
