// SPDX-License-Identifier: Apache-2.0
// The pictures of docs/analog.md, computed by the models themselves: bench_analog_curves FOLDER [PAGE]
// With PAGE, docs/analog.md itself, also the bars of a table on it.
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "bench/analog/figure.h"

namespace tessera::curves {

text::Plot plot(std::string title, std::string note, std::string x_label, std::string y_label) {
  text::Plot plot;
  plot.title = std::move(title);
  plot.note = std::move(note);
  plot.x.label = std::move(x_label);
  plot.y.label = std::move(y_label);
  plot.width = 640;
  plot.height = 360;
  return plot;
}

text::PlotSeries series(std::string name, Kind kind) {
  return {std::move(name), {}, {}, {}, kind};
}

void add(text::PlotSeries& series, double x, double y) {
  series.x.push_back(x);
  series.y.push_back(y);
}

void write(const Folder& folder, const std::string& name, const text::Plot& plot) {
  const auto put = [&](const std::string& file_name, const std::string& text) {
    std::ofstream file(folder / file_name, std::ios::binary);
    file << text;
    if (!file.flush()) {
      throw std::runtime_error((folder / file_name).string() + ": cannot write");
    }
  };
  std::string csv = fmt::format("series,{},{},error\n", plot.x.label, plot.y.label);
  for (const text::PlotSeries& s : plot.series) {
    for (std::size_t i = 0; i < s.x.size(); ++i) {
      csv += fmt::format("{},{:.8g},{:.8g},{:.4g}\n", s.name, s.x[i], s.y[i], s.error.empty() ? 0.0 : s.error[i]);
    }
  }
  put(name + ".csv", csv);
  put(name + ".svg", text::to_svg(plot));
}

analog::ArrayParameters quiet_array(std::uint32_t rows, std::uint32_t columns) {
  analog::ArrayParameters p;
  p.rows = rows;
  p.columns = columns;
  p.effects = analog::NonIdealities::none();
  return p;
}

}  // namespace tessera::curves

int main(int argc, char** argv) {
  const tessera::curves::Folder folder = argc > 1 ? argv[1] : ".";
  try {
    std::filesystem::create_directories(folder);
    for (const auto draw :
         {tessera::curves::cell_currents, tessera::curves::temperature, tessera::curves::retention,
          tessera::curves::cell_errors, tessera::curves::slow_noise, tessera::curves::voltage_drop,
          tessera::curves::converter_curves, tessera::curves::converter_range, tessera::curves::converter_laws}) {
      draw(folder);
    }
    if (argc > 2) {
      tessera::curves::signed_inputs(folder, argv[2]);
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_analog_curves: {}\n", error.what());
    return 1;
  }
  return 0;
}
