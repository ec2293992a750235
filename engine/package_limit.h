// The power cap's backstop: while a cap is set, the CPU packages' own limit is
// the cap too, so that the hardware holds what the scheduler's duty cycling
// aims at. Whatever the packages' driver does or fails to do, the scheduler
// keeps its own limits.
#ifndef MILLIJOULE_ENGINE_PACKAGE_LIMIT_H_
#define MILLIJOULE_ENGINE_PACKAGE_LIMIT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/actuator_driver.h"
#include "hw_backends/actuator.h"
#include "hw_backends/clock.h"
#include "hw_backends/quantities.h"

namespace mj {

// The limit to set under a cap: the cap, at least the range's low end; nothing
// where there is no cap, or the limit that was found is no looser.
std::optional<Watts> LimitUnder(std::optional<Watts> cap,
                                const ActuatorInfo<Watts>& packages);

// What this process may do to the packages.
struct PackageControl {
  std::optional<Controlled<Watts>> limit;
  std::string why_not;  // where there is none
};

class PackageLimit final {
 public:
  // `time` outlives it. Writes nothing until there is a cap, and restores what
  // was found when it goes.
  PackageLimit(PackageControl control, const Clock& time);

  // Any thread; never waits for the device.
  void Follow(std::optional<Watts> cap);

  struct State {
    bool works = true;  // false: it cannot be set, for now or at all
    std::optional<Watts> requested;  // nothing: as it was found
    std::optional<Watts> achieved;   // as it reads; absent: nobody can tell
    uint64_t changes = 0, errors = 0;
    std::string note;  // "packages limited to 40 W", or why not
  };
  State state() const;

 private:
  std::string NoteOn(const ActuatorDriver<Watts>::State& state,
                     const ActuatorDriver<Watts>::View& view) const;

  const std::string why_not_;
  const std::unique_ptr<ActuatorDriver<Watts>> driver_;  // null: none to set
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_PACKAGE_LIMIT_H_
