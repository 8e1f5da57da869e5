// SPDX-License-Identifier: Apache-2.0
// Calibration of converters in reports: what was wrong, what the trims leave, what finding out cost.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "platform/session/simulation.h"
#include "sw/evaluator/calibration.h"

namespace tessera::platform {

/// Of one tile. Errors are those of the models' own curves, not the firmware's estimates.
struct CalibratedTile {
  std::uint32_t tile = 0;
  evaluator::ConverterErrors errors;
  double time_s = 0;
  power::Amount energy = 0;  ///< of the whole chip meanwhile
};
using CalibratedTiles = std::vector<CalibratedTile>;

/// Tiles between whose calibration markers a run was, or whose trims are in use at its end.
[[nodiscard]] CalibratedTiles calibrated_tiles(const PlatformParameters& platform, const deployment::Contents& contents,
                                               const SimulationOutput& output);
/// Root mean squares over the converters of all tiles.
[[nodiscard]] evaluator::ConverterErrors all_tiles(const CalibratedTiles& tiles);

/// A table; empty without a calibration.
/// @param own  energy that is booked to the calibration itself
[[nodiscard]] std::string calibration_text(const CalibratedTiles& tiles, power::Amount own);
/// Null without a calibration.
[[nodiscard]] nlohmann::ordered_json calibration_json(const CalibratedTiles& tiles, power::Amount own);
[[nodiscard]] nlohmann::ordered_json to_json(const evaluator::ConverterErrors& errors);
/// @throws nlohmann::json::exception  the text is not what to_json wrote
[[nodiscard]] evaluator::ConverterErrors converter_errors_of(const nlohmann::ordered_json& json);
/// "70 converters: offset 2.03 -> 0.12 LSB, gain 1.98 -> 0.21 %".
[[nodiscard]] std::string errors_text(const evaluator::ConverterErrors& errors);

}  // namespace tessera::platform
