// SPDX-License-Identifier: Apache-2.0
// `tessera lanes`: what sums on analog lanes save, and what they cost in accuracy, against digital partial sums.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "platform/cli/command.h"
#include "platform/cli/network_options.h"
#include "platform/cli/progress.h"
#include "platform/session/lane_study.h"
#include "platform/session/made_networks.h"
#include "platform/text/plot.h"
#include "platform/text/table.h"

namespace tessera::cli {
namespace {

struct Options {
  CommonOptions common;
  std::string network;
  std::vector<int> widths = {3000, 600, 10};
  std::uint32_t images = 4;
  std::uint32_t quality = 50;
  bool curve = false;
};

compiler::Graph network_of(const Options& options) {
  return options.network.empty() ? platform::dense_network(options.widths) : import_or_refuse(options.network);
}

nlohmann::ordered_json to_json(const platform::LaneSide& side) {
  return {{"bus_bytes", side.bus_bytes},  {"conversions", side.conversions},
          {"clipped", side.clipped},      {"latency_s", side.latency_s},
          {"energy_J", side.energy_J},    {"lanes_J", side.lanes_J},
          {"analog_snr_dB", side.snr_dB}, {"same_as_evaluator", side.same_as_evaluator},
          {"notes", side.notes}};
}

std::string table_of(const platform::LaneComparison& c) {
  text::Table table({"<per inference", "digital partial sums", "sums on analog lanes", "ratio"});
  const auto row = [&](const char* name, double a, double b, const std::string& text_a, const std::string& text_b) {
    table.add({name, text_a, text_b, a > 0 ? fmt::format("{:.3f}", b / a) : "-"});
  };
  const auto plain = [&](const char* name, double a, double b) {
    row(name, a, b, fmt::format("{:.0f}", a), fmt::format("{:.0f}", b));
  };
  plain("bytes over the bus, tiles", c.digital.bus_bytes, c.lanes.bus_bytes);
  plain("conversions", c.digital.conversions, c.lanes.conversions);
  plain("of these clipped", c.digital.clipped, c.lanes.clipped);
  row("latency", c.digital.latency_s, c.lanes.latency_s, text::si(c.digital.latency_s, "s"),
      text::si(c.lanes.latency_s, "s"));
  row("energy", c.digital.energy_J, c.lanes.energy_J, text::si(c.digital.energy_J, "J"),
      text::si(c.lanes.energy_J, "J"));
  row("of this on lanes", c.digital.lanes_J, c.lanes.lanes_J, text::si(c.digital.lanes_J, "J"),
      text::si(c.lanes.lanes_J, "J"));
  table.add({"SNR of " + c.layer, fmt::format("{:.2f} dB", c.digital.snr_dB), fmt::format("{:.2f} dB", c.lanes.snr_dB),
             fmt::format("{:+.2f} dB", c.lanes.snr_dB - c.digital.snr_dB)});
  table.add({"bytes as the evaluator's", c.digital.same_as_evaluator ? "equal" : "DIFFER",
             c.lanes.same_as_evaluator ? "equal" : "DIFFER", ""});
  return table.text();
}

std::string plot_of(const platform::LaneComparison& comparison, const std::vector<platform::LaneNoisePoint>& curve) {
  text::Plot plot;
  plot.title = "Accuracy of a sum on analog lanes";
  plot.note = comparison.network + ", " + comparison.layer + "; signal: exact int8, noise: chip - exact";
  plot.x.label = "noise of a lane driver, 1 sigma [A]";
  plot.x.logarithmic = true;
  plot.y.label = "SNR [dB]";
  text::PlotSeries lanes, digital;
  lanes.name = "sums on analog lanes";
  digital.name = "digital partial sums";
  digital.kind = text::PlotSeries::Kind::line;
  for (const platform::LaneNoisePoint& point : curve) {
    lanes.x.push_back(point.sigma_A);
    lanes.y.push_back(point.lanes_dB);
    digital.x.push_back(point.sigma_A);
    digital.y.push_back(point.digital_dB);
  }
  plot.series = {lanes, digital};
  return text::to_svg(plot);
}

ExitCode run(const Options& options) {
  const platform::PlatformParameters platform = load_or_refuse(options.common).platform;
  const host::ElfImage program = runtime_or_refuse();
  platform::LaneComparison comparison;
  std::vector<platform::LaneNoisePoint> curve;
  or_unsupported([&] {
    const compiler::Graph graph = network_of(options);
    comparison = platform::compare_lanes(graph, platform, program, options.images, options.quality);
    if (options.curve) {
      curve = platform::lane_noise_curve(graph, platform, {1e-10, 3e-10, 1e-9, 3e-9, 1e-8, 3e-8, 1e-7, 3e-7},
                                         options.quality);
    }
  });
  if (comparison.layer.empty()) {
    throw CommandError(ExitCode::unsupported, comparison.network +
                                                  ": no layer is split along its inputs on this "
                                                  "platform; smaller tiles or wider layers are");
  }
  nlohmann::ordered_json points = nlohmann::ordered_json::array();
  for (const platform::LaneNoisePoint& point : curve) {
    points.push_back(
        {{"sigma_A", point.sigma_A}, {"digital_snr_dB", point.digital_dB}, {"lanes_snr_dB", point.lanes_dB}});
  }
  const bool good = comparison.digital.same_as_evaluator && comparison.lanes.same_as_evaluator;
  const std::string json = nlohmann::ordered_json{{"schema", 1},
                                                  {"network", comparison.network},
                                                  {"layer", comparison.layer},
                                                  {"digital", to_json(comparison.digital)},
                                                  {"lanes", to_json(comparison.lanes)},
                                                  {"noise", points}}
                               .dump(2) +
                           "\n";
  std::string text = fmt::format("{}\n{}", comparison.network, table_of(comparison));
  for (const std::string& note : comparison.lanes.notes) {
    text += note + "\n";
  }
  if (!options.common.output.empty()) {
    make_folder(options.common.output);
    write_file(options.common.output / "lanes.json", json);
    write_file(options.common.output / "lanes.txt", text);
    if (options.curve) {
      write_file(options.common.output / "lane_noise.svg", plot_of(comparison, curve));
    }
  }
  fmt::print("{}", options.common.json ? json : text);
  return good ? ExitCode::good : ExitCode::software_failed;
}

}  // namespace

void add_lanes(CLI::App& program, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      program.add_subcommand("lanes", "Compare digital partial sums with sums of tiles on analog lanes");
  command->add_option("network", options->network, "ONNX or TensorFlow Lite network; default: a dense one, made here")
      ->type_name("FILE");
  add_platform_options(*command, options->common);
  add_output_options(*command, options->common, "");
  command->add_option("--dense", options->widths, "Widths of the dense network, inputs first")
      ->delimiter('-')
      ->check(CLI::Range(1, 65535))
      ->expected(2, 16);
  command->add_option("-n,--images", options->images, "Inferences to simulate")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  command->add_option("--quality", options->quality, "Inputs behind the signal-to-noise ratio")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command->add_flag("--curve", options->curve, "Besides, the ratio over the noise of the lanes (plot with -o)");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace tessera::cli
