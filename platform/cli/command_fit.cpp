// SPDX-License-Identifier: Apache-2.0
// `tessera fit`: somebody's measured cells and converters, from CSV files to a platform file.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "platform/cli/command.h"
#include "platform/config/presets.h"
#include "platform/config/schema.h"
#include "platform/study/measured.h"
#include "platform/text/plot.h"
#include "platform/text/table.h"

namespace tessera::cli {
namespace {

using Kind = text::PlotSeries::Kind;

struct Options {
  CommonOptions common;
  std::filesystem::path cells, curves, drift, transfer;
};

std::string text_of(const std::filesystem::path& path) {
  const std::vector<std::uint8_t> bytes = read_file(path);
  return {bytes.begin(), bytes.end()};
}

double value_of(const std::vector<study::FittedKey>& keys, const std::string& name) {
  for (const study::FittedKey& key : keys) {
    if (key.key == name) {
      return key.value;
    }
  }
  return 0;
}

class Fit {
 public:
  explicit Fit(const Options& options) : options_(options) {
    if (options.cells.empty() && options.curves.empty() && options.drift.empty() && options.transfer.empty()) {
      throw CommandError(ExitCode::usage, "nothing to fit: give --cells, --curves, --drift or --transfer");
    }
    preset_ = options.common.platform.empty() ? std::string(platform::default_preset) : options.common.platform;
    if (platform::find_preset(preset_) == nullptr) {
      throw CommandError(ExitCode::usage,
                         fmt::format("{}: the fitted keys go on top of a preset; give its name", preset_));
    }
  }

  ExitCode run() {
    try {
      read();
    } catch (const study::MeasuredError& error) {
      throw CommandError(ExitCode::usage, error.what());
    }
    const std::string yaml = study::platform_text(preset_, keys_, sources_);
    const platform::LoadResult loaded = platform::load_platform_text(yaml, "measured.yaml", {});
    if (!loaded.ok()) {
      throw CommandError(ExitCode::usage,
                         "what was measured is outside the range of the model:\n" + loaded.error_text());
    }
    make_folder(options_.common.output);
    write_file(options_.common.output / "measured.yaml", yaml);
    for (const auto& [name, plot] : plots_) {
      write_file(options_.common.output / name, text::to_svg(plot));
    }
    if (options_.common.json) {
      nlohmann::ordered_json keys = nlohmann::ordered_json::array();
      for (const study::FittedKey& key : keys_) {
        const nlohmann::ordered_json value = key.is_switch        ? nlohmann::ordered_json(key.value != 0)
                                             : key.values.empty() ? nlohmann::ordered_json(key.value)
                                                                  : nlohmann::ordered_json(key.values);
        keys.push_back({{"key", key.key}, {"value", value}, {"unit", key.unit}, {"residual", key.residual}});
      }
      fmt::print("{}\n", nlohmann::ordered_json{{"schema", 1}, {"preset", preset_}, {"keys", keys}}.dump(2));
      return ExitCode::good;
    }
    text::Table table({"<key", "value", "<unit", "<against the data"});
    for (const study::FittedKey& key : keys_) {
      const std::string value = key.is_switch ? (key.value != 0 ? "true" : "false")
                                : key.values.empty()
                                    ? fmt::format("{:.4g}", key.value)
                                    : fmt::format("{:.3g} .. {:.3g}", key.values.front(), key.values.back());
      table.add({key.key, value, key.unit, key.residual});
    }
    const std::string path = (options_.common.output / "measured.yaml").string();
    fmt::print("{}\nplatform in {}: tessera eval -p {}\n", table.text(), path, path);
    return ExitCode::good;
  }

 private:
  /// A key that an earlier file has given stays: curves say more about levels than cells do.
  void add(const std::vector<study::FittedKey>& keys, const std::filesystem::path& source) {
    for (const study::FittedKey& key : keys) {
      if (std::none_of(keys_.begin(), keys_.end(), [&](const auto& other) { return other.key == key.key; })) {
        keys_.push_back(key);
      }
    }
    sources_.push_back(source.filename().string());
  }

  void read() {
    const platform::LoadResult base = platform::load_platform(preset_, {});
    const analog::ArrayParameters& array = platform::typical_tile(base.platform).array;
    constexpr double boltzmann_V_per_K = 8.617333262e-5;
    const double n_ut_V = array.cell.n_slope * boltzmann_V_per_K * array.temperature_K;
    if (!options_.curves.empty()) {
      const auto rows = study::parse_curves(text_of(options_.curves), options_.curves.string());
      plot_curves(rows);
      add(study::fit_curves(rows, n_ut_V), options_.curves);
    }
    if (!options_.cells.empty()) {
      const auto rows = study::parse_cells(text_of(options_.cells), options_.cells.string());
      const auto keys = study::fit_cells(rows, n_ut_V);
      plot_cells(rows, value_of(keys, "tile.cell.i_lsb_A"), value_of(keys, "tile.cell.sigma_prog_rel"));
      add(keys, options_.cells);
    }
    if (!options_.drift.empty()) {
      const auto rows = study::parse_drift(text_of(options_.drift), options_.drift.string());
      const auto keys = study::fit_drift(rows);
      plot_drift(rows, value_of(keys, "tile.cell.drift_rel_per_decade_h.mean"));
      add(keys, options_.drift);
    }
    if (!options_.transfer.empty()) {
      const auto rows = study::parse_transfer(text_of(options_.transfer), options_.transfer.string());
      plot_transfer(rows);
      add(study::fit_transfer(rows), options_.transfer);
    }
  }

  void plot_cells(const std::vector<study::CellRow>& rows, double lsb, double sigma) {
    text::Plot plot;
    plot.title = "Cell current by level";
    plot.x.label = "level";
    plot.y.label = "current [nA]";
    text::PlotSeries measured{"measured, with programming error", {}, {}, {}, Kind::points};
    text::PlotSeries law{"fitted", {}, {}, {}, Kind::line};
    text::Plot errors = plot;
    errors.title = "Spread after programming";
    errors.y.label = "spread [nA]";
    text::PlotSeries spread{"measured", {}, {}, {}, Kind::points}, share{"fitted", {}, {}, {}, Kind::line};
    for (const study::CellRow& row : rows) {
      measured.x.push_back(row.level);
      measured.y.push_back(row.current_A * 1e9);
      measured.error.push_back(std::max(row.sigma_prog_A, 0.0) * 1e9);
      law.x.push_back(row.level);
      law.y.push_back(row.level * lsb * 1e9);
      if (row.sigma_prog_A >= 0) {
        spread.x.push_back(row.level);
        spread.y.push_back(row.sigma_prog_A * 1e9);
        share.x.push_back(row.level);
        share.y.push_back(row.level * lsb * sigma * 1e9);
      }
    }
    plot.series = {measured, law};
    plots_.emplace_back("cells.svg", plot);
    if (!spread.x.empty()) {
      errors.series = {spread, share};
      plots_.emplace_back("programming.svg", errors);
    }
  }

  void plot_curves(const std::vector<study::CurveRow>& rows) {
    text::Plot plot;
    plot.title = "Cell current by input code";
    plot.x.label = "input code";
    plot.y.label = "current [nA]";
    const int highest = rows.back().level;
    for (const int level : {highest, highest / 2, highest / 4, 1}) {
      text::PlotSeries series{fmt::format("level {}", level), {}, {}, {}, Kind::line};
      for (const study::CurveRow& row : rows) {
        if (row.level == level) {
          series.x.push_back(row.code);
          series.y.push_back(row.current_A * 1e9);
        }
      }
      if (std::none_of(plot.series.begin(), plot.series.end(),
                       [&](const auto& other) { return other.name == series.name; })) {
        plot.series.push_back(series);
      }
    }
    plots_.emplace_back("curves.svg", plot);
  }

  void plot_drift(const std::vector<study::DriftRow>& rows, double mean) {
    text::Plot plot;
    plot.title = "Change of current with age";
    plot.x.label = "log10(1 + age / 1 h)";
    plot.y.label = "change [%]";
    text::PlotSeries measured{"measured", {}, {}, {}, Kind::points}, law{"fitted", {}, {}, {}, Kind::line};
    for (const study::DriftRow& row : rows) {
      const double decades = std::log10(1 + row.age_s / 3600);
      measured.x.push_back(decades);
      measured.y.push_back(100 * row.mean_change);
      measured.error.push_back(100 * std::max(row.sigma_change, 0.0));
      law.x.push_back(decades);
      law.y.push_back(100 * mean * decades);
    }
    plot.series = {measured, law};
    plots_.emplace_back("drift.svg", plot);
  }

  void plot_transfer(const std::vector<study::TransferRow>& rows) {
    text::Plot plot;
    plot.title = "Transfer of a converter";
    plot.x.label = "input [LSB]";
    plot.y.label = "mean code - input [LSB]";
    text::PlotSeries off{"", {}, {}, {}, Kind::points};
    for (const study::TransferRow& row : rows) {
      off.x.push_back(row.ideal_lsb);
      off.y.push_back(row.mean_code - row.ideal_lsb);
    }
    plot.series = {off};
    plots_.emplace_back("transfer.svg", plot);
  }

  const Options& options_;
  std::string preset_;
  std::vector<study::FittedKey> keys_;
  std::vector<std::string> sources_;
  std::vector<std::pair<std::string, text::Plot>> plots_;
};

}  // namespace

void add_fit(CLI::App& program, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("fit", "A platform file from measured cells and converters (CSV)");
  command->add_option("-p,--platform", options->common.platform, "Preset that supplies all other keys")
      ->type_name("PRESET");
  add_output_options(*command, options->common, "fit");
  command->add_option("--cells", options->cells, "Columns level,current_A[,sigma_prog_A][,sigma_read_A]")
      ->type_name("CSV");
  command->add_option("--curves", options->curves, "Columns level,code,current_A: every level at the same input codes")
      ->type_name("CSV");
  command->add_option("--drift", options->drift, "Columns age_s,mean_change[,sigma_change][,level]")->type_name("CSV");
  command
      ->add_option("--transfer", options->transfer, "Columns ideal_lsb,mean_code[,sigma_code,converter] of converters")
      ->type_name("CSV");
  command->callback([options, &action] { action = [options] { return Fit(*options).run(); }; });
}

}  // namespace tessera::cli
