// Carbon intensity of a grid over time, as an operator's file tells it: what it
// was at a time, and when it will be lowest before a deadline.
//
// CSV with the header `timestamp,g_per_kwh`; a timestamp as ParseWallTime
// reads it, ascending. A row holds until the next one, but for no longer than
// twice the median distance of rows (an hour if there is one row only): past
// its end and in holes the series knows nothing. Immutable; any thread.
#ifndef MILLIJOULE_ENGINE_ENERGY_GRID_SERIES_H_
#define MILLIJOULE_ENGINE_ENERGY_GRID_SERIES_H_

#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace mj {

struct GridReading {
  absl::Time time;
  double grams_per_kwh = 0;
};

struct GridWindow {
  absl::Time start;
  double grams_per_kwh = 0;  // mean over the window
};

class GridSeries final {
 public:
  // INVALID_ARGUMENT names `file` and the line: no header, a row that is not
  // two columns, a time or a number that is none, an intensity outside 0 to
  // 5000, a time that is not after the row's before, no row, or over 4 million.
  static absl::StatusOr<GridSeries> ParseCsv(std::string_view file,
                                             std::string_view text);
  // REQUIRES: points is not empty, times strictly ascend.
  explicit GridSeries(const std::vector<GridReading>& points);

  // g/kWh; absent where the series knows nothing.
  std::optional<double> At(absl::Time time) const;
  // Mean over [start, end), At(start) if they are equal; absent where any part
  // is unknown. REQUIRES: start <= end.
  std::optional<double> MeanOver(absl::Time start, absl::Time end) const;

  // The window of `length` with the lowest mean that starts at `earliest` or
  // later and ends at `deadline` or before; the first of equals. Absent where
  // none fits or is known throughout.
  std::optional<GridWindow> LowestWindow(absl::Time earliest,
                                         absl::Time deadline,
                                         absl::Duration length) const;

  // The rows from the one that holds at `time` on, up to the first hole; none
  // where the series knows nothing then.
  std::vector<GridReading> RowsFrom(absl::Time time) const;

  absl::Time first() const { return segments_.front().start; }
  absl::Time end() const { return segments_.back().end; }
  size_t size() const { return segments_.size(); }

 private:
  // One row, and sums over the rows before it.
  struct Segment {
    absl::Time start, end;
    double grams_per_kwh = 0;
    double integral_before = 0;     // g/kWh * s
    absl::Duration known_before{};  // how much time they cover
  };
  struct Sum {
    double integral = 0;
    absl::Duration known{};
  };
  // The last row at or before `time`; null before the first.
  const Segment* Find(absl::Time time) const;
  // Over all time before `time`.
  Sum SumUntil(absl::Time time) const;

  std::vector<Segment> segments_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_GRID_SERIES_H_
