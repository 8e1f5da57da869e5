// SPDX-License-Identifier: Apache-2.0
// `tessera timing`: how far the loosely timed bus is from the approximately timed one, and what the latter costs.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "platform/cli/command.h"
#include "platform/cli/network_options.h"
#include "platform/cli/progress.h"
#include "platform/session/made_networks.h"
#include "platform/session/network.h"
#include "platform/session/timing_comparison.h"
#include "platform/study/copy.h"
#include "platform/study/traffic.h"
#include "platform/text/table.h"
#include "sw/compiler/import/import_onnx.h"

namespace tessera::cli {
namespace {

struct Options {
  CommonOptions common;
  std::vector<std::string> networks;
  std::uint32_t images = 4;
  double limit_percent = 3.0;
  bool check = false;
};

struct Line {
  std::string name;
  double lt_s = 0, at_s = 0, cost = 0;
  bool same = true;
  std::uint64_t violations = 0;
  [[nodiscard]] double error() const { return lt_s / at_s - 1.0; }
};

compiler::Graph import(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) {
    throw CommandError(ExitCode::missing, fmt::format("{}: no such file; give an ONNX network", path.string()));
  }
  try {
    compiler::Graph graph = compiler::import_onnx(path);
    graph.name = path.filename().string();
    return graph;
  } catch (const compiler::UnsupportedError& error) {
    throw CommandError(ExitCode::unsupported, error.what());
  }
}

std::vector<compiler::Graph> networks_of(const Options& options) {
  std::vector<compiler::Graph> graphs;
  const std::filesystem::path lenet = platform::shipped_network();
  graphs.push_back(import(lenet));
  graphs.push_back(import(lenet.parent_path() / "resnet8.onnx"));
  for (compiler::Graph& graph : platform::synthetic_networks()) {
    graphs.push_back(std::move(graph));
  }
  for (const std::string& path : options.networks) {
    graphs.push_back(import(path));
  }
  return graphs;
}

Line compare(const compiler::Graph& graph, const platform::PlatformParameters& platform, const host::ElfImage& program,
             const Options& options) {
  return or_unsupported([&]() -> Line {
    const platform::TimingRow row = platform::compare_timing(graph, platform, program, options.images, options.check);
    return {row.name, row.lt.latency_s, row.at.latency_s, row.cost_ratio(), row.same_results(), row.at.violations};
  });
}

template <typename Run>
Line compare_runs(const std::string& name, platform::PlatformParameters platform, bool check, Run run) {
  platform.bus.check_protocol = false;
  platform.bus.timing = interconnect::BusParameters::Timing::lt;
  const auto lt = run(platform);
  platform.bus.timing = interconnect::BusParameters::Timing::at;
  platform.bus.check_protocol = check;
  const auto at = run(platform);
  return {name, lt.time_s, at.time_s, at.processor_s / lt.processor_s, true, at.violations};
}

Line compare_traffic(const std::string& name, const platform::PlatformParameters& platform,
                     const platform::Traffic& traffic, bool check) {
  return compare_runs(name, platform, check, [&](const platform::PlatformParameters& side) {
    return platform::run_traffic_isolated(side, traffic);
  });
}

Line compare_copy(const platform::PlatformParameters& platform, bool check) {
  const std::uint32_t bytes = std::min<std::uint32_t>(0x10000, static_cast<std::uint32_t>(platform.sram.size_B / 2));
  return compare_runs("DMA copy out of external DRAM", platform, check, [&](const platform::PlatformParameters& side) {
    return platform::run_dram_copy_isolated(side, bytes);
  });
}

/// A wide layer whose parts add on analog lanes: register writes of firmware amid long fetches of tables.
Line compare_lanes(platform::PlatformParameters platform, const host::ElfImage& program, const Options& options) {
  platform.analog_plane.column_sum = true;
  compiler::Graph graph = platform::dense_network({1500, 600, 10});
  graph.name = "analog lanes: " + graph.name;
  return compare(graph, platform, program, options);
}

/// Products of ten cycles, loads of 16 beats and results of one for several tiles at once: their order decides.
Line compare_multicast(platform::PlatformParameters platform, bool check) {
  for (tile::TileParameters& one : platform.tiles) {
    one.timing = {0, 0, 0, 10.0 / platform.bus.clock_Hz, 0};
  }
  const analog::ArrayParameters& array = platform.tiles.at(0).array;
  platform::Traffic traffic;
  traffic.tiles = std::min(3u, platform.tile_count());
  traffic.products = 200;
  traffic.rows = std::min(16 * platform.bus.bytes_per_beat(), array.rows);
  traffic.outputs = std::min(8u, array.pairs());
  traffic.multicast = true;
  return compare_traffic("multicast, products shorter than loads", platform, traffic, check);
}

ExitCode run(const Options& options) {
  const platform::PlatformParameters platform = load_or_refuse(options.common).platform;
  const host::ElfImage program = runtime_or_refuse();
  const std::vector<compiler::Graph> graphs = networks_of(options);
  std::vector<Line> lines;
  {
    Progress progress("comparing", graphs.size() + 4);
    for (const compiler::Graph& graph : graphs) {
      lines.push_back(compare(graph, platform, program, options));
      progress.update(lines.size());
    }
    platform::Traffic saturated;
    saturated.products = 48;
    lines.push_back(compare_traffic("saturated bus: every tile, every row", platform, saturated, options.check));
    progress.update(lines.size());
    lines.push_back(compare_multicast(platform, options.check));
    progress.update(lines.size());
    lines.push_back(compare_copy(platform, options.check));
    progress.update(lines.size());
    lines.push_back(compare_lanes(platform, program, options));
  }
  text::Table table({"<network", "LT", "AT", "LT error", "cost AT/LT", "outputs"});
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  double worst = 0, costliest = 0;
  bool good = true;
  for (const Line& line : lines) {
    table.add({line.name, text::si(line.lt_s, "s"), text::si(line.at_s, "s"),
               fmt::format("{:+.2f} %", 100 * line.error()), fmt::format("{:.2f}", line.cost),
               line.same ? "equal" : "DIFFER"});
    json.push_back({{"name", line.name},
                    {"lt_s", line.lt_s},
                    {"at_s", line.at_s},
                    {"error", line.error()},
                    {"cost_ratio", line.cost},
                    {"same_outputs", line.same},
                    {"protocol_violations", line.violations}});
    worst = std::max(worst, std::abs(line.error()));
    costliest = std::max(costliest, line.cost);
    good = good && line.same && line.violations == 0;
  }
  good = good && 100 * worst <= options.limit_percent;
  const std::string text =
      nlohmann::ordered_json{{"schema", 1}, {"good", good}, {"worst_error", worst}, {"rows", json}}.dump(2) + "\n";
  if (!options.common.output.empty()) {
    make_folder(options.common.output);
    write_file(options.common.output / "timing.json", text);
    write_file(options.common.output / "timing.txt", table.text());
  }
  if (options.common.json) {
    fmt::print("{}", text);
  } else {
    fmt::print(
        "{}latency per inference (saturated bus, multicast, copy: time of all); cost: processor time of the "
        "simulation\n"
        "largest error {:.2f} % (limit {:g} %), largest cost {:.2f}: {}\n",
        table.text(), 100 * worst, options.limit_percent, costliest, good ? "good" : "NOT GOOD");
  }
  return good ? ExitCode::good : ExitCode::software_failed;
}

}  // namespace

void add_timing(CLI::App& program, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("timing", "Compare the loosely with the approximately timed bus");
  command->add_option("networks", options->networks, "More ONNX networks, besides two shipped and three made here")
      ->type_name("FILE");
  add_platform_options(*command, options->common);
  add_output_options(*command, options->common, "");
  command->add_option("-n,--images", options->images, "Inferences of each network")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  command->add_option("--limit", options->limit_percent, "Largest error allowed [%]")
      ->check(positive_number())
      ->capture_default_str();
  command->add_flag("--check", options->check,
                    "Watch every socket for breaches of the base protocol (cost is then no measure)");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace tessera::cli
