// SPDX-License-Identifier: Apache-2.0
// Our numbers beside published ones, as Markdown for docs/validation.md. Each table says how many parameters were taken
// from the source's data and how many of its numbers were then checked.
#pragma once

#include <string>
#include <vector>

namespace tessera::validation {

struct Check {
  std::string what;
  double ours = 0, source = 0;
  std::string unit;
  /// A bound instead of a value: ours must not be above it.
  bool bound = false;
  /// The number of another check by another assumption: printed, but no number of its own.
  bool alternative = false;
  /// Whether its difference counts.
  [[nodiscard]] bool value() const { return !bound && !alternative; }
  [[nodiscard]] double error() const { return ours / source - 1; }
};

struct Comparison {
  std::string title, law;
  int fitted = 0;             ///< parameters taken from the data that the checks come from
  std::vector<Check> checks;  ///< numbers that were not used to choose a parameter, unless it is a calibration
  std::string remark;
  [[nodiscard]] int numbers() const;  ///< checked, without alternatives
  /// As many parameters as checks: such a table shows that the model can be set so, not that it predicts.
  [[nodiscard]] bool calibration() const { return fitted >= numbers(); }
  [[nodiscard]] double rms_error() const;
  [[nodiscard]] double largest_error() const;
  [[nodiscard]] std::string markdown() const;
};

[[nodiscard]] Comparison nominal();
[[nodiscard]] Comparison vendor_target();
[[nodiscard]] Comparison mythic_like();
[[nodiscard]] Comparison hermes();
[[nodiscard]] Comparison neurram_law();       ///< all eight rows, three energies each, from the preset's six constants
[[nodiscard]] Comparison neurram_rate_law();  ///< their rates from its three times
[[nodiscard]] Comparison neurram_energy_rows();  ///< the others from two rows
[[nodiscard]] Comparison neurram_time_rows();
[[nodiscard]] Comparison guo_180nm();
[[nodiscard]] Comparison jin_55nm();

[[nodiscard]] std::vector<Comparison> all();

/// Largest relative distance of the preset's nine constants from the least-squares solutions for the published rows.
[[nodiscard]] double neurram_distance_from_fit();

}  // namespace tessera::validation
