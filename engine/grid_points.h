// The grid's series, told by the wall's clock, on the engine's clock.
#ifndef MILLIJOULE_ENGINE_GRID_POINTS_H_
#define MILLIJOULE_ENGINE_GRID_POINTS_H_

#include <vector>

#include "absl/time/time.h"
#include "engine/energy/carbon.h"
#include "engine/schedule/flex_hold.h"
#include "hw_backends/quantities.h"

namespace mj {

// What the series knows without a hole from now on: `wall_now` and `now` are
// the same moment on the two clocks. Empty without a series, or where it knows
// nothing now. A wall clock that is set later moves no point.
std::vector<GridPoint> GridPointsOf(const Carbon& carbon, absl::Time wall_now,
                                    Seconds now);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_GRID_POINTS_H_
