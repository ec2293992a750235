// Line plots as SVG text, for a page that styles them: classes "grid",
// "axis", "label", "mark" and "s0", "s1" for the series.
#ifndef MILLIJOULE_BENCH_LOAD_SVG_PLOT_H_
#define MILLIJOULE_BENCH_LOAD_SVG_PLOT_H_

#include <string>
#include <vector>

namespace mj {

struct PlotPoint {
  double x, y;
};

struct PlotSeries {
  std::string name;
  std::vector<PlotPoint> points;  // by ascending x
  bool dots = false;              // marks each point
};

struct PlotMark {  // a vertical line
  std::string name;
  double x;
};

struct Plot {
  std::string title, x_label, y_label;
  std::vector<PlotSeries> series;  // two at most, told apart by colour
  std::vector<PlotMark> marks;
  bool log_x = false;  // points with x <= 0 are left out
};

// An <svg> of 560 x 300 units; axes from the points, y from 0. "" where no
// series has a point.
std::string PlotSvg(const Plot& plot);

// Round numbers that span [low, high], about `wanted` of them. REQUIRES: low
// < high
std::vector<double> LinearTicks(double low, double high, int wanted);
// 1, 2, 5 times powers of ten within [low, high]; powers alone over two
// decades. REQUIRES: 0 < low < high
std::vector<double> LogTicks(double low, double high);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_LOAD_SVG_PLOT_H_
