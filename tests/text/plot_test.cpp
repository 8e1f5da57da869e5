// SPDX-License-Identifier: Apache-2.0
// Plots: where points land, what axes say, and that odd input neither breaks the drawing nor the XML.
#include "platform/text/plot.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <regex>

#include "platform/text/plot_scale.h"

namespace tessera::text {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// All values of an attribute of elements that a pattern with one group finds.
std::vector<double> numbers(const std::string& svg, const std::string& pattern) {
  std::vector<double> found;
  const std::regex expression(pattern);
  for (auto it = std::sregex_iterator(svg.begin(), svg.end(), expression); it != std::sregex_iterator(); ++it) {
    found.push_back(std::strtod((*it)[1].str().c_str(), nullptr));
  }
  return found;
}

Plot plot_of(std::vector<double> x, std::vector<double> y) {
  Plot plot;
  plot.title = "title";
  plot.x.label = "x";
  plot.y.label = "y";
  plot.series.push_back({"one", std::move(x), std::move(y), {}, PlotSeries::Kind::line_points});
  return plot;
}

TEST(Plot, PointsAreWhereTheirValuesSay) {
  const std::string svg = to_svg(plot_of({0, 1, 2, 4}, {10, 30, 20, 50}));
  const std::vector<double> cx = numbers(svg, "cx=\"([0-9.]+)\""), cy = numbers(svg, "cy=\"([0-9.]+)\"");
  ASSERT_EQ(cx.size(), 4U);
  EXPECT_NEAR((cx[3] - cx[0]) / (cx[1] - cx[0]), 4.0, 1e-3);
  EXPECT_NEAR((cy[0] - cy[3]) / (cy[0] - cy[1]), 2.0, 1e-3) << "up is more";
}

TEST(Plot, LogarithmicAxisSpacesDecadesEqually) {
  Plot plot = plot_of({1e-9, 1e-8, 1e-6, 0, -1}, {1, 2, 3, 4, 5});
  plot.x.logarithmic = true;
  const std::string svg = to_svg(plot);
  const std::vector<double> cx = numbers(svg, "cx=\"([0-9.]+)\"");
  ASSERT_EQ(cx.size(), 3U) << "values at or below zero have no place";
  EXPECT_NEAR((cx[2] - cx[0]) / (cx[1] - cx[0]), 3.0, 1e-3);
  EXPECT_THAT(svg, HasSubstr(">1e-9<"));
}

TEST(Plot, ErrorBarsReachBothEnds) {
  Plot plot = plot_of({0, 1}, {10, 20});
  plot.series[0].error = {5, 0};
  plot.y.low = 0;
  plot.y.high = 40;
  const std::string svg = to_svg(plot);
  const std::vector<double> from = numbers(svg, "fill=\"none\" d=\"M[0-9.]+ ([0-9.]+)V"),
                            to = numbers(svg, "fill=\"none\" d=\"M[0-9.]+ [0-9.]+V([0-9.]+)"),
                            cy = numbers(svg, "cy=\"([0-9.]+)\"");
  ASSERT_EQ(from.size(), 1U) << "no bar without error";
  EXPECT_NEAR((from[0] + to[0]) / 2, cy[0], 0.02);
  EXPECT_NEAR(from[0] - to[0], cy[0] - cy[1], 0.02) << "10 between the ends, as between the points";
}

TEST(Plot, BarsStandOnZeroAndGroupsDoNotOverlap) {
  Plot plot;
  plot.x.categories = {"a", "b"};
  plot.series.push_back({"one", {0, 1}, {1, 2}, {}, PlotSeries::Kind::bars});
  plot.series.push_back({"two", {0, 1}, {4, 3}, {}, PlotSeries::Kind::bars});
  const std::string svg = to_svg(plot);
  const std::string bar =
      "<rect class=\"f[0-9]\" x=\"[0-9.]+\" y=\"[0-9.]+\" width=\"[0-9.]+\" height=\"([0-9.]+)\"><title>";
  const std::vector<double> heights = numbers(svg, bar);
  ASSERT_EQ(heights.size(), 4U);
  EXPECT_NEAR(heights[1] / heights[0], 2.0, 1e-2);
  EXPECT_NEAR(heights[2] / heights[0], 4.0, 2e-2);
  const std::vector<double>
      x = numbers(svg,
                  "<rect class=\"f[0-9]\" x=\"([0-9.]+)\" y=\"[0-9.]+\" width=\"[0-9.]+\" height=\"[0-9.]+\"><title>"),
      w = numbers(svg,
                  "<rect class=\"f[0-9]\" x=\"[0-9.]+\" y=\"[0-9.]+\" width=\"([0-9.]+)\" height=\"[0-9.]+\"><title>");
  EXPECT_NEAR(x[0] + w[0], x[2], 0.02) << "the second series' bar begins where the first one's ends";
  EXPECT_LT(x[2] + w[2], x[1]);
}

TEST(Plot, HistogramCountsEveryValueOnce) {
  const PlotSeries bars = histogram({0, 0.1, 0.2, 0.9, 1.0, std::nan("")}, 5);
  EXPECT_EQ(bars.y, (std::vector<double>{2, 1, 0, 0, 2}));
  EXPECT_NEAR(bars.x[0], 0.1, 1e-12);
  EXPECT_EQ(histogram({7, 7, 7}, 3).y, (std::vector<double>{0, 3, 0}));
  EXPECT_THROW(static_cast<void>(histogram({})), std::invalid_argument);
  std::vector<double> many(1000);
  std::iota(many.begin(), many.end(), 0);
  const PlotSeries automatic = histogram(many);
  EXPECT_EQ(automatic.x.size(), 11U);
  EXPECT_EQ(std::accumulate(automatic.y.begin(), automatic.y.end(), 0.0), 1000);
}

TEST(Plot, OddInputIsRefusedOrLeftOut) {
  const double nan = std::nan(""), infinite = std::numeric_limits<double>::infinity();
  const std::string svg = to_svg(plot_of({0, 1, nan, 3, 4}, {1, infinite, 2, 3, nan}));
  EXPECT_EQ(numbers(svg, "cx=\"([0-9.]+)\"").size(), 2U);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf\"")));
  EXPECT_THAT(to_svg(Plot{}), HasSubstr("</svg>"));
  EXPECT_THAT(to_svg(plot_of({5}, {0})), HasSubstr("<circle"));
  EXPECT_THROW(static_cast<void>(to_svg(plot_of({1, 2}, {1}))), std::invalid_argument);
  Plot bad = plot_of({1}, {1});
  bad.series[0].error = {1, 2};
  EXPECT_THROW(static_cast<void>(to_svg(bad)), std::invalid_argument);
  Plot ends = plot_of({1}, {1});
  ends.y.logarithmic = true;
  ends.y.low = 0;
  EXPECT_THROW(static_cast<void>(to_svg(ends)), std::invalid_argument);
}

TEST(Plot, TextIsEscaped) {
  Plot plot = plot_of({0}, {0});
  plot.title = "a < b & \"c\"";
  plot.series[0].name = "</svg>";
  const std::string svg = to_svg(plot);
  EXPECT_THAT(svg, HasSubstr("a &lt; b &amp; &quot;c&quot;"));
  EXPECT_EQ(svg.find("</svg>"), svg.size() - 7);
}

TEST(Plot, SameTextEveryTime) {
  const Plot plot = plot_of({0, 1, 2}, {3, 1, 2});
  EXPECT_EQ(to_svg(plot), to_svg(plot));
}

TEST(PlotScale, TicksAreRoundAndInside) {
  for (const auto& [low, high] :
       std::vector<std::pair<double, double>>{{0, 1}, {0.37, 91.2}, {-5e-9, 3e-9}, {1e6, 1.0001e6}, {0, 3e12}}) {
    const PlotScale scale(PlotAxis{}, {low, high}, false);
    EXPECT_LE(scale.low(), low);
    EXPECT_GE(scale.high(), high);
    EXPECT_GE(scale.ticks().size(), 4U) << low << " " << high;
    EXPECT_LE(scale.ticks().size(), 9U) << low << " " << high;
    for (const double tick : scale.ticks()) {
      EXPECT_TRUE(scale.shows(tick));
    }
  }
}

TEST(PlotScale, TextOfTicks) {
  EXPECT_EQ(tick_text(0), "0");
  EXPECT_EQ(tick_text(4e-9), "4e-9");
  EXPECT_EQ(tick_text(1e6), "1e6");
  EXPECT_EQ(tick_text(-2.5e-10), "-2.5e-10");
  EXPECT_EQ(tick_text(12.5), "12.5");
}

TEST(PlotScale, DecadesAskForLogarithms) {
  EXPECT_TRUE(spans_decades({1, 100}));
  EXPECT_FALSE(spans_decades({1, 5}));
  EXPECT_FALSE(spans_decades({0, 1000}));
  EXPECT_FALSE(spans_decades({}));
}

}  // namespace
}  // namespace tessera::text
