#include "bench/load/svg_plot.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/text/jinja_escape.h"

namespace mj {
namespace {

constexpr double kWidth = 560, kHeight = 300;
constexpr double kLeft = 62, kRight = 16, kTop = 40, kBottom = 48;

struct Range {
  double low, high;
};

// A scale from values to units of the picture.
class Axis final {
 public:
  Axis(Range values, Range units, bool log)
      : values_(values), units_(units), log_(log) {}

  double At(double value) const {
    const double share =
        (To(value) - To(values_.low)) / (To(values_.high) - To(values_.low));
    return units_.low + share * (units_.high - units_.low);
  }
  std::vector<double> Ticks(int wanted) const {
    return log_ ? LogTicks(values_.low, values_.high)
                : LinearTicks(values_.low, values_.high, wanted);
  }

 private:
  double To(double value) const { return log_ ? std::log10(value) : value; }
  Range values_, units_;
  bool log_;
};

std::string TickText(double value) {
  if (std::abs(value) >= 1e6) return absl::StrFormat("%.3gM", value / 1e6);
  if (std::abs(value) >= 1e4) return absl::StrFormat("%.3gk", value / 1e3);
  return absl::StrFormat("%.4g", value);
}

std::string Text(const char* style, const char* anchor, double x, double y,
                 std::string_view text) {
  return absl::StrFormat(
      "<text class=\"%s\" text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>",
      style, anchor, x, y, jinja::Escape(text));
}

std::string Line(const char* style, double x1, double y1, double x2,
                 double y2) {
  return absl::StrFormat(
      "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" "
      "x2=\"%.1f\" y2=\"%.1f\"/>",
      style, x1, y1, x2, y2);
}

bool Shows(const Plot& plot, const PlotPoint& point) {
  return std::isfinite(point.y) && (!plot.log_x || point.x > 0);
}

// The ranges of what is shown, marks too; no point gives low > high.
void Widen(const Plot& plot, Range& x, Range& y) {
  for (const PlotSeries& series : plot.series) {
    for (const PlotPoint& point : series.points) {
      if (!Shows(plot, point)) continue;
      x = {std::min(x.low, point.x), std::max(x.high, point.x)};
      y.high = std::max(y.high, point.y);
    }
  }
  if (x.low > x.high) return;
  for (const PlotMark& mark : plot.marks) {
    x = {std::min(x.low, mark.x), std::max(x.high, mark.x)};
  }
  if (x.low == x.high) {
    x = plot.log_x ? Range{x.low / 2, x.high * 2}
                   : Range{x.low - 0.5, x.high + 0.5};
  }
  if (y.high <= 0) y.high = 1;
}

std::string Frame(const Plot& plot, const Axis& x, const Axis& y) {
  std::string svg;
  for (double tick : y.Ticks(5)) {
    const double at = y.At(tick);
    svg += Line("grid", kLeft, at, kWidth - kRight, at);
    svg += Text("label", "end", kLeft - 6, at + 4, TickText(tick));
  }
  for (double tick : x.Ticks(7)) {
    const double at = x.At(tick);
    svg += Line("grid", at, kTop, at, kHeight - kBottom);
    svg += Text("label", "middle", at, kHeight - kBottom + 16, TickText(tick));
  }
  svg += Line("axis", kLeft, kHeight - kBottom, kWidth - kRight,
              kHeight - kBottom);
  svg += Text("label", "middle", (kLeft + kWidth - kRight) / 2, kHeight - 10,
              plot.x_label);
  svg += Text("label", "start", 8, kTop - 10, plot.y_label);
  return svg;
}

std::string Marks(const Plot& plot, const Axis& x) {
  std::string svg;
  for (const PlotMark& mark : plot.marks) {
    const double at = x.At(mark.x);
    svg += Line("mark", at, kTop, at, kHeight - kBottom);
    svg += Text("label", at > kWidth / 2 ? "end" : "start",
                at > kWidth / 2 ? at - 4 : at + 4, kTop + 10, mark.name);
  }
  return svg;
}

std::string SeriesSvg(const Plot& plot, int number, const Axis& x,
                      const Axis& y) {
  const PlotSeries& series = plot.series[number];
  std::string path, dots;
  for (const PlotPoint& point : series.points) {
    if (!Shows(plot, point)) continue;
    const double px = x.At(point.x), py = y.At(point.y);
    absl::StrAppend(&path, absl::StrFormat("%s%.1f %.1f",
                                           path.empty() ? "M" : "L", px, py));
    if (!series.dots) continue;
    absl::StrAppend(&dots, absl::StrFormat("<circle class=\"s%d\" cx=\"%.1f\" "
                                           "cy=\"%.1f\" r=\"3.5\"><title>%.4g: "
                                           "%.4g</title></circle>",
                                           number, px, py, point.x, point.y));
  }
  const double legend = kLeft + 130 * number + 140;
  return absl::StrFormat("<path class=\"s%d\" d=\"%s\"/>", number, path) +
         dots +
         absl::StrFormat("<path class=\"s%d\" d=\"M%.1f %.1fh18\"/>", number,
                         legend, kTop - 14) +
         Text("label", "start", legend + 24, kTop - 10, series.name);
}

}  // namespace

std::vector<double> LinearTicks(double low, double high, int wanted) {
  const double rough = (high - low) / wanted;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (double nice : {1.0, 2.0, 5.0}) {
    if (nice * power >= rough) {
      step = nice * power;
      break;
    }
  }
  std::vector<double> ticks;
  for (double i = std::ceil(low / step - 1e-9); i * step <= high + 1e-9 * step;
       ++i) {
    ticks.push_back(i * step + 0.0);  // not -0
  }
  return ticks;
}

std::vector<double> LogTicks(double low, double high) {
  const bool powers_alone = high / low > 100;
  std::vector<double> ticks;
  for (int e = static_cast<int>(std::floor(std::log10(low)));
       std::pow(10, e) <= high; ++e) {
    for (double digit : {1.0, 2.0, 5.0}) {
      const double tick = digit * std::pow(10, e);
      if (tick < low || tick > high) continue;
      if (digit == 1 || !powers_alone) ticks.push_back(tick);
    }
  }
  // Between two such digits, as from 21 to 49, there is none.
  return ticks.size() < 2 ? LinearTicks(low, high, 4) : ticks;
}

std::string PlotSvg(const Plot& plot) {
  Range xs{HUGE_VAL, -HUGE_VAL}, ys{0, 0};
  Widen(plot, xs, ys);
  if (xs.low > xs.high) return "";
  const Axis x(xs, {kLeft, kWidth - kRight}, plot.log_x);
  const Axis y(ys, {kHeight - kBottom, kTop}, false);
  std::string svg = absl::StrFormat(
      "<svg viewBox=\"0 0 %g %g\" role=\"img\" aria-label=\"%s\">", kWidth,
      kHeight, jinja::Escape(plot.title));
  svg += Text("title", "start", 8, 16, plot.title);
  svg += Frame(plot, x, y) + Marks(plot, x);
  for (size_t i = 0; i < plot.series.size(); ++i) {
    svg += SeriesSvg(plot, static_cast<int>(i), x, y);
  }
  return svg + "</svg>\n";
}

}  // namespace mj
