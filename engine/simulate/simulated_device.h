// A device in virtual time: its clock, its idle state, and where each joule
// went. The one thing that knows how power follows from what it does.
//
// A change of clock takes effect after the switch latency; until then the old
// clock goes on, also in the middle of a step. One change in 20 takes four
// times as long (energy.md, 4.5: latencies have a heavy tail). Energy is
// counted in whole nanojoules, so that busy + idle + waking + switching is the
// total exactly.
#ifndef MILLIJOULE_ENGINE_SIMULATE_SIMULATED_DEVICE_H_
#define MILLIJOULE_ENGINE_SIMULATE_SIMULATED_DEVICE_H_

#include <cstdint>
#include <deque>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/energy/governor.h"
#include "hw_backends/clock.h"
#include "hw_backends/models/platform_cost_model.h"
#include "hw_backends/quantities.h"

namespace mj {

enum class ActuatorFault {
  kNone,
  kDead,   // requests fail; the clock stays at full speed
  kStuck,  // requests succeed; the clock stays at full speed
  kSlow,   // requests take ten times the latency
};
// "none", "dead", "stuck" or "slow"; INVALID_ARGUMENT lists them.
absl::StatusOr<ActuatorFault> ParseActuatorFault(std::string_view name);

struct DeviceOptions {
  Seconds switch_latency{0};
  ActuatorFault fault = ActuatorFault::kNone;
  uint64_t seed = 0;
};

// 64 bits would last for a year at 300 W: traces may be longer.
__extension__ typedef __int128 Nanojoules;

struct DeviceEnergy {
  Nanojoules busy = 0, idle = 0, waking = 0, switching = 0;
  Nanojoules total = 0;  // counted by itself
};

inline Joules FromNanojoules(Nanojoules nanojoules) {
  return Joules(1e-9 * static_cast<double>(nanojoules));
}

// Starts at full clock, loaded, at time 0.
class SimulatedDevice final : public Clock {
 public:
  SimulatedDevice(const PlatformCostModel& model, const DeviceOptions& options,
                  Seconds wake_dropped);

  Seconds Now() const override { return now_; }

  // Asks for a clock; the one that was asked for last is not asked for again.
  // False: the actuator fails.
  bool RequestClock(int clock);
  void Rest(IdleState state) { state_ = state; }

  // Does nothing until `time`. REQUIRES: time >= Now()
  void IdleUntil(Seconds time);
  // Wakes if it must, then runs a step that takes `slowness` times what the
  // model says.
  void Run(const StepDemand& demand, double slowness);

  int clock() const { return clock_; }  // achieved
  int requested_clock() const { return requested_; }
  // Since the request, longer than its effect should have taken.
  bool overdue() const;
  IdleState state() const { return state_; }
  const DeviceEnergy& energy() const { return energy_; }
  int64_t num_switches() const { return num_switches_; }
  int64_t num_wakes() const { return num_wakes_; }

 private:
  struct Change {
    Seconds at{0};
    int clock = 0;
  };

  void Spend(Joules energy, Nanojoules DeviceEnergy::*on);
  Watts IdlePower() const;
  void Wake();
  Seconds NextChange() const;  // infinite if there is none
  void Apply();                // the changes that are due

  const PlatformCostModel& model_;
  const DeviceOptions options_;
  const Seconds wake_dropped_;
  Seconds now_{0};
  int clock_, requested_;
  Seconds requested_at_{0};
  std::deque<Change> changes_;
  IdleState state_ = IdleState::kLoaded;
  DeviceEnergy energy_;
  int64_t num_requests_ = 0, num_switches_ = 0, num_wakes_ = 0;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SIMULATE_SIMULATED_DEVICE_H_
