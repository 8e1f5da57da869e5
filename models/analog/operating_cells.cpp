// SPDX-License-Identifier: Apache-2.0
#include "models/analog/operating_cells.h"

#include <algorithm>

#include "models/analog/cell.h"
#include "models/analog/gaussian.h"
#include "models/analog/philox.h"

namespace tessera::analog {

namespace {

/// Decades of (1 + age / 1 h).
double decades_of(const Environment& e) {
  return portable_log(1.0 + e.age_h) / 2.3025850929940457;
}

bool other_temperature(const ArrayParameters& p, const Environment& e) {
  return e.programmed_K > 0.0 && e.programmed_K != p.temperature_K;
}

double gain_of(const ArrayParameters& p, const Environment& e) {
  return e.common_gain && other_temperature(p, e)
             ? common_gain_compensation(p.max_level(), e.programmed_K, p.temperature_K).gain
             : 1.0;
}

}  // namespace

OperatingCells::OperatingCells(const ArrayParameters& parameters, const Environment& environment, std::uint64_t seed,
                               std::uint32_t tile, const CellStore& cells)
    : parameters_(parameters),
      environment_(environment),
      seed_(seed),
      tile_(tile),
      cells_(cells),
      off_(parameters.effects.off_current ? parameters.cell.i_off_A / parameters.cell.i_lsb_A : 0.0),
      changed_(environment.changes_cells(parameters.temperature_K)),
      decades_(decades_of(environment)),
      gain_(gain_of(parameters, environment)) {
  whole_levels_ = !changed_ && !parameters.effects.programming_error && !parameters.effects.off_current;
  if (other_temperature(parameters, environment)) {
    ratio_ = environment.programmed_K / parameters.temperature_K;
  }
}

std::uint32_t OperatingCells::word(Purpose purpose, std::uint64_t event, std::uint32_t row,
                                   std::uint32_t column) const {
  const std::uint32_t position = row * parameters_.columns + column;
  return philox4x32(philox_counter(seed_, event, position / 4), philox_key(seed_, tile_, purpose))[position % 4];
}

double OperatingCells::current(std::uint32_t row, std::uint32_t column) const {
  const CellRow* cells = cells_.find(row);
  const double programmed = cells != nullptr ? static_cast<double>(cells->current[column]) : 0.0;
  if (!changed_) {
    return programmed > 0.0 ? programmed : off_;
  }
  const Environment& e = environment_;
  if (e.stuck_off_rate + e.stuck_on_rate > 0.0) {
    const double draw = (word(Purpose::fault, 0, row, column) + 0.5) / 4294967296.0;
    if (draw < e.stuck_off_rate) {
      return off_;
    }
    if (draw < e.stuck_off_rate + e.stuck_on_rate) {
      return parameters_.max_level();
    }
  }
  return programmed > 0.0 ? aged(programmed, row, column) : off_;
}

double OperatingCells::aged(double current, std::uint32_t row, std::uint32_t column) const {
  if (decades_ > 0.0) {
    const std::uint32_t writes = cells_.writes(row, column);
    const double rate = environment_.drift_mean_per_decade +
                        environment_.drift_sigma_per_decade *
                            static_cast<double>(gaussian(word(Purpose::retention, writes - 1, row, column)));
    current *= std::max(0.0, 1.0 + decades_ * rate);
  }
  if (ratio_ != 1.0) {
    current = current > 0.0 ? gain_ * portable_exp(ratio_ * portable_log(current)) : 0.0;
  }
  return current;
}

double largest_relative_current(const ArrayParameters& p, const Environment& e) {
  double factor = p.effects.programming_error ? portable_exp(5.0 * p.cell.sigma_prog_rel) : 1.0;
  factor *= std::max(1.0, 1.0 + decades_of(e) * (e.drift_mean_per_decade + 5.0 * e.drift_sigma_per_decade));
  if (other_temperature(p, e)) {
    const double ratio = e.programmed_K / p.temperature_K;
    const double top = gain_of(p, e) * portable_exp(ratio * portable_log(p.max_level() * factor)) / p.max_level();
    factor = std::max(1.0, top);
  }
  return factor;
}

}  // namespace tessera::analog
