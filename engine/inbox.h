// Where network threads leave requests for the engine thread.
#ifndef MILLIJOULE_ENGINE_INBOX_H_
#define MILLIJOULE_ENGINE_INBOX_H_

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "engine/request/sequence.h"

namespace mj {

// Any thread, except for what is marked. Counts the sequences that wait (those
// of requests of which none has been scheduled yet) and all requests in flight.
class Inbox final {
 public:
  explicit Inbox(int max_waiting);  // REQUIRES: max_waiting > 0

  // RESOURCE_EXHAUSTED: its sequences and those that wait are more than may
  // (an empty queue takes any request); UNAVAILABLE: draining or closed.
  absl::Status Push(std::unique_ptr<InFlight> request);
  // All or none of them. REQUIRES: not empty
  absl::Status Push(std::vector<std::unique_ptr<InFlight>> requests);

  // Refuses requests from now on; wakes Wait().
  void Drain();
  bool draining() const;
  void Close();  // and ends Wait()

  // Engine thread: false once closed; else returns when `has_work`, when
  // there is a request to take, or after `at_most`. Sleeps meanwhile.
  bool Wait(bool has_work, std::optional<Seconds> at_most = std::nullopt);
  // Engine thread: sleeps for `time`, or until there is a request to take, or
  // a drain or close begins: then false.
  bool Rest(Seconds time);
  // Engine thread: sleeps for `time`, whatever arrives, or until closed.
  void Pause(Seconds time);
  std::vector<std::unique_ptr<InFlight>> TakeAll();  // in order of arrival
  void NoteStarted(const InFlight& request);         // it waits no more
  void NoteEnded();  // one of those taken has been answered

  int num_waiting() const;
  int num_untaken() const;  // sequences
  int num_in_flight() const;

 private:
  const int max_waiting_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::unique_ptr<InFlight>> requests_;
  int num_waiting_ = 0;
  int num_in_flight_ = 0;
  bool draining_ = false;
  bool woken_ = false;  // by Drain()
  bool closed_ = false;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_INBOX_H_
