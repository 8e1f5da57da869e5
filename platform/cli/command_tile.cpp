// SPDX-License-Identifier: Apache-2.0
// `tessera tile`: one tile on the bench: transfer curve, linearity, noise, energy, time; CSV, JSON and plots.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "platform/cli/command.h"
#include "platform/cli/progress.h"
#include "platform/session/tile_study.h"
#include "platform/study/table.h"
#include "platform/text/plot.h"
#include "platform/text/table.h"

namespace tessera::cli {
namespace {

using nlohmann::ordered_json;
using platform::Converter;
using platform::TileStudy;
using Kind = text::PlotSeries::Kind;

struct Options {
  CommonOptions common;
  std::uint32_t tile = 0;
  platform::TileStudyOptions study;
};

double joules(probe::Energy attojoules) {
  return static_cast<double>(attojoules) * 1e-18;
}

/// Mean and spread of one figure over the converters.
study::Measured over(const TileStudy& study, double Converter::*which) {
  std::vector<double> values;
  for (const Converter& one : study.converters) {
    values.push_back(one.*which);
  }
  return study::measured(values);
}

struct Figure {
  const char* name;
  const char* label;
  double Converter::*which;
  const char* unit;
};
const std::vector<Figure>& figures() {
  static const std::vector<Figure> all = {{"offset_lsb", "offset", &Converter::offset_lsb, "LSB"},
                                          {"gain_error", "gain error", &Converter::gain_error, ""},
                                          {"inl_lsb", "INL, largest", &Converter::inl_lsb, "LSB"},
                                          {"dnl_lsb", "DNL, largest", &Converter::dnl_lsb, "LSB"},
                                          {"noise_lsb", "noise of one conversion", &Converter::noise_lsb, "LSB"},
                                          {"enob", "effective bits", &Converter::enob, "bit"}};
  return all;
}

ordered_json energy_json(const tile::ProductEnergy& e) {
  return {{"array_J", joules(e.array)}, {"dac_J", joules(e.dac)},         {"frontend_J", joules(e.frontend)},
          {"adc_J", joules(e.adc)},     {"digital_J", joules(e.digital)}, {"total_J", joules(e.total())}};
}

ordered_json json_of(const TileStudy& study, const tile::TileParameters& one) {
  ordered_json converters = ordered_json::object();
  for (const Figure& figure : figures()) {
    const study::Measured value = over(study, figure.which);
    converters[figure.name] = {{"mean", value.mean}, {"deviation", value.deviation}};
  }
  ordered_json zeros = ordered_json::array(), times = ordered_json::array();
  for (const platform::ZerosPoint& point : study.zeros) {
    zeros.push_back({{"zero_share", point.zero_share},
                     {"active_rows", point.active_rows},
                     {"zero_inputs", energy_json(point.zero_inputs)},
                     {"zero_weights", energy_json(point.zero_weights)}});
  }
  for (const platform::TimePoint& point : study.times) {
    times.push_back({{"pairs", point.pairs}, {"product_s", static_cast<double>(point.time.total()) * 1e-12}});
  }
  const platform::ProductStudy& product = study.product;
  ordered_json json = {{"schema", 1},
                       {"rows", one.array.rows},
                       {"pairs", one.array.outputs()},
                       {"gain", study.gain},
                       {"lsb_in_column_sum", study.lsb_in_column_sum},
                       {"ramp_rows", study.ramp_rows},
                       {"reach", study.reach},
                       {"converters", converters},
                       {"passes", study.passes},
                       {"random_product",
                        {{"snr_dB", product.snr_dB},
                         {"bits", product.bits},
                         {"clipped", product.clipped_share},
                         {"gain", product.gain},
                         {"gain_fits", product.gain_fits},
                         {"both_signs", product.both_signs},
                         {"error", product.error},
                         {"noise", product.noise},
                         {"noise_lsb", product.noise_lsb}}},
                       {"energy", zeros},
                       {"time", times}};
  if (!study.ramp_note.empty()) {
    json["ramp_note"] = study.ramp_note;
  }
  return json;
}

void write_tables(const TileStudy& study, const std::filesystem::path& folder) {
  std::string csv = "ideal_lsb,mean_code,sigma_code\n";
  for (const platform::RampPoint& point : study.ramp) {
    csv += fmt::format("{},{},{}\n", point.ideal_lsb, point.mean_code, point.sigma_code);
  }
  write_file(folder / "transfer.csv", csv);
  csv = "code,dnl_lsb,inl_lsb\n";
  for (std::size_t i = 0; i < study.dnl.size(); ++i) {
    csv += fmt::format("{},{},{}\n", study.first_code + static_cast<int>(i), study.dnl[i], study.inl[i]);
  }
  write_file(folder / "linearity.csv", csv);
  csv = "converter";
  for (const Figure& figure : figures()) {
    csv += fmt::format(",{}", figure.name);
  }
  csv += "\n";
  for (const Converter& one : study.converters) {
    csv += fmt::format("{}", one.number);
    for (const Figure& figure : figures()) {
      csv += fmt::format(",{}", one.*figure.which);
    }
    csv += "\n";
  }
  write_file(folder / "converters.csv", csv);
  csv = "zeros,zero_share,array_J,dac_J,frontend_J,adc_J,digital_J,total_J\n";
  for (const bool inputs : {true, false}) {
    for (const platform::ZerosPoint& point : study.zeros) {
      const tile::ProductEnergy& e = inputs ? point.zero_inputs : point.zero_weights;
      csv += fmt::format("{},{},{},{},{},{},{},{}\n", inputs ? "inputs" : "weights", point.zero_share, joules(e.array),
                         joules(e.dac), joules(e.frontend), joules(e.adc), joules(e.digital), joules(e.total()));
    }
  }
  write_file(folder / "energy.csv", csv);
  csv = "pairs,settle_s,integrate_s,convert_s,post_s,total_s\n";
  for (const platform::TimePoint& point : study.times) {
    csv +=
        fmt::format("{},{},{},{},{},{}\n", point.pairs, static_cast<double>(point.time.settle) * 1e-12,
                    static_cast<double>(point.time.integrate) * 1e-12, static_cast<double>(point.time.convert) * 1e-12,
                    static_cast<double>(point.time.post) * 1e-12, static_cast<double>(point.time.total()) * 1e-12);
  }
  write_file(folder / "time.csv", csv);
}

text::Plot plot_of(const std::string& title, const std::string& x, const std::string& y) {
  text::Plot plot;
  plot.title = title;
  plot.x.label = x;
  plot.y.label = y;
  return plot;
}

void write_plots(const TileStudy& study, const std::filesystem::path& folder) {
  const auto save = [&](const char* name, const text::Plot& plot) { write_file(folder / name, text::to_svg(plot)); };
  std::vector<double> ideal, mean, sigma, off;
  for (const platform::RampPoint& point : study.ramp) {
    ideal.push_back(point.ideal_lsb);
    mean.push_back(point.mean_code);
    sigma.push_back(point.sigma_code);
    off.push_back(point.mean_code - point.ideal_lsb);
  }
  text::Plot transfer = plot_of("Transfer curve, mean of all converters", "ideal column sum [LSB]", "code");
  transfer.series.push_back({"", ideal, mean, {}, Kind::line});
  save("transfer.svg", transfer);
  text::Plot error = plot_of("Deviation from the ideal, mean of all converters", "ideal column sum [LSB]", "[LSB]");
  error.series.push_back({"mean code - ideal", ideal, off, {}, Kind::line});
  error.series.push_back({"spread of one product", ideal, sigma, {}, Kind::line});
  save("noise.svg", error);
  std::vector<double> codes;
  for (std::size_t i = 0; i < study.dnl.size(); ++i) {
    codes.push_back(study.first_code + static_cast<double>(i));
  }
  text::Plot linearity = plot_of("Linearity of the first converter's chain", "code", "[LSB]");
  linearity.series.push_back({"INL, best line", codes, study.inl, {}, Kind::line});
  linearity.series.push_back({"DNL", codes, study.dnl, {}, Kind::points});
  save("linearity.svg", linearity);
  text::Plot histogram = plot_of("Noise of single products, all converters", "code - mean [LSB]", "products");
  for (const bool zero : {true, false}) {
    text::PlotSeries bars = text::histogram(zero ? study.noise_at_zero : study.noise_at_half, 61);
    bars.name = zero ? "no input" : "half of the range";
    bars.kind = Kind::line;
    histogram.series.push_back(bars);
  }
  save("noise_histogram.svg", histogram);
  for (const bool inputs : {true, false}) {
    text::Plot energy =
        plot_of(inputs ? "Energy of a product against zero inputs" : "Energy of a product against zero weights",
                inputs ? "share of zero inputs" : "share of zero weights", "energy [nJ]");
    const std::vector<std::pair<const char*, probe::Energy tile::ProductEnergy::*>> parts = {
        {"array", &tile::ProductEnergy::array},
        {"DAC, row drivers", &tile::ProductEnergy::dac},
        {"front end", &tile::ProductEnergy::frontend},
        {"ADC", &tile::ProductEnergy::adc},
        {"post, buffers, control", &tile::ProductEnergy::digital}};
    text::PlotSeries total{"total", {}, {}, {}, Kind::line_points};
    for (const platform::ZerosPoint& point : study.zeros) {
      total.x.push_back(point.zero_share);
      total.y.push_back(1e9 * joules((inputs ? point.zero_inputs : point.zero_weights).total()));
    }
    energy.series.push_back(total);
    for (const auto& part : parts) {
      text::PlotSeries line{part.first, total.x, {}, {}, Kind::line};
      for (const platform::ZerosPoint& point : study.zeros) {
        line.y.push_back(1e9 * joules((inputs ? point.zero_inputs : point.zero_weights).*part.second));
      }
      energy.series.push_back(line);
    }
    energy.y.low = 0;
    save(inputs ? "energy_inputs.svg" : "energy_weights.svg", energy);
  }
}

std::string text_of(const TileStudy& study, const tile::TileParameters& one) {
  std::string out = fmt::format("tile of {} rows, {} {}, {}-bit cells; {} converters of {} bits\n", one.array.rows,
                                one.array.outputs(),
                                one.array.single_columns() ? "single columns and their reference" : "column pairs",
                                one.array.cell.bits, one.array.adc.per_tile, one.array.adc.bits);
  out += fmt::format("ramp of {} rows a side at gain {:g}: 1 LSB is a column sum of {:.4g}{}\n\n", study.ramp_rows,
                     study.gain, study.lsb_in_column_sum,
                     study.reach < 1 ? fmt::format("; it reaches {:.0f} % of the range", 100 * study.reach) : "");
  text::Table table({"<chain of one converter", "mean", "spread", "<unit"});
  for (const Figure& figure : figures()) {
    const study::Measured value = over(study, figure.which);
    table.add({figure.label, fmt::format("{:.4f}", value.mean), fmt::format("{:.4f}", value.deviation), figure.unit});
  }
  out += table.text();
  const platform::ProductStudy& product = study.product;
  out += study.ramp_note.empty() ? "" : "note: " + study.ramp_note + "\n";
  out += fmt::format("\nrandom products, {} inputs of {}, {} at gain {:g}: {:.1f} dB against the ideal, {:.2f} bit\n",
                     one.inputs(), product.both_signs ? "-127 to 127" : "1 to 255",
                     study.passes == 1 ? "one pass" : fmt::format("{} passes", study.passes), product.gain,
                     product.snr_dB, product.bits);
  out += fmt::format("  error {:.4g}, of it noise {:.4g} (code x level, 1 sigma; {:.4g} LSB); {:.3f} % clipped\n",
                     product.error, product.noise, product.noise_lsb, 100 * product.clipped_share);
  if (!product.gain_fits) {
    out +=
        "  no gain fits: currents leave the converters' range even at the least; use fewer rows (tile.array_rows), "
        "less\n"
        "  current (tile.cell.i_lsb_A) or a larger range (tile.integration.adc_fs_A)\n";
  }
  const tile::ProductEnergy& full = study.zeros.front().zero_inputs;
  const tile::ProductEnergy& half = study.zeros[study.zeros.size() / 2].zero_inputs;
  const double macs = double{1} * one.inputs() * one.array.outputs();
  const double seconds = static_cast<double>(study.times.back().time.total()) * 1e-12;
  out += fmt::format("product, all pairs: {}; {} with random inputs, {} with half of them zero; {:.1f} TOPS/W\n",
                     text::si(seconds, "s"), text::si(joules(full.total()), "J"), text::si(joules(half.total()), "J"),
                     2e-12 * macs / joules(full.total()));
  return out;
}

ExitCode characterise(const Options& options) {
  const platform::LoadResult loaded = load_or_refuse(options.common);
  if (options.tile >= loaded.platform.tiles.size()) {
    throw CommandError(ExitCode::usage, fmt::format("--tile {}: the platform has tiles 0 to {}", options.tile,
                                                    loaded.platform.tiles.size() - 1));
  }
  const tile::TileParameters& one = loaded.platform.tiles[options.tile];
  platform::TileStudyOptions study = options.study;
  study.seed = loaded.platform.seed;
  study.tile = options.tile;
  Progress progress("characterising", 1000);
  const TileStudy result = platform::study_tile(
      one, study, [&](double share) { progress.update(static_cast<std::uint64_t>(1000 * share)); });
  progress.update(1000);
  make_folder(options.common.output);
  const ordered_json json = json_of(result, one);
  write_file(options.common.output / "tile.json", json.dump(1) + "\n");
  write_tables(result, options.common.output);
  write_plots(result, options.common.output);
  if (options.common.json) {
    fmt::print("{}\n", json.dump(2));
  } else {
    fmt::print("{}tables and plots in {}\n", text_of(result, one), options.common.output.string());
  }
  return ExitCode::good;
}

}  // namespace

void add_tile(CLI::App& program, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("tile", "Characterise one tile: linearity, noise, energy, time");
  add_platform_options(*command, options->common);
  add_output_options(*command, options->common, "tile");
  command->add_option("--tile", options->tile, "Number of the tile in the grid, row-major")->capture_default_str();
  command->add_option("--points", options->study.points_per_lsb, "Points of the ramp per converter step")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command->add_option("--repeats", options->study.repeats, "Products at each point of the ramp")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  command->add_option("--samples", options->study.samples, "Products behind each noise histogram")
      ->check(CLI::Range(2, 100000))
      ->capture_default_str();
  command->callback([options, &action] { action = [options] { return characterise(*options); }; });
}

}  // namespace tessera::cli
