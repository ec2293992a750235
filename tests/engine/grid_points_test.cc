#include "engine/grid_points.h"

#include <gtest/gtest.h>

#include <memory>

namespace mj {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1767268800);

Carbon WithSeries(const std::vector<std::pair<int, double>>& rows) {
  std::vector<GridReading> readings;
  for (const auto& [minutes, grams] : rows) {
    readings.push_back({kNoon + absl::Minutes(minutes), grams});
  }
  Carbon carbon;
  carbon.series = std::make_shared<const GridSeries>(readings);
  return carbon;
}

std::vector<std::pair<double, double>> PointsAt(const Carbon& carbon,
                                                int minutes) {
  std::vector<std::pair<double, double>> points;
  for (const GridPoint& point :
       GridPointsOf(carbon, kNoon + absl::Minutes(minutes), Seconds(1000))) {
    points.emplace_back(point.time.count(), point.grams_per_kwh);
  }
  return points;
}

using Points = std::vector<std::pair<double, double>>;

TEST(GridPointsTest, TheSeriesFromNowOnIsToldOnTheEnginesClock) {
  const Carbon carbon = WithSeries({{0, 400}, {60, 300}, {120, 50}});
  EXPECT_EQ(PointsAt(carbon, 0),
            (Points{{1000, 400}, {4600, 300}, {8200, 50}}));
  EXPECT_EQ(PointsAt(carbon, 90), (Points{{-800, 300}, {2800, 50}}));
}

TEST(GridPointsTest, NothingIsToldBeyondAHoleOrTheEnds) {
  const Carbon carbon =
      WithSeries({{0, 400}, {60, 300}, {120, 200}, {600, 50}, {660, 40}});
  EXPECT_EQ(PointsAt(carbon, 60), (Points{{1000, 300}, {4600, 200}}));
  EXPECT_TRUE(PointsAt(carbon, 400).empty()) << "in the hole";
  EXPECT_TRUE(PointsAt(carbon, -1).empty()) << "before the first row";
  EXPECT_TRUE(PointsAt(carbon, 5000).empty()) << "after the last one";
  EXPECT_TRUE(PointsAt(Carbon(), 0).empty()) << "no series";
}

TEST(GridPointsTest, FlexRequestsWaitByIt) {
  const Carbon carbon = WithSeries({{0, 400}, {60, 300}, {120, 50}});
  const std::vector<GridPoint> grid =
      GridPointsOf(carbon, kNoon + absl::Minutes(30), Seconds(1000));
  const FlexDecision decision = DecideFlexHold({.now = Seconds(1000),
                                                .deadline = Seconds(10000),
                                                .predicted = Seconds(60),
                                                .grid = grid});
  EXPECT_EQ(decision.start, Seconds(1000 + 90 * 60));
}

}  // namespace
}  // namespace mj
