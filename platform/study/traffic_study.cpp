// SPDX-License-Identifier: Apache-2.0
#include "platform/study/traffic_study.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "platform/text/plot.h"
#include "platform/text/table.h"

namespace tessera::platform {
namespace {

constexpr std::uint32_t largest_side = 8;

PlatformParameters grid(const PlatformParameters& base, std::uint32_t side) {
  PlatformParameters platform = base;
  platform.grid_rows = side;
  platform.grid_columns = side;
  platform.tiles.assign(std::size_t{side} * side, base.tiles.at(0));
  return platform;
}

void add_bus_widths(std::vector<StudyPoint>& points, const PlatformParameters& base, const Traffic& traffic) {
  for (const std::uint32_t bits : {64u, 128u, 256u, 512u}) {
    for (std::uint32_t side = 1; side <= largest_side; ++side) {
      PlatformParameters platform = grid(base, side);
      platform.bus.data_bits = bits;
      points.push_back({"bus_width", fmt::format("{} bit", bits), 1.0 * side * side, std::move(platform), traffic});
    }
  }
}

void add_reuse(std::vector<StudyPoint>& points, const PlatformParameters& base, const Traffic& traffic) {
  const std::uint32_t rows = traffic.rows == 0 ? base.tiles.at(0).array.rows : traffic.rows;
  for (const std::uint32_t window : {1u, 2u, 4u, 8u}) {
    for (std::uint32_t side = 1; side <= largest_side && rows % window == 0; ++side) {
      Traffic reused = traffic;
      reused.window = window;
      reused.window_reuse = window > 1;
      points.push_back({"window_reuse", window == 1 ? "every byte fetched" : fmt::format("1 of {} columns new", window),
                        1.0 * side * side, grid(base, side), reused});
    }
  }
}

void add_multicast(std::vector<StudyPoint>& points, const PlatformParameters& base, const Traffic& traffic) {
  for (const std::uint32_t bits : {128u, 512u}) {
    for (const bool multicast : {false, true}) {
      for (std::uint32_t side = 1; side <= largest_side; ++side) {
        Traffic shared = traffic;
        shared.multicast = multicast;
        PlatformParameters platform = grid(base, side);
        platform.bus.data_bits = bits;
        points.push_back({"multicast", fmt::format("{} bit, {}", bits, multicast ? "multicast" : "each fetched alone"),
                          1.0 * side * side, std::move(platform), shared});
      }
    }
  }
}

void add_sharing(std::vector<StudyPoint>& points, const PlatformParameters& base, const Traffic& traffic) {
  using Sharing = tile::TileParameters::Sharing;
  const std::vector<std::pair<Sharing, std::string>> ways = {
      {Sharing::tile, "private"}, {Sharing::row, "a row"}, {Sharing::column, "a column"}, {Sharing::chip, "the chip"}};
  for (const auto& [sharing, name] : ways) {
    for (std::uint32_t side = 1; side <= largest_side; ++side) {
      PlatformParameters platform = grid(base, side);
      platform.bus.data_bits = 512;  // wide enough to see the converters
      for (tile::TileParameters& one : platform.tiles) {
        one.adc_sharing = sharing;
      }
      points.push_back({"converters", name, 1.0 * side * side, std::move(platform), traffic});
    }
  }
}

struct PlotText {
  const char* name;
  const char* title;
  const char* note;
};

constexpr PlotText plot_texts[] = {
    {"bus_width", "Throughput over tiles and bus width", "every tile multiplies full vectors; each fetched alone"},
    {"window_reuse", "Throughput with sliding windows kept in the tile", "bus of the platform"},
    {"multicast", "Throughput when all tiles multiply the same vectors",
     "columns of one wide layer; results are each tile's own"},
    {"converters", "Throughput with shared ADC banks", "bus of 512 bit; who shares a bank"},
};

}  // namespace

std::vector<StudyPoint> study_points(const PlatformParameters& base, const Traffic& traffic) {
  std::vector<StudyPoint> points;
  add_bus_widths(points, base, traffic);
  add_reuse(points, base, traffic);
  add_multicast(points, base, traffic);
  add_sharing(points, base, traffic);
  return points;
}

Study make_study(const std::vector<StudyPoint>& points, const std::vector<TrafficResult>& results) {
  Study study;
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  std::string csv = "plot,series,tiles,tops,expected_tops,bytes_per_product,bus_share,converter_stall\n";
  for (const PlotText& about : plot_texts) {
    text::Plot plot;
    plot.title = about.title;
    plot.note = about.note;
    plot.x.label = "tiles";
    plot.x.logarithmic = true;
    plot.x.ticks = {1, 2, 4, 8, 16, 32, 64};
    plot.y.label = "TOPS";
    plot.y.logarithmic = true;
    text::Table table({"<series", "tiles", "TOPS", "arithmetic", "B/product", "bus busy", "converter wait"});
    for (std::size_t i = 0; i < points.size(); ++i) {
      const StudyPoint& point = points[i];
      if (point.plot != about.name) {
        continue;
      }
      const TrafficResult& r = results.at(i);
      const double expected = expected_tops(point.platform, point.traffic);
      if (plot.series.empty() || plot.series.back().name != point.series) {
        plot.series.push_back({});
        plot.series.back().name = point.series;
        if (plot.series.size() > 1) {
          table.rule();
        }
      }
      plot.series.back().x.push_back(point.x);
      plot.series.back().y.push_back(r.tops);
      table.add({point.series, fmt::format("{:g}", point.x), fmt::format("{:.3f}", r.tops),
                 fmt::format("{:.3f}", expected), fmt::format("{:.0f}", r.bytes_per_product),
                 fmt::format("{:.1f} %", 100 * r.bus_share), fmt::format("{:.1f} %", 100 * r.converter_stall)});
      rows.push_back({{"plot", point.plot},
                      {"series", point.series},
                      {"tiles", point.x},
                      {"tops", r.tops},
                      {"expected_tops", expected},
                      {"bytes_per_product", r.bytes_per_product},
                      {"bus_share", r.bus_share},
                      {"converter_stall", r.converter_stall}});
      csv += fmt::format("{},{},{:g},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g}\n", point.plot, point.series, point.x, r.tops,
                         expected, r.bytes_per_product, r.bus_share, r.converter_stall);
    }
    study.files[std::string(about.name) + ".svg"] = text::to_svg(plot);
    study.text += fmt::format("{}\n{}\n", about.title, table.text());
  }
  study.json = nlohmann::ordered_json{{"schema", 1}, {"points", rows}}.dump(2) + "\n";
  study.files["interconnect.json"] = study.json;
  study.files["interconnect.csv"] = csv;
  study.files["interconnect.txt"] = study.text;
  return study;
}

}  // namespace tessera::platform
