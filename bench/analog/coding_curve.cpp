// SPDX-License-Identifier: Apache-2.0
// The codings of signed inputs as bars, from the table of docs/analog.md, which a test of the tile computes and
// compares.
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/analog/figure.h"

namespace tessera::curves {
namespace {

/// Cells behind the first one of the row of the table that begins with `label`.
std::vector<std::string> row(const Folder& page, const std::string& label) {
  std::ifstream file(page);
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    inside = inside ? line.find("signed inputs: end") == std::string::npos
                    : line.find("signed inputs: begin") != std::string::npos;
    const std::string begin = "| " + label + " |";
    if (!inside || line.rfind(begin, 0) != 0) {
      continue;
    }
    std::vector<std::string> cells;
    for (std::size_t from = begin.size(), to = 0; (to = line.find('|', from)) != std::string::npos; from = to + 1) {
      cells.push_back(line.substr(from + 1, to - from - 2));
    }
    return cells;
  }
  throw std::runtime_error(page.string() + ": no row '" + label + "' in the table of signed inputs");
}

double nanojoules(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  const std::string unit = end;
  if (unit != " nJ" && unit != " pJ") {
    throw std::runtime_error("'" + text + "' is not an energy in nJ or pJ");
  }
  return unit == " nJ" ? value : value / 1000;
}

}  // namespace

void signed_inputs(const Folder& folder, const Folder& page) {
  std::string note = "signal to error:";
  for (const std::string& cell : row(page, "signal to error")) {
    note += " " + cell + ",";
  }
  note.back() = ';';
  text::Plot figure = plot("Energy of a product by coding of signed inputs", note + " the table's matrix",
                           "tile.dac.signed_input", "energy [nJ]");
  figure.x.categories = {"offset", "two_phase", "row_pair"};
  for (const char* part : {"all", "DAC, row drivers", "front end, ADC", "array"}) {
    text::PlotSeries bars = series(part, Kind::bars);
    for (const std::string& cell : row(page, fmt::format("energy: {}", part))) {
      add(bars, static_cast<double>(bars.x.size()), nanojoules(cell));
    }
    figure.series.push_back(bars);
  }
  write(folder, "signed-inputs", figure);
}

}  // namespace tessera::curves
