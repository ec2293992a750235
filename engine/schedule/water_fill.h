// Fair shares of a step's rows: max-min fairness by water filling (Bertsekas
// and Gallager, Data Networks, 6.5.2).
#ifndef MILLIJOULE_ENGINE_SCHEDULE_WATER_FILL_H_
#define MILLIJOULE_ENGINE_SCHEDULE_WATER_FILL_H_

#include <span>
#include <vector>

namespace mj {

// Shares with shares[i] <= needs[i] and sum = min(budget, sum of needs), such
// that no share can grow without taking from one that is not larger. Shares of
// unmet needs differ by one at most; the first ones get the remainder.
// REQUIRES: budget >= 0, needs >= 0.
std::vector<int> WaterFill(std::span<const int> needs, int budget);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SCHEDULE_WATER_FILL_H_
