// SPDX-License-Identifier: Apache-2.0
// `tessera traffic`: what bus and converters allow when every tile multiplies as fast as it can; with --study, over
// sizes of the grid, widths of the bus and ways to share converters.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "platform/cli/command.h"
#include "platform/cli/progress.h"
#include "platform/study/traffic.h"
#include "platform/study/traffic_study.h"
#include "platform/text/table.h"

namespace tessera::cli {
namespace {

struct Options {
  CommonOptions common;
  platform::Traffic traffic;
  bool study = false;
};

nlohmann::ordered_json to_json(const platform::TrafficResult& r, double expected) {
  return {{"time_s", r.time_s},
          {"products", r.products},
          {"tops", r.tops},
          {"expected_tops", expected},
          {"bytes_per_product", r.bytes_per_product},
          {"saved_bytes_per_product", r.saved_bytes_per_product},
          {"bus_share", r.bus_share},
          {"converter_stall", r.converter_stall},
          {"protocol_violations", r.violations},
          {"wall_clock", {{"processor_s", r.processor_s}, {"build_s", r.build_s}}}};
}

ExitCode one(const Options& options, const platform::PlatformParameters& platform) {
  const platform::TrafficResult result = platform::run_traffic_isolated(platform, options.traffic);
  const double expected = platform::expected_tops(platform, options.traffic);
  const std::string json = to_json(result, expected).dump(2) + "\n";
  if (!options.common.output.empty()) {
    make_folder(options.common.output);
    write_file(options.common.output / "traffic.json", json);
  }
  if (options.common.json) {
    fmt::print("{}", json);
  } else {
    fmt::print(
        "{} products in {}: {:.3f} TOPS (arithmetic: {:.3f})\n"
        "{:.0f} bytes a product ({:.0f} more saved by reuse), bus busy {:.1f} % of the time, tiles wait for converters "
        "{:.1f} %\n",
        result.products, text::si(result.time_s, "s"), result.tops, expected, result.bytes_per_product,
        result.saved_bytes_per_product, 100 * result.bus_share, 100 * result.converter_stall);
  }
  return result.violations == 0 ? ExitCode::good : ExitCode::software_failed;
}

ExitCode run_study(const Options& options, const platform::PlatformParameters& platform) {
  const std::vector<platform::StudyPoint> plan = platform::study_points(platform, options.traffic);
  std::vector<platform::TrafficResult> results;
  {
    Progress progress("simulating", plan.size());
    for (const platform::StudyPoint& point : plan) {
      results.push_back(platform::run_traffic_isolated(point.platform, point.traffic));
      progress.update(results.size());
    }
  }
  const platform::Study study = platform::make_study(plan, results);
  const std::filesystem::path folder = options.common.output.empty() ? "interconnect" : options.common.output;
  make_folder(folder);
  for (const auto& [name, text] : study.files) {
    write_file(folder / name, text);
  }
  fmt::print("{}", options.common.json ? study.json : study.text + "plots and numbers in " + folder.string() + "\n");
  return ExitCode::good;
}

}  // namespace

void add_traffic(CLI::App& program, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("traffic", "Load every tile with products and see what the bus allows");
  add_platform_options(*command, options->common);
  add_output_options(*command, options->common, "");
  command->add_option("--tiles", options->traffic.tiles, "Tiles that work; default: all")->check(CLI::Range(1, 1024));
  command->add_option("--products", options->traffic.products, "Products of each tile")
      ->check(CLI::Range(1, 60000))
      ->capture_default_str();
  command->add_option("--rows", options->traffic.rows, "Rows used; default: all")->check(CLI::Range(1, 8192));
  command->add_option("--outputs", options->traffic.outputs, "Column pairs used; default: all")
      ->check(CLI::Range(1, 4096));
  command->add_option("--window", options->traffic.window, "Kernel columns that share the rows")
      ->check(CLI::Range(1, 255))
      ->capture_default_str();
  command->add_flag("--window-reuse", options->traffic.window_reuse, "Fetch the new column of each window only");
  command->add_flag("--multicast", options->traffic.multicast, "All tiles multiply the same vectors: each moves once");
  command->add_flag("--study", options->study, "Vary grid, bus width and sharing of converters; plots and table");
  command->callback([options, &action] {
    action = [options] {
      const platform::PlatformParameters platform = load_or_refuse(options->common).platform;
      try {
        return options->study ? run_study(*options, platform) : one(*options, platform);
      } catch (const std::invalid_argument& error) {
        throw CommandError(ExitCode::usage, error.what());
      }
    };
  });
}

}  // namespace tessera::cli
