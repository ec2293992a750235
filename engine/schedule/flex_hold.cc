#include "engine/schedule/flex_hold.h"

#include <algorithm>
#include <cassert>
#include <vector>

namespace mj {
namespace {

// Means over equal intensities may differ by as much: the earliest is taken.
constexpr double kRounding = 1e-9;

// Where the series ends; one point alone says nothing of how long it holds.
Seconds EndOf(std::span<const GridPoint> grid) {
  if (grid.size() < 2) return grid.empty() ? Seconds(0) : grid[0].time;
  const Seconds last = grid.back().time;
  return last + (last - grid[grid.size() - 2].time);
}

// The first point later than `time`.
std::span<const GridPoint>::iterator After(std::span<const GridPoint> grid,
                                           Seconds time) {
  return std::upper_bound(
      grid.begin(), grid.end(), time,
      [](Seconds t, const GridPoint& point) { return t < point.time; });
}

// The mean is piecewise linear in the start, so its least value is where the
// window's start or end meets a point, or at the range's ends.
std::vector<Seconds> Candidates(const FlexInput& in, Seconds latest) {
  std::vector<Seconds> starts = {latest};
  auto point = After(in.grid, in.now);
  for (; point != in.grid.end() && point->time <= latest + in.predicted;
       ++point) {
    starts.push_back(point->time);
    starts.push_back(point->time - in.predicted);
  }
  starts.push_back(EndOf(in.grid) - in.predicted);
  std::erase_if(
      starts, [&](Seconds start) { return start <= in.now || start > latest; });
  std::sort(starts.begin(), starts.end());
  return starts;
}

}  // namespace

std::optional<double> MeanIntensity(std::span<const GridPoint> grid,
                                    Seconds start, Seconds length) {
  assert(length > Seconds(0));
  const Seconds end = start + length;
  if (grid.empty() || start < grid.front().time || end > EndOf(grid)) {
    return std::nullopt;
  }
  double sum = 0;
  Seconds from = start;
  for (auto point = After(grid, start) - 1; from < end; ++point) {
    const bool last = point + 1 == grid.end();
    const Seconds to = last ? end : std::min(end, (point + 1)->time);
    sum += point->grams_per_kwh * (to - from).count();
    from = to;
  }
  return sum / length.count();
}

Seconds LatestStart(Seconds deadline, Seconds predicted) {
  return deadline - kHoldMargin * predicted - kHoldReserve;
}

FlexDecision DecideFlexHold(const FlexInput& in) {
  if (!in.deadline) return {in.now, "no deadline"};
  const Seconds latest = LatestStart(*in.deadline, in.predicted);
  if (latest <= in.now) return {in.now, "no slack"};
  const std::optional<double> now =
      MeanIntensity(in.grid, in.now, in.predicted);
  if (!now) return {in.now, "no grid series"};
  double least = *now * (1 - kLeastSaving);
  FlexDecision best = {in.now, "nothing better in time"};
  for (Seconds start : Candidates(in, latest)) {
    const std::optional<double> mean =
        MeanIntensity(in.grid, start, in.predicted);
    if (!mean || *mean >= least * (1 - kRounding)) continue;
    least = *mean;
    best = {start, "less carbon"};
  }
  return best;
}

}  // namespace mj
