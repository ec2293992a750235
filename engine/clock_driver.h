// Sets the clock that the governor asks for, on a thread of its own: drivers
// may take a tenth of a second, or hang, and neither steps nor meters wait for
// them.
#ifndef MILLIJOULE_ENGINE_CLOCK_DRIVER_H_
#define MILLIJOULE_ENGINE_CLOCK_DRIVER_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "hw_backends/actuator.h"
#include "hw_backends/clock.h"

namespace mj {

// A clock that this process may set.
struct ControlledClock {
  std::shared_ptr<FrequencyActuator> actuator;
  // Says that we live, often enough for `heartbeat`. UNAVAILABLE: the control
  // is lost for good, and all is restored by others. Null: nobody asks.
  std::function<absl::Status()> renew;
  Seconds heartbeat{5};
};

class ClockDriver final {
 public:
  // Writes nothing until a clock is wanted. `time` outlives the driver.
  ClockDriver(ControlledClock clock, const Clock& time);
  // Restores what was found.
  ~ClockDriver();

  // Any thread. The latest wish counts; what is wanted already costs nothing.
  // REQUIRES: within the actuator's range.
  void Want(Hertz clock);

  struct View {
    Hertz setting{0};     // as read back; the range's end before the first wish
    bool works = true;    // false: failed lately, hangs, or is lost
    bool settled = true;  // what is wanted has been set
    bool lost = false;    // for good
  };
  // Any thread; never waits for the device.
  View view() const;

  struct State {
    std::optional<Hertz> requested;
    std::optional<Hertz> achieved;  // what runs, else what reads back
    bool lost = false;              // for good
    std::string problem;            // of the latest failure; empty: none
    uint64_t changes = 0, errors = 0;
  };
  State state() const;
  const ActuatorInfo<Hertz>& info() const { return clock_.actuator->info(); }

 private:
  void Loop();
  bool IsDue() const;  // REQUIRES: mutex_ is held
  void Apply(Hertz wanted);
  void Look();
  void Fail(const absl::Status& why);
  void SetLost(const absl::Status& why);

  ControlledClock clock_;
  const Clock& time_;

  mutable std::mutex mutex_;  // never held while the device is called
  std::condition_variable wake_;
  bool stopping_ = false;
  std::optional<Hertz> wanted_, applied_;
  Hertz setting_;
  bool failed_ = false;
  Seconds retry_at_{0};
  std::optional<Seconds> called_at_;  // a call to the device that runs
  State state_;
  std::optional<Seconds> looked_at_;  // the driver's thread alone
  std::thread thread_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_CLOCK_DRIVER_H_
