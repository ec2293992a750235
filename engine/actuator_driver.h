// Sets what is wanted of an actuator, on a thread of its own: drivers may take
// a tenth of a second, or hang, and neither steps nor meters wait for them.
#ifndef MILLIJOULE_ENGINE_ACTUATOR_DRIVER_H_
#define MILLIJOULE_ENGINE_ACTUATOR_DRIVER_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hw_backends/actuator.h"
#include "hw_backends/clock.h"

namespace mj {

// Something that this process may set: a clock, a power limit.
template <class Q>
struct Controlled {
  std::shared_ptr<Actuator<Q>> actuator;
  // Says that we live, often enough for `heartbeat`, and which lease it is:
  // with another number all was restored by others meanwhile. An error: the
  // control is lost, and asking again may take it again. Null: nobody asks.
  std::function<absl::StatusOr<int>()> renew;
  Seconds heartbeat{5};
};

// Of Hertz and of Watts.
template <class Q>
class ActuatorDriver final {
 public:
  // Writes nothing until something is wanted. `time` outlives the driver.
  ActuatorDriver(Controlled<Q> controlled, const Clock& time);
  // Restores what was found.
  ~ActuatorDriver();

  // Any thread. The latest wish counts; what is wanted already costs nothing.
  // Nothing: what was found. REQUIRES: within the actuator's range.
  void Want(std::optional<Q> value);

  struct View {
    Q setting{0};         // as read back; the range's end where nothing is set
    bool works = true;    // false: failed lately, hangs, or is lost
    bool settled = true;  // what is wanted has been set
    bool lost = false;    // until it is taken again
  };
  // Any thread; never waits for the device.
  View view() const;

  struct State {
    std::optional<Q> requested;
    std::optional<Q> achieved;  // what runs, else what reads back
    bool lost = false;          // until it is taken again
    std::string problem;        // of the latest failure; empty: none
    uint64_t changes = 0, errors = 0;
    uint64_t losses = 0, recoveries = 0;  // of the lease
  };
  State state() const;
  const ActuatorInfo<Q>& info() const { return controlled_.actuator->info(); }

 private:
  void Loop();
  bool IsDue() const;  // REQUIRES: mutex_ is held
  bool Renew();        // false while the control is lost
  void NoteLease(const absl::StatusOr<int>& lease);  // REQUIRES: as IsDue
  absl::StatusOr<Q> Set(Q wanted);
  void Apply(std::optional<Q> wanted);
  void Look();
  void Fail(const absl::Status& why);
  void SetLost(const absl::Status& why);  // REQUIRES: mutex_ is held

  Controlled<Q> controlled_;
  const Clock& time_;

  mutable std::mutex mutex_;  // never held while the device is called
  std::condition_variable wake_;
  bool stopping_ = false;
  std::optional<Q> wanted_, applied_;
  Q setting_;
  bool failed_ = false;
  Seconds retry_at_{0};
  std::optional<Seconds> called_at_;  // a call to the device that runs
  State state_;
  std::optional<Seconds> looked_at_;  // the driver's thread alone
  std::optional<int> lease_;          // as Controlled::renew; the same
  std::thread thread_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ACTUATOR_DRIVER_H_
