#include "bench/load/svg_plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mj {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(SvgPlotTest, TicksAreRound) {
  EXPECT_THAT(LinearTicks(0, 10, 5), ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(LinearTicks(0, 0.7, 5),
              ElementsAre(0, testing::DoubleEq(0.2), testing::DoubleEq(0.4),
                          testing::DoubleNear(0.6, 1e-12)));
  EXPECT_THAT(LogTicks(3, 60), ElementsAre(5, 10, 20, 50));
  EXPECT_THAT(LogTicks(3, 3000), ElementsAre(10, 100, 1000));
  EXPECT_THAT(LogTicks(21, 49), ElementsAre(30, 40));
}

TEST(SvgPlotTest, DrawsPointsWhereTheirAxesSay) {
  const std::string svg = PlotSvg({.title = "t",
                                   .x_label = "x",
                                   .y_label = "y",
                                   .series = {{"a", {{0, 0}, {10, 5}}}}});
  EXPECT_THAT(svg, HasSubstr("d=\"M62.0 252.0L544.0 40.0\""));
  EXPECT_THAT(svg, HasSubstr("aria-label=\"t\""));
}

TEST(SvgPlotTest, AMarkBesideThePointsIsDrawnToo) {
  Plot plot{.series = {{"a", {{0, 0}, {5, 5}}}}, .marks = {{"limit", 10}}};
  const std::string svg = PlotSvg(plot);
  EXPECT_THAT(svg, HasSubstr(">limit<"));
  EXPECT_THAT(svg, HasSubstr("d=\"M62.0 252.0L303.0 40.0\""));
}

TEST(SvgPlotTest, NothingToShowIsNoPlot) {
  EXPECT_EQ(PlotSvg({}), "");
  EXPECT_EQ(PlotSvg({.series = {{"a", {}}}}), "");
  EXPECT_EQ(PlotSvg({.series = {{"a", {{0, 1}}}}, .log_x = true}), "");
}

TEST(SvgPlotTest, OnePointHasAnAxisToo) {
  for (bool log : {false, true}) {
    const std::string svg =
        PlotSvg({.series = {{"a", {{5, 0}}, true}}, .log_x = log});
    EXPECT_THAT(svg, HasSubstr("<circle"));
    EXPECT_THAT(svg, Not(HasSubstr("nan")));
  }
}

TEST(SvgPlotTest, NamesCannotBecomeMarkup) {
  const std::string svg =
      PlotSvg({.title = "<b>&\"", .series = {{"a", {{1, 1}, {2, 2}}}}});
  EXPECT_THAT(svg, HasSubstr("&lt;b&gt;&amp;&#34;"));
}

}  // namespace
}  // namespace mj
