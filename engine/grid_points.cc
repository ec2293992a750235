#include "engine/grid_points.h"

namespace mj {

std::vector<GridPoint> GridPointsOf(const Carbon& carbon, absl::Time wall_now,
                                    Seconds now) {
  std::vector<GridPoint> points;
  if (carbon.series == nullptr) return points;
  for (const GridReading& row : carbon.series->RowsFrom(wall_now)) {
    const Seconds ahead(absl::ToDoubleSeconds(row.time - wall_now));
    points.push_back({now + ahead, row.grams_per_kwh});
  }
  return points;
}

}  // namespace mj
