// SPDX-License-Identifier: Apache-2.0
// `tessera reuse`: bytes, latency and energy with each way to reuse data on and off.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "platform/cli/command.h"
#include "platform/cli/network_options.h"
#include "platform/cli/progress.h"
#include "platform/session/made_networks.h"
#include "platform/session/network.h"
#include "platform/session/reuse_study.h"
#include "platform/text/plot.h"
#include "platform/text/table.h"

namespace tessera::cli {
namespace {

struct Options {
  CommonOptions common;
  std::vector<std::string> networks;
  std::vector<int> widths;
  std::uint32_t images = 2;
  bool all = false;
};

struct Network {
  std::string name;
  compiler::Graph graph;
  std::uint32_t input_buffer_B = 0;  ///< of every tile; 0: the platform's
};

Network import(const std::filesystem::path& path) {
  return {path.filename().string(), import_or_refuse(path), 0};
}

Network dense(const std::vector<int>& widths) {
  return {fmt::format("dense {}", fmt::join(widths, "-")), platform::dense_network(widths), 0};
}

std::vector<Network> networks_of(const Options& options) {
  std::vector<Network> networks;
  for (const std::string& path : options.networks) {
    networks.push_back(import(path));
  }
  if (!options.widths.empty()) {
    networks.push_back(dense(options.widths));
  }
  if (!networks.empty()) {
    return networks;
  }
  const std::filesystem::path folder = platform::shipped_network().parent_path();
  for (const char* name : {"lenet.onnx", "mlp.onnx", "resnet8.onnx"}) {
    networks.push_back(import(folder / name));
  }
  constexpr std::uint32_t large = 32768;  // all that a tile's address window has room for
  networks.push_back({fmt::format("resnet8, {} KiB", large / 1024), networks.back().graph, large});
  networks.push_back(dense({900, 1100, 10}));
  return networks;
}

std::string plot_of(const std::vector<Network>& networks, const std::vector<std::vector<platform::ReusePoint>>& rows) {
  text::Plot plot;
  plot.title = "Bytes on the bus with each reuse of data";
  plot.note = "an inference; 1: windows, multicast and kept outputs off";
  plot.y.label = "bytes / bytes without reuse";
  plot.y.low = 0;
  for (const Network& network : networks) {
    plot.x.categories.push_back(network.name);
  }
  for (std::size_t i = 0; i < rows.front().size(); ++i) {
    text::PlotSeries series;
    series.name = platform::name_of(rows.front()[i].switches);
    series.kind = text::PlotSeries::Kind::points;
    for (std::size_t n = 0; n < rows.size(); ++n) {
      series.x.push_back(static_cast<double>(n));
      series.y.push_back(static_cast<double>(rows[n][i].bytes.total) / static_cast<double>(rows[n][0].bytes.total));
    }
    plot.series.push_back(std::move(series));
  }
  return text::to_svg(plot);
}

std::string table_of(const std::vector<Network>& networks, const std::vector<std::vector<platform::ReusePoint>>& rows) {
  using interconnect::Traffic;
  text::Table table({"<network", "<reuse", "bytes", "inputs", "partial", "outputs", "not moved: window", "multicast",
                     "kept", "latency", "energy", "outputs"});
  const auto number = [](const platform::ReusePoint& point, std::uint64_t bytes) {
    return bytes == 0 ? std::string("-") : fmt::format("{:.10g}", point.per_image(bytes));
  };
  for (std::size_t n = 0; n < rows.size(); ++n) {
    for (const platform::ReusePoint& point : rows[n]) {
      const platform::BusBytes& b = point.bytes;
      table.add({&point == &rows[n].front() ? networks[n].name : "", platform::name_of(point.switches),
                 number(point, b.total), number(point, b.of(Traffic::input)), number(point, b.of(Traffic::partial)),
                 number(point, b.of(Traffic::output)), number(point, b.saved_window), number(point, b.saved_multicast),
                 number(point, b.saved_kept), text::si(point.latency_s, "s"), text::si(point.energy_J, "J"),
                 point.same_as_evaluator && point.results == rows[n].front().results ? "equal" : "DIFFER"});
    }
    if (n + 1 < rows.size()) {
      table.rule();
    }
  }
  return table.text();
}

nlohmann::ordered_json json_of(const Network& network, const std::vector<platform::ReusePoint>& points) {
  nlohmann::ordered_json cases = nlohmann::ordered_json::array();
  for (const platform::ReusePoint& point : points) {
    cases.push_back({{"name", platform::name_of(point.switches)},
                     {"window", point.switches.window},
                     {"multicast", point.switches.multicast},
                     {"kept", point.switches.kept},
                     {"images", point.images},
                     {"bus_bytes", platform::bus_bytes_json(point.bytes)},
                     {"latency_s", point.latency_s},
                     {"energy_J", point.energy_J},
                     {"same_outputs", point.results == points.front().results},
                     {"same_as_evaluator", point.same_as_evaluator}});
  }
  return {{"network", network.name}, {"cases", cases}};
}

ExitCode run(const Options& options) {
  const platform::PlatformParameters platform = load_or_refuse(options.common).platform;
  const host::ElfImage program = runtime_or_refuse();
  std::vector<Network> networks;
  std::vector<std::vector<platform::ReusePoint>> rows;
  or_unsupported([&] {
    networks = networks_of(options);
    Progress progress("simulating", networks.size());
    for (const Network& network : networks) {
      platform::PlatformParameters chip = platform;
      for (tile::TileParameters& tile : chip.tiles) {
        tile.input_buffer_B = network.input_buffer_B != 0 ? network.input_buffer_B : tile.input_buffer_B;
      }
      rows.push_back(
          platform::study_reuse(network.graph, chip, program, options.images, platform::reuse_cases(options.all)));
      progress.update(rows.size());
    }
  });
  bool good = true;
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (std::size_t n = 0; n < rows.size(); ++n) {
    for (const platform::ReusePoint& point : rows[n]) {
      good = good && point.same_as_evaluator && point.results == rows[n].front().results;
    }
    all.push_back(json_of(networks[n], rows[n]));
  }
  const std::string json = nlohmann::ordered_json{{"schema", 1}, {"good", good}, {"networks", all}}.dump(2) + "\n";
  const std::string text = table_of(networks, rows);
  if (!options.common.output.empty()) {
    make_folder(options.common.output);
    write_file(options.common.output / "reuse.json", json);
    write_file(options.common.output / "reuse.txt", text);
    write_file(options.common.output / "reuse.svg", plot_of(networks, rows));
  }
  if (options.common.json) {
    fmt::print("{}", json);
  } else {
    fmt::print("{}an inference, between its markers; outputs: of every case, against the evaluator\n{}", text,
               good ? "" : "NOT GOOD: outputs differ\n");
  }
  return good ? ExitCode::good : ExitCode::software_failed;
}

}  // namespace

void add_reuse(CLI::App& program, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("reuse", "Bytes, latency and energy with each reuse of data on and off");
  command
      ->add_option("networks", options->networks,
                   "ONNX or TensorFlow Lite networks; default: the shipped ones and a dense one, made here")
      ->type_name("FILE");
  add_platform_options(*command, options->common);
  add_output_options(*command, options->common, "");
  command->add_option("--dense", options->widths, "Widths of a dense network, inputs first")
      ->delimiter('-')
      ->check(CLI::Range(1, 65535))
      ->expected(2, 16);
  command->add_option("-n,--images", options->images, "Inferences of each case")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  command->add_flag("--all", options->all, "All eight combinations instead of five");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace tessera::cli
