// SPDX-License-Identifier: Apache-2.0
#include "platform/text/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <stdexcept>

#include "platform/text/plot_scale.h"
#include "platform/text/xml.h"

namespace tessera::text {
namespace {

// Colours that differ in lightness, too, and keep contrast 3:1 on their page.
struct Colours {
  const char* light;
  const char* dark;
};
constexpr std::array<Colours, 8> palette = {{{"#1f5fa8", "#7fb4ee"},
                                             {"#c1440e", "#ff9a6b"},
                                             {"#18794e", "#63d3a0"},
                                             {"#8a2b8f", "#dd94e2"},
                                             {"#8a6a00", "#e6c34a"},
                                             {"#0b7285", "#66d0e0"},
                                             {"#a61e4d", "#ff8fb3"},
                                             {"#555555", "#bdbdbd"}}};

constexpr double char_width = 6.4;  // of the 12 px font, on average

double text_width(const std::string& text) {
  return char_width * static_cast<double>(std::count_if(text.begin(), text.end(), [](char c) {
           return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
         }));
}

bool has_points(const PlotSeries& series) {
  return series.kind == PlotSeries::Kind::points || series.kind == PlotSeries::Kind::line_points;
}

std::vector<double> x_values(const Plot& plot) {
  std::vector<double> values;
  for (const PlotSeries& series : plot.series) {
    values.insert(values.end(), series.x.begin(), series.x.end());
  }
  return values;
}

std::vector<double> y_values(const Plot& plot) {
  std::vector<double> values;
  for (const PlotSeries& series : plot.series) {
    for (std::size_t i = 0; i < series.y.size(); ++i) {
      const double error = series.error.empty() || !std::isfinite(series.error[i]) ? 0 : series.error[i];
      values.push_back(series.y[i] - error);
      values.push_back(series.y[i] + error);
    }
  }
  return values;
}

bool any_bars(const Plot& plot) {
  return std::any_of(plot.series.begin(), plot.series.end(),
                     [](const PlotSeries& series) { return series.kind == PlotSeries::Kind::bars; });
}

class Drawing {
 public:
  explicit Drawing(const Plot& plot)
      : plot_(plot), x_(widened(plot), x_values(plot), false), y_(plot.y, y_values(plot), any_bars(plot)) {
    for (const double tick : y_.ticks()) {
      left_ = std::max(left_, 34 + text_width(tick_text(tick)));
    }
    top_ = 14 + (plot.title.empty() ? 0 : 20) + (plot.note.empty() ? 0 : 16) + legend_rows() * 18 + 6;
    right_ = plot.width - 18.0;
    bottom_ = plot.height - 48.0;
  }

  std::string svg() {
    begin();
    axes();
    add("<g clip-path=\"url(#area)\">\n");
    bars();
    for (std::size_t i = 0; i < plot_.series.size(); ++i) {
      if (plot_.series[i].kind != PlotSeries::Kind::bars) {
        line(plot_.series[i], i % palette.size());
      }
    }
    add("</g>\n");
    for (std::size_t i = 0; i < plot_.series.size(); ++i) {
      marks(plot_.series[i], i % palette.size());
    }
    add("</svg>\n");
    return out_;
  }

 private:
  /// Bars at the ends of a numeric axis need half a bar of room.
  static PlotAxis widened(const Plot& plot) {
    PlotAxis axis = plot.x;
    const double half = bar_pitch(plot) / 2;
    const std::vector<double> x = x_values(plot);
    if (any_bars(plot) && axis.categories.empty() && !axis.logarithmic && !x.empty()) {
      axis.low = axis.low ? axis.low : *std::min_element(x.begin(), x.end()) - half;
      axis.high = axis.high ? axis.high : *std::max_element(x.begin(), x.end()) + half;
    }
    return axis;
  }

  /// Smallest distance of two bars of one series; 1 for named positions.
  static double bar_pitch(const Plot& plot) {
    if (!plot.x.categories.empty()) {
      return 1;
    }
    double pitch = std::numeric_limits<double>::infinity();
    for (const PlotSeries& series : plot.series) {
      for (std::size_t i = 1; series.kind == PlotSeries::Kind::bars && i < series.x.size(); ++i) {
        const double step = std::abs(series.x[i] - series.x[i - 1]);
        pitch = step > 0 ? std::min(pitch, step) : pitch;
      }
    }
    return std::isfinite(pitch) ? pitch : 1;
  }

  template <typename... T>
  void add(fmt::format_string<T...> format, T&&... values) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<T>(values)...);
  }

  [[nodiscard]] double px(double x) const { return left_ + x_.place(x) * (right_ - left_); }
  [[nodiscard]] double py(double y) const { return bottom_ - y_.place(y) * (bottom_ - top_); }
  /// The y of a bar's or error bar's end: the axis' end if it lies beyond.
  [[nodiscard]] double py_within(double y) const {
    return y_.shows(y) ? py(y) : (y < y_.low() || !(y > 0)) ? bottom_ : top_;
  }
  [[nodiscard]] bool shows(const PlotSeries& series, std::size_t i) const {
    return x_.shows(series.x[i]) && y_.shows(series.y[i]);
  }

  [[nodiscard]] double legend_width(const PlotSeries& series) const { return 34 + text_width(series.name); }
  [[nodiscard]] int legend_rows() const {
    double x = 0;
    int rows = 0;
    for (const PlotSeries& series : plot_.series) {
      if (!series.name.empty()) {
        rows += rows == 0 || x + legend_width(series) > plot_.width - 36 ? 1 : 0;
        x = x + legend_width(series) > plot_.width - 36 ? legend_width(series) : x + legend_width(series);
      }
    }
    return rows;
  }

  void begin() {
    add("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" width=\"{}\" height=\"{}\" role=\"img\">\n",
        plot_.width, plot_.height, plot_.width, plot_.height);
    add("<title>{}</title>\n<style>\n", xml_escaped(plot_.title));
    add("text{{font:12px sans-serif;fill:#222}}.t{{font-size:14px;font-weight:bold}}.n{{fill:#666;font-size:11px}}\n"
        ".p{{fill:#fff}}.g{{stroke:#ddd}}.a{{stroke:#555;fill:none}}.l{{fill:none;stroke-width:1.8}}\n");
    std::string dark;
    for (std::size_t i = 0; i < palette.size(); ++i) {
      add(".s{}{{stroke:{}}}.f{}{{fill:{}}}\n", i, palette[i].light, i, palette[i].light);
      dark += fmt::format(".s{}{{stroke:{}}}.f{}{{fill:{}}}\n", i, palette[i].dark, i, palette[i].dark);
    }
    add("@media(prefers-color-scheme:dark){{text{{fill:#e4e4e4}}.n{{fill:#a5a5a5}}.p{{fill:#17191c}}.g{{stroke:#34373b}"
        "}"
        ".a{{stroke:#9a9a9a}}\n{}}}\n</style>\n",
        dark);
    add("<clipPath id=\"area\"><rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/></clipPath>\n",
        left_, top_, right_ - left_, bottom_ - top_);
    add("<rect class=\"p\" width=\"{}\" height=\"{}\"/>\n", plot_.width, plot_.height);
    double y = 20;
    if (!plot_.title.empty()) {
      add("<text class=\"t\" x=\"18\" y=\"{:.0f}\">{}</text>\n", y, xml_escaped(plot_.title));
      y += 18;
    }
    if (!plot_.note.empty()) {
      add("<text class=\"n\" x=\"18\" y=\"{:.0f}\">{}</text>\n", y, xml_escaped(plot_.note));
      y += 16;
    }
    legend(y);
  }

  void legend(double y) {
    double x = 18;
    for (std::size_t i = 0; i < plot_.series.size(); ++i) {
      const PlotSeries& series = plot_.series[i];
      if (series.name.empty()) {
        continue;
      }
      if (x > 18 && x + legend_width(series) > plot_.width - 18) {
        x = 18;
        y += 18;
      }
      const std::size_t colour = i % palette.size();
      if (series.kind == PlotSeries::Kind::bars) {
        add("<rect class=\"f{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"14\" height=\"10\"/>", colour, x, y - 8);
      } else if (series.kind == PlotSeries::Kind::points) {
        add("<circle class=\"f{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"/>", colour, x + 7, y - 4);
      } else {
        add("<path class=\"l s{}\" d=\"M{:.1f} {:.1f}h14\"/>", colour, x, y - 4);
      }
      add("<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", x + 20, y, xml_escaped(series.name));
      x += legend_width(series);
    }
  }

  void axes() {
    for (const double tick : y_.ticks()) {
      add("<path class=\"g\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>"
          "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
          left_, py(tick), right_, left_ - 6, py(tick) + 4, tick_text(tick));
    }
    double free_from = -1e9;  // where the next number may begin without touching the last
    for (const double tick : x_.ticks()) {
      const std::string name =
          plot_.x.categories.empty() ? tick_text(tick) : plot_.x.categories[static_cast<std::size_t>(tick)];
      const double half = text_width(name) / 2;
      add("<path class=\"g\" d=\"M{:.1f} {:.1f}V{:.1f}\"/>", px(tick), top_, bottom_);
      if (px(tick) - half >= free_from) {
        add("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>", px(tick), bottom_ + 17,
            xml_escaped(name));
        free_from = px(tick) + half + 6;
      }
      add("\n");
    }
    add("<path class=\"a\" d=\"M{:.1f} {:.1f}V{:.1f}H{:.1f}\"/>\n", left_, top_, bottom_, right_);
    add("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n", (left_ + right_) / 2, bottom_ + 38,
        xml_escaped(plot_.x.label));
    add("<text transform=\"translate(16 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n", (top_ + bottom_) / 2,
        xml_escaped(plot_.y.label));
  }

  [[nodiscard]] std::string tip(const PlotSeries& series, std::size_t i) const {
    const std::string at = plot_.x.categories.empty() ? fmt::format("{:.6g}", series.x[i])
                           : series.x[i] >= 0 && series.x[i] < static_cast<double>(plot_.x.categories.size())
                               ? plot_.x.categories[static_cast<std::size_t>(series.x[i])]
                               : "";
    const std::string error = series.error.empty() ? "" : fmt::format(" +- {:.3g}", series.error[i]);
    return xml_escaped(
        fmt::format("{}{}{}: {:.6g}{}", series.name, series.name.empty() ? "" : ", ", at, series.y[i], error));
  }

  void bars() {
    const auto count = static_cast<double>(std::count_if(
        plot_.series.begin(), plot_.series.end(), [](const auto& s) { return s.kind == PlotSeries::Kind::bars; }));
    // Groups of named positions stand apart; the bins of a histogram touch.
    const double group = bar_pitch(plot_) * (plot_.x.categories.empty() ? 0.96 : 0.8);
    double number = 0;
    for (std::size_t s = 0; s < plot_.series.size(); ++s) {
      const PlotSeries& series = plot_.series[s];
      if (series.kind != PlotSeries::Kind::bars) {
        continue;
      }
      for (std::size_t i = 0; i < series.x.size(); ++i) {
        if (!std::isfinite(series.y[i]) || !std::isfinite(series.x[i])) {
          continue;
        }
        const double from = px(series.x[i] - group / 2 + group * number / count);
        const double to = px(series.x[i] - group / 2 + group * (number + 1) / count);
        const double end = py_within(series.y[i]);
        const double base = py_within(0);
        add("<rect class=\"f{}\" x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" "
            "height=\"{:.2f}\"><title>{}</title></rect>\n",
            s % palette.size(), from, std::min(end, base), to - from, std::abs(base - end), tip(series, i));
        error_bar(series, i, (from + to) / 2, s % palette.size());
      }
      ++number;
    }
  }

  void line(const PlotSeries& series, std::size_t colour) {
    if (series.kind == PlotSeries::Kind::points) {
      return;
    }
    std::string path;
    bool pen_down = false;
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      const bool drawable = std::isfinite(series.x[i]) && std::isfinite(series.y[i]) &&
                            (!plot_.x.logarithmic || series.x[i] > 0) && (!plot_.y.logarithmic || series.y[i] > 0);
      if (!drawable) {
        pen_down = false;
        continue;
      }
      if (pen_down && series.kind == PlotSeries::Kind::steps) {
        path += fmt::format("H{:.2f}V{:.2f}", px(series.x[i]), py(series.y[i]));
      } else {
        path += fmt::format("{}{:.2f} {:.2f}", pen_down ? 'L' : 'M', px(series.x[i]), py(series.y[i]));
      }
      pen_down = true;
    }
    if (!path.empty()) {
      add("<path class=\"l s{}\" d=\"{}\"/>\n", colour, path);
    }
  }

  void error_bar(const PlotSeries& series, std::size_t i, double at, std::size_t colour) {
    if (series.error.empty() || !(series.error[i] > 0) || !std::isfinite(series.error[i])) {
      return;
    }
    const double low = py_within(series.y[i] - series.error[i]);
    const double high = py_within(series.y[i] + series.error[i]);
    add("<path class=\"{}\" fill=\"none\" d=\"M{:.2f} {:.2f}V{:.2f}M{:.2f} {:.2f}h8M{:.2f} {:.2f}h8\"/>\n",
        series.kind == PlotSeries::Kind::bars ? "a" : fmt::format("s{}", colour), at, low, high, at - 4, low, at - 4,
        high);
  }

  void marks(const PlotSeries& series, std::size_t colour) {
    for (std::size_t i = 0; i < series.x.size() && series.kind != PlotSeries::Kind::bars; ++i) {
      if (!shows(series, i)) {
        continue;
      }
      error_bar(series, i, px(series.x[i]), colour);
      if (has_points(series)) {
        add("<circle class=\"f{}\" cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"{}\"><title>{}</title></circle>\n", colour,
            px(series.x[i]), py(series.y[i]), series.x.size() > 60 ? 1.6 : 3.0, tip(series, i));
      }
    }
  }

  const Plot& plot_;
  PlotScale x_, y_;
  double left_ = 48, right_ = 0, top_ = 0, bottom_ = 0;
  std::string out_;
};

}  // namespace

std::string to_svg(const Plot& plot) {
  for (const PlotSeries& series : plot.series) {
    if (series.x.size() != series.y.size() || (!series.error.empty() && series.error.size() != series.y.size())) {
      throw std::invalid_argument(fmt::format("plot '{}', series '{}': {} x, {} y, {} errors", plot.title, series.name,
                                              series.x.size(), series.y.size(), series.error.size()));
    }
  }
  return Drawing(plot).svg();
}

PlotSeries histogram(const std::vector<double>& values, std::size_t bins) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  std::size_t count = 0;
  for (const double value : values) {
    if (std::isfinite(value)) {
      low = std::min(low, value);
      high = std::max(high, value);
      ++count;
    }
  }
  if (count == 0) {
    throw std::invalid_argument("histogram: no finite value");
  }
  if (bins == 0) {
    bins = static_cast<std::size_t>(std::ceil(std::log2(static_cast<double>(count)))) + 1;
  }
  if (high <= low) {
    low -= 0.5;
    high = low + 1;
  }
  const double width = (high - low) / static_cast<double>(bins);
  PlotSeries series;
  series.kind = PlotSeries::Kind::bars;
  series.y.assign(bins, 0.0);
  for (std::size_t i = 0; i < bins; ++i) {
    series.x.push_back(low + (static_cast<double>(i) + 0.5) * width);
  }
  for (const double value : values) {
    if (std::isfinite(value)) {
      ++series.y[std::min(static_cast<std::size_t>((value - low) / width), bins - 1)];
    }
  }
  return series;
}

bool spans_decades(const std::vector<double>& values) {
  if (values.empty()) {
    return false;
  }
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return *least > 0 && *most / *least > 10;
}

}  // namespace tessera::text
