#include "engine/energy/grid_series.h"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/energy/wall_time.h"

namespace mj {
namespace {

constexpr size_t kMaxRows = 4'000'000;  // 38 years of 5 minutes
constexpr double kMaxGrams = 5000;      // the dirtiest lignite is at 1500
constexpr std::string_view kHeader = "timestamp,g_per_kwh";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // spreadsheets'

absl::StatusOr<GridReading> ParseRow(std::string_view line) {
  const std::vector<std::string> cells = absl::StrSplit(std::string(line), ',');
  if (cells.size() != 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("has ", cells.size(), " columns, must have 2"));
  }
  const absl::StatusOr<absl::Time> time =
      ParseWallTime(std::string(absl::StripAsciiWhitespace(cells[0])));
  if (!time.ok()) return time.status();
  double grams = 0;
  // Written so that NaN is refused.
  if (!absl::SimpleAtod(cells[1], &grams) ||
      !(grams >= 0 && grams <= kMaxGrams)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", cells[1], "' g/kWh must be a number from 0 to ", kMaxGrams));
  }
  return GridReading{*time, grams};
}

absl::Duration LongestHold(const std::vector<GridReading>& points) {
  if (points.size() == 1) return absl::Hours(1);
  std::vector<absl::Duration> gaps;
  for (size_t i = 1; i < points.size(); ++i) {
    gaps.push_back(points[i].time - points[i - 1].time);
  }
  const auto middle = gaps.begin() + gaps.size() / 2;
  std::nth_element(gaps.begin(), middle, gaps.end());
  return 2 * *middle;
}

}  // namespace

absl::StatusOr<GridSeries> GridSeries::ParseCsv(std::string_view file,
                                                std::string_view text) {
  const auto error = [&](size_t line, const std::string& what) {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(file), ", line ", line, ": ", what));
  };
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  std::vector<GridReading> points;
  size_t line_number = 0;
  while (!text.empty()) {
    const std::string_view raw = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), raw.size() + 1));
    std::string line(raw);
    absl::StripAsciiWhitespace(&line);
    ++line_number;
    if (line_number == 1) {
      if (absl::AsciiStrToLower(line) == kHeader) continue;
      return error(
          1, absl::StrCat("must be the header '", std::string(kHeader), "'"));
    }
    if (line.empty() && text.empty()) break;
    const absl::StatusOr<GridReading> point = ParseRow(line);
    if (!point.ok())
      return error(line_number, std::string(point.status().message()));
    if (!points.empty() && point->time <= points.back().time) {
      return error(line_number, absl::StrCat(FormatWallTime(point->time),
                                             " is not after the row before"));
    }
    if (points.size() == kMaxRows) {
      return error(line_number, absl::StrCat("is over ", kMaxRows, " rows"));
    }
    points.push_back(*point);
  }
  if (points.empty()) return error(line_number, "no row of data");
  return GridSeries(points);
}

GridSeries::GridSeries(const std::vector<GridReading>& points) {
  assert(!points.empty());
  const absl::Duration hold = LongestHold(points);
  segments_.reserve(points.size());
  Sum sum;
  for (size_t i = 0; i < points.size(); ++i) {
    const absl::Time start = points[i].time;
    absl::Time end = start + hold;
    if (i + 1 < points.size()) end = std::min(end, points[i + 1].time);
    assert(end > start);
    segments_.push_back(
        {start, end, points[i].grams_per_kwh, sum.integral, sum.known});
    sum.integral +=
        points[i].grams_per_kwh * absl::ToDoubleSeconds(end - start);
    sum.known += end - start;
  }
}

const GridSeries::Segment* GridSeries::Find(absl::Time time) const {
  const auto after = std::upper_bound(
      segments_.begin(), segments_.end(), time,
      [](absl::Time t, const Segment& s) { return t < s.start; });
  return after == segments_.begin() ? nullptr : &*(after - 1);
}

GridSeries::Sum GridSeries::SumUntil(absl::Time time) const {
  const Segment* s = Find(time);
  if (s == nullptr) return {};
  const absl::Duration part = std::min(time, s->end) - s->start;
  return {s->integral_before + s->grams_per_kwh * absl::ToDoubleSeconds(part),
          s->known_before + part};
}

std::optional<double> GridSeries::At(absl::Time time) const {
  const Segment* s = Find(time);
  if (s == nullptr || time >= s->end) return std::nullopt;
  return s->grams_per_kwh;
}

std::optional<double> GridSeries::MeanOver(absl::Time start,
                                           absl::Time end) const {
  assert(start <= end);
  const Segment* s = Find(start);
  if (s == nullptr || start >= s->end) return std::nullopt;
  if (end <= s->end) return s->grams_per_kwh;  // exactly
  const Sum from = SumUntil(start), until = SumUntil(end);
  if (until.known - from.known != end - start) return std::nullopt;
  return (until.integral - from.integral) / absl::ToDoubleSeconds(end - start);
}

std::vector<GridReading> GridSeries::RowsFrom(absl::Time time) const {
  std::vector<GridReading> rows;
  const Segment* s = Find(time);
  if (s == nullptr || time >= s->end) return rows;
  absl::Time holds_until = s->start;
  for (; s <= &segments_.back() && s->start == holds_until; ++s) {
    rows.push_back({s->start, s->grams_per_kwh});
    holds_until = s->end;
  }
  return rows;
}

// The mean is piecewise linear in the start, so its minimum is where the
// window's start or its end meets an edge of a row, or at the ends.
std::optional<GridWindow> GridSeries::LowestWindow(
    absl::Time earliest, absl::Time deadline, absl::Duration length) const {
  const absl::Time latest = deadline - length;
  if (length < absl::ZeroDuration() || latest < earliest) return std::nullopt;
  std::optional<GridWindow> best;
  const auto consider = [&](absl::Time start) {
    if (start < earliest || start > latest) return;
    const std::optional<double> mean = MeanOver(start, start + length);
    if (!mean) return;
    if (!best || *mean < best->grams_per_kwh ||
        (*mean == best->grams_per_kwh && start < best->start)) {
      best = {start, *mean};
    }
  };
  consider(earliest);
  consider(latest);
  auto s = std::lower_bound(
      segments_.begin(), segments_.end(), earliest,
      [](const Segment& segment, absl::Time t) { return segment.end < t; });
  for (; s != segments_.end() && s->start <= deadline; ++s) {
    for (absl::Time edge : {s->start, s->end}) {
      consider(edge);
      consider(edge - length);
    }
  }
  return best;
}

}  // namespace mj
