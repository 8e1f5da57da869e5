// SPDX-License-Identifier: Apache-2.0
// What the simulation of a chip costs over its number of tiles, 1 to 1,024: with every tile at work (cost should follow
// the work), and with one tile at work among idle ones (they should cost next to nothing).
// Processor time, medians of three, each simulation in a process of its own. Writes tiles.csv and tiles.svg.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <systemc>

#include "platform/study/traffic.h"
#include "platform/text/plot.h"

namespace {

using namespace tessera;

constexpr std::uint32_t products_each = 200;

platform::PlatformParameters chip(std::uint32_t tiles) {
  platform::PlatformParameters platform;
  platform.grid_rows = 1;
  while (platform.grid_rows * platform.grid_rows < tiles) {
    platform.grid_rows *= 2;
  }
  platform.grid_columns = tiles / platform.grid_rows;
  tile::TileParameters one;
  one.array.rows = 64;
  one.array.columns = 64;
  platform.tiles.assign(tiles, one);
  return platform;
}

platform::TrafficResult measure(std::uint32_t tiles, std::uint32_t busy, std::uint32_t products) {
  platform::Traffic traffic;
  traffic.tiles = busy;
  traffic.products = products;
  std::array<platform::TrafficResult, 3> runs;
  for (platform::TrafficResult& run : runs) {
    run = platform::run_traffic_isolated(chip(tiles), traffic);
  }
  std::sort(runs.begin(), runs.end(), [](const auto& a, const auto& b) { return a.processor_s < b.processor_s; });
  return runs[1];
}

int run(const std::filesystem::path& folder) {
  text::Plot plot;
  plot.title = "Cost of simulation over tiles";
  plot.note = fmt::format("64 x 64 arrays, {} products a busy tile; processor time without set-up", products_each);
  plot.x.label = "tiles";
  plot.x.logarithmic = true;
  plot.x.ticks = {1, 4, 16, 64, 256, 1024};
  plot.y.label = "seconds";
  plot.y.logarithmic = true;
  plot.series.resize(3);
  plot.series[0].name = "every tile works";
  plot.series[1].name = "one tile does the work of all";
  plot.series[2].name = "one tile works, the others idle";
  std::string csv = "tiles,all_busy_s,all_busy_us_per_product,same_work_on_one_s,one_busy_s,build_s\n";
  fmt::print("{:>6} {:>12} {:>14} {:>16} {:>12} {:>10}\n", "tiles", "all busy", "us a product", "same work on 1",
             "one busy", "set-up");
  for (std::uint32_t tiles = 1; tiles <= 1024; tiles *= 2) {
    const platform::TrafficResult all = measure(tiles, tiles, products_each);
    const platform::TrafficResult same = measure(1, 1, std::min(products_each * tiles, 20000u));
    const double same_s = same.processor_s * products_each * tiles / static_cast<double>(same.products);
    const platform::TrafficResult one = measure(tiles, 1, products_each);
    const double per_product = 1e6 * all.processor_s / static_cast<double>(all.products);
    fmt::print("{:>6} {:>10.4f} s {:>14.2f} {:>14.4f} s {:>10.4f} s {:>8.4f} s\n", tiles, all.processor_s, per_product,
               same_s, one.processor_s, all.build_s);
    csv += fmt::format("{},{:.6f},{:.3f},{:.6f},{:.6f},{:.6f}\n", tiles, all.processor_s, per_product, same_s,
                       one.processor_s, all.build_s);
    const std::array<double, 3> seconds = {all.processor_s, same_s, one.processor_s};
    for (std::size_t i = 0; i < seconds.size(); ++i) {
      plot.series[i].x.push_back(tiles);
      plot.series[i].y.push_back(seconds[i]);
    }
  }
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "tiles.csv") << csv;
  std::ofstream(folder / "tiles.svg") << text::to_svg(plot);
  fmt::print("written: {}\n", (folder / "tiles.svg").string());
  return 0;
}

}  // namespace

int sc_main(int argc, char* argv[]) {
  return run(argc > 1 ? argv[1] : "bench-interconnect");
}

int main(int argc, char** argv) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}
