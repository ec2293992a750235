// A server's control over this host, through the privileged helper
// millijoule-actuator. Nothing is written to the host unless somebody asks for
// a lease and sets; whatever ends the server, the helper restores what it
// found.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_ACTUATOR_LEASE_H_
#define MILLIJOULE_HW_BACKENDS_HOST_ACTUATOR_LEASE_H_

#include <sys/types.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hw_backends/actuator.h"
#include "hw_backends/clock.h"

namespace mj {

class HelperChannel;
struct HelperConnection;
struct LeaseOffer;

struct HelperOptions {
  std::string program;  // millijoule-actuator, by path
  std::string root = "/";
  std::string run_folder = "/run/millijoule";
  Seconds heartbeat{5};
};

// Whoever governs uses the lease, one thread an actuator, and proves by this
// that it lives: it calls Renew() (or anything else) at least once in a
// heartbeat. Calls to the helper wait for each other, so one that hangs delays
// all. After UNAVAILABLE the lease is lost; the helper restores, or if it was
// killed itself, the next one does so first. Renew() takes it again.
class ActuatorLease final {
 public:
  // Starts `program`, which needs this process' privileges, and leases what it
  // finds. `clock` outlives the lease. Errors: NOT_FOUND, no such program;
  // ALREADY_EXISTS, another server has the lease, and which; others as the
  // helper's (FAILED_PRECONDITION: nothing can be controlled, and why).
  static absl::StatusOr<std::unique_ptr<ActuatorLease>> Start(
      const HelperOptions& options, const Clock& clock);
  // Leases from a helper that listens on `socket`: this process needs no
  // privileges then. UNAVAILABLE: none listens.
  static absl::StatusOr<std::unique_ptr<ActuatorLease>> Connect(
      const std::string& socket, const Clock& clock);
  // Ends the lease and waits, some seconds at most, for all to be restored.
  ~ActuatorLease();
  ActuatorLease(const ActuatorLease&) = delete;
  ActuatorLease& operator=(const ActuatorLease&) = delete;

  // Of their setters, what is set already does not reach the helper.
  const std::vector<std::unique_ptr<FrequencyActuator>>& frequencies() const {
    return frequencies_;
  }
  const std::vector<std::unique_ptr<PowerCapActuator>>& power_caps() const {
    return power_caps_;
  }

  // Says that this server lives, when a third of a heartbeat has passed in
  // silence; else costs nothing. Which lease it is: 1, or one more for each
  // that was lost, when what it had set was restored. UNAVAILABLE: lost, and
  // why. A call a second or more later tries to take it again, further ones
  // after twice the time each, up to a minute; refused while the actuators are
  // not those that were found at first, in the same range.
  absl::StatusOr<int> Renew();
  // Restores all and gives the lease back; the error names what could not be
  // restored. Afterwards the lease is lost for good.
  absl::Status End();

  Seconds heartbeat() const { return heartbeat_; }
  pid_t helper() const;  // its process

 private:
  using Connector = std::function<absl::StatusOr<HelperConnection>()>;

  ActuatorLease(Connector connect, const Clock& clock);
  static absl::StatusOr<std::unique_ptr<ActuatorLease>> Make(
      Connector connect, const Clock& clock);
  // REQUIRES: mutex_ is held
  absl::StatusOr<std::unique_ptr<HelperChannel>> Take(LeaseOffer& offer);
  void Accept(LeaseOffer offer);
  absl::Status CheckSame(const LeaseOffer& offer) const;
  void NoteLoss(const absl::Status& why);
  absl::Status TakeAgain();
  void ReapChildren();
  void WaitForChildren();

  const Connector connect_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::unique_ptr<HelperChannel> channel_;  // null before the first lease
  pid_t helper_ = 0;
  std::vector<pid_t> children_;  // helpers of this process that may still run
  Seconds heartbeat_{0};
  bool ended_ = false;
  Seconds held_since_{0}, pause_{0};
  std::optional<Seconds> try_at_;  // lost; not before then
  absl::Status loss_;              // while it is lost
  std::vector<std::unique_ptr<FrequencyActuator>> frequencies_;
  std::vector<std::unique_ptr<PowerCapActuator>> power_caps_;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_ACTUATOR_LEASE_H_
