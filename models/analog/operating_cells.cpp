// SPDX-License-Identifier: Apache-2.0
#include "models/analog/operating_cells.h"

#include <algorithm>
#include <cmath>

#include "models/analog/cell.h"
#include "models/analog/cell_errors.h"
#include "models/analog/gaussian.h"
#include "models/analog/philox.h"
#include "models/analog/temperature.h"

namespace tessera::analog {

namespace {

/// Decades of (1 + age / 1 h).
double decades_of(const ArrayParameters& p) {
  return p.ages() ? portable_log(1.0 + p.environment.age_s / 3600.0) / 2.3025850929940457 : 0.0;
}

}  // namespace

OperatingCells::OperatingCells(const ArrayParameters& parameters, std::uint64_t seed, std::uint32_t tile,
                               const CellStore& cells)
    : parameters_(parameters),
      seed_(seed),
      tile_(tile),
      cells_(cells),
      faults_(parameters, seed, tile),
      off_(parameters.effects.off_current ? parameters.cell.i_off_A / parameters.cell.i_lsb_A : 0.0),
      changed_(parameters.changes_cells()),
      decades_(decades_of(parameters)),
      heat_(parameters) {
  whole_levels_ = !changed_ && !parameters.effects.programming_error && !parameters.effects.off_current &&
                  parameters.cell.level_currents_A.empty();
  if (heat_.on && off_ > 0.0) {
    off_ = heat_.of(off_);
  }
}

std::uint32_t OperatingCells::word(Purpose purpose, std::uint64_t event, std::uint32_t row,
                                   std::uint32_t column) const {
  const std::uint32_t position = row * parameters_.columns + column;
  return philox4x32(philox_counter(seed_, event, position / 4), philox_key(seed_, tile_, purpose))[position % 4];
}

double OperatingCells::current(std::uint32_t row, std::uint32_t column) const {
  if (injected_ != nullptr) {
    if (const auto level = injected_->level(row, column)) {
      return *level > 0 ? target_current(parameters_, *level) : off_;
    }
  }
  const CellRow* cells = cells_.find(row);
  const double programmed = cells != nullptr ? static_cast<double>(cells->current[column]) : 0.0;
  if (!changed_) {
    return programmed > 0.0 ? programmed : off_;
  }
  if (!faults_.empty()) {
    switch (faults_.at(row, column)) {
      case FaultMap::State::off:
        return off_;
      case FaultMap::State::on:
        return heat_.on ? heat_.of(top_current(parameters_)) : top_current(parameters_);
      case FaultMap::State::good:
        break;
    }
  }
  return programmed > 0.0 ? aged(programmed, row, column) : off_;
}

double OperatingCells::aged(double current, std::uint32_t row, std::uint32_t column) const {
  const CellParameters& cell = parameters_.cell;
  if (decades_ > 0.0) {
    const std::uint32_t writes = cells_.writes(row, column);
    if (cell.errors == CellParameters::Errors::sonos40) {
      return sonos_aged(parameters_, current,
                        static_cast<double>(gaussian(word(Purpose::retention, writes - 1, row, column))));
    }
    const double rate =
        cell.drift_mean_per_decade +
        cell.drift_sigma_per_decade * static_cast<double>(gaussian(word(Purpose::retention, writes - 1, row, column)));
    current *= std::max(0.0, 1.0 + decades_ * rate);
  }
  if (heat_.on && current > 0.0) {
    current = heat_.of(current);
    if (heat_.sigma > 0.0) {
      current *= portable_exp(heat_.sigma * static_cast<double>(gaussian(word(Purpose::tempco, 0, row, column))));
    }
  }
  return current;
}

double largest_relative_current(const ArrayParameters& p) {
  double factor = p.effects.programming_error ? portable_exp(5.0 * p.cell.sigma_prog_rel) : 1.0;
  if (p.cell.errors != CellParameters::Errors::relative) {
    factor = p.effects.programming_error ? programmed_current(p, p.max_level(), 5.0) / p.max_level() : 1.0;
  }
  if (!p.cell.level_currents_A.empty()) {
    factor = std::max(factor, factor * top_current(p) / p.max_level());
  }
  factor *= std::max(1.0, 1.0 + decades_of(p) * (p.cell.drift_mean_per_decade + 5.0 * p.cell.drift_sigma_per_decade));
  if (const TemperatureLaw heat(p); heat.on) {
    factor = std::max(1.0, heat.of(p.max_level() * factor) / p.max_level() * portable_exp(5.0 * heat.sigma));
  }
  if (p.effects.slow_noise) {
    const double top = top_current(p);
    factor *= 1.0 + std::sqrt(p.cell.slow_share) * sigma_read(p, top) / top;
  }
  return factor;
}

}  // namespace tessera::analog
