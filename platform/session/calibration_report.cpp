// SPDX-License-Identifier: Apache-2.0
#include "platform/session/calibration_report.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "platform/text/table.h"

namespace tessera::platform {

using nlohmann::ordered_json;

CalibratedTiles calibrated_tiles(const PlatformParameters& platform, const deployment::Contents& contents,
                                 const SimulationOutput& output) {
  std::map<std::uint32_t, CalibratedTile> tiles;
  for (const InferenceFacts& facts : output.calibrations) {
    if (facts.number < platform.tiles.size() && facts.end != 0) {
      CalibratedTile& tile = tiles[facts.number];
      tile.time_s += static_cast<double>(facts.end - facts.begin) * 1e-12;
      tile.energy += facts.energy;
    }
  }
  for (const auto& [number, words] : output.trims) {
    tiles[number];
  }
  CalibratedTiles all;
  for (auto& [number, tile] : tiles) {
    const auto words = output.trims.find(number);
    tile.tile = number;
    tile.errors =
        evaluator::converter_errors(platform.tiles[number], platform.seed, number, contents,
                                    words == output.trims.end() ? std::span<const std::uint32_t>() : words->second);
    all.push_back(tile);
  }
  return all;
}

evaluator::ConverterErrors all_tiles(const CalibratedTiles& tiles) {
  evaluator::ConverterErrors sum;
  for (const CalibratedTile& tile : tiles) {
    const evaluator::ConverterErrors& one = tile.errors;
    const double n = one.converters;
    sum.converters += one.converters;
    sum.trimmed += one.trimmed;
    sum.offset_lsb += n * one.offset_lsb * one.offset_lsb;
    sum.gain += n * one.gain * one.gain;
    sum.left_lsb += n * one.left_lsb * one.left_lsb;
    sum.left_gain += n * one.left_gain * one.left_gain;
  }
  for (double* value : {&sum.offset_lsb, &sum.gain, &sum.left_lsb, &sum.left_gain}) {
    *value = sum.converters > 0 ? std::sqrt(*value / sum.converters) : 0.0;
  }
  return sum;
}

std::string calibration_text(const CalibratedTiles& tiles, power::Amount own) {
  if (tiles.empty()) {
    return {};
  }
  const auto change = [](double before, double after, const char* unit) {
    return fmt::format("{:.3f} -> {:.3f} {}", before, after, unit);
  };
  text::Table table({"tile", "converters", "trimmed", "offset error", "gain error", "time", "chip meanwhile"});
  double time_s = 0;
  power::Amount energy = 0;
  const auto row = [&](const std::string& name, const evaluator::ConverterErrors& e, double s, power::Amount joules) {
    table.add({name, fmt::format("{}", e.converters), fmt::format("{}", e.trimmed),
               change(e.offset_lsb, e.left_lsb, "LSB"), change(100 * e.gain, 100 * e.left_gain, "%"), text::si(s, "s"),
               text::si(power::joules(joules), "J")});
  };
  for (const CalibratedTile& tile : tiles) {
    row(fmt::format("{}", tile.tile), tile.errors, tile.time_s, tile.energy);
    time_s += tile.time_s;
    energy += tile.energy;
  }
  table.rule();
  row("all", all_tiles(tiles), time_s, energy);
  return fmt::format(
      "calibration of converters in use: root mean square of the models' own errors, before -> after\n{}"
      "booked to the calibration itself, row (calibration): {}\n",
      table.text(), text::si(power::joules(own), "J"));
}

ordered_json to_json(const evaluator::ConverterErrors& errors) {
  return {{"converters", errors.converters},     {"trimmed", errors.trimmed},  {"offset_before_lsb", errors.offset_lsb},
          {"offset_after_lsb", errors.left_lsb}, {"gain_before", errors.gain}, {"gain_after", errors.left_gain}};
}

evaluator::ConverterErrors converter_errors_of(const ordered_json& json) {
  evaluator::ConverterErrors errors;
  errors.converters = json.at("converters").get<std::uint32_t>();
  errors.trimmed = json.at("trimmed").get<std::uint32_t>();
  errors.offset_lsb = json.at("offset_before_lsb").get<double>();
  errors.left_lsb = json.at("offset_after_lsb").get<double>();
  errors.gain = json.at("gain_before").get<double>();
  errors.left_gain = json.at("gain_after").get<double>();
  return errors;
}

ordered_json calibration_json(const CalibratedTiles& tiles, power::Amount own) {
  if (tiles.empty()) {
    return nullptr;
  }
  double time_s = 0;
  power::Amount energy = 0;
  ordered_json rows = ordered_json::array();
  for (const CalibratedTile& tile : tiles) {
    ordered_json one = {{"tile", tile.tile}};
    one.update(to_json(tile.errors));
    one["time_s"] = tile.time_s;
    one["chip_energy_J"] = power::joules_text(tile.energy);
    rows.push_back(one);
    time_s += tile.time_s;
    energy += tile.energy;
  }
  ordered_json json = to_json(all_tiles(tiles));
  json["time_s"] = time_s;
  json["energy_J"] = power::joules_text(own);
  json["chip_energy_J"] = power::joules_text(energy);
  json["tiles"] = rows;
  return json;
}

std::string errors_text(const evaluator::ConverterErrors& errors) {
  return fmt::format("{} of {} converters trimmed: offset {:.3f} -> {:.3f} LSB, gain {:.3f} -> {:.3f} % rms",
                     errors.trimmed, errors.converters, errors.offset_lsb, errors.left_lsb, 100 * errors.gain,
                     100 * errors.left_gain);
}

}  // namespace tessera::platform
