// Sets one thing that changes power and speed: a clock or a power cap. How many
// cores work is not one of them: the backend measures how many threads a step
// of few rows is worth (BackendInfo::thread_timings), and core_watch.h follows
// what the process may use. Fewer threads to save power could not be priced:
// the watts of a running core are assumed in every descriptor.
#ifndef MILLIJOULE_HW_BACKENDS_ACTUATOR_H_
#define MILLIJOULE_HW_BACKENDS_ACTUATOR_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hw_backends/quantities.h"

namespace mj {

// The unit of what it sets is the kind of an actuator.
enum class ActuatorKind { kFrequency, kPowerCap };

constexpr ActuatorKind KindOf(Hertz) { return ActuatorKind::kFrequency; }
constexpr ActuatorKind KindOf(Watts) { return ActuatorKind::kPowerCap; }

// "frequency", "power_cap": as in texts and metrics.
std::string_view ActuatorKindName(ActuatorKind kind);

// "2400 MHz", "65 W".
std::string QuantityText(Hertz value);
std::string QuantityText(Watts value);

template <class Q>
struct ActuatorInfo {
  std::string name;    // "intel_pstate", "nvml:0:clock": unique on a host
  std::string domain;  // what it acts on: "cpu", "package", "gpu0"
  std::string source;  // files or library, and the driver's mode
  // What Set() takes. Never looser than what was allowed when it was found.
  Q low{0}, high{0};
  std::vector<Q> levels;  // ascending; empty: anything in the range
  // Below it the voltage falls no further, where the driver says so.
  std::optional<Q> most_efficient{};

  constexpr ActuatorKind kind() const { return KindOf(low); }
};

template <class Q>
struct ActuatorReading {
  Q setting{0};             // as the device reads it back
  std::optional<Q> actual;  // what runs now, where the device tells
};

// One thread owns an actuator. Errors, beside those named: PERMISSION_DENIED,
// UNAVAILABLE when device, helper or lease is gone, FAILED_PRECONDITION when
// the driver is no longer in the mode it was found in. After an error the
// caller's knowledge of the setting is void; Restore() is always safe.
template <class Q>
class Actuator {
 public:
  virtual ~Actuator() = default;
  virtual const ActuatorInfo<Q>& info() const = 0;
  virtual absl::StatusOr<ActuatorReading<Q>> Read() = 0;
  // Returns what was achieved: the value that reads back, which differs from
  // `value` where the device has coarser steps or refuses silently. A value
  // between levels becomes the next level above. What is set already is not
  // written again. A call that fails leaves the device as it was, as far as
  // the device lets it. INVALID_ARGUMENT: outside the range, nothing written.
  virtual absl::StatusOr<Q> Set(Q value) = 0;
  // Back to what was found; nothing is written if nothing was set. The error
  // names what could not be restored; the rest is.
  virtual absl::Status Restore() = 0;
};

using FrequencyActuator = Actuator<Hertz>;
using PowerCapActuator = Actuator<Watts>;

// INVALID_ARGUMENT naming actuator, value and range unless the value is in it.
template <class Q>
absl::Status CheckRange(const ActuatorInfo<Q>& info, Q value);

// The lowest level that is not below `value`; `value` where there are none.
template <class Q>
Q LevelFor(const ActuatorInfo<Q>& info, Q value) {
  for (Q level : info.levels) {
    if (level >= value) return level;
  }
  return info.levels.empty() ? value : info.levels.back();
}

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_ACTUATOR_H_
