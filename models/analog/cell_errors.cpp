// SPDX-License-Identifier: Apache-2.0
#include "models/analog/cell_errors.h"

#include <algorithm>
#include <cmath>

#include "models/analog/cell.h"
#include "models/analog/sonos.h"

namespace tessera::analog {

namespace {

using Errors = CellParameters::Errors;
constexpr double kSonosTop_nA = 1600.0;  ///< the array's full scale, to which ours is mapped

double in_sonos(const ArrayParameters& p, double current) {
  return std::clamp(current / top_current(p) * kSonosTop_nA, 0.0, 1800.0);
}

}  // namespace

double target_current(const ArrayParameters& p, int level) {
  const auto& table = p.cell.level_currents_A;
  return table.empty() ? level : table[static_cast<std::size_t>(level)] / p.cell.i_lsb_A;
}

double top_current(const ArrayParameters& p) {
  return p.cell.level_currents_A.empty()
             ? p.max_level()
             : *std::max_element(p.cell.level_currents_A.begin(), p.cell.level_currents_A.end()) / p.cell.i_lsb_A;
}

double sigma_read(const ArrayParameters& p, double current) {
  switch (p.cell.errors) {
    case Errors::constant:
      return p.cell.sigma_read_full_scale * top_current(p);
    case Errors::sonos40:
      return sonos::sigma_read_nA(in_sonos(p, current)) / kSonosTop_nA * top_current(p);
    default:
      return SubthresholdCell(p.cell, p.operating_K()).sigma_read_rel() * current;
  }
}

double programmed_current(const ArrayParameters& p, int level, double draw) {
  const double target = target_current(p, level);
  const double sigma = p.cell.errors == Errors::constant
                           ? p.cell.sigma_prog_full_scale * top_current(p)
                           : sonos::sigma_programmed_nA(in_sonos(p, target), 0.0) / kSonosTop_nA * top_current(p);
  return std::max(0.0, target + sigma * draw);
}

double sonos_aged(const ArrayParameters& p, double current, double draw) {
  const double days = std::min(p.environment.age_s / 86400.0, 5.0);
  const double at = in_sonos(p, current);
  const double fresh = sonos::sigma_programmed_nA(at, 0.0), old = sonos::sigma_programmed_nA(at, days);
  const double spread = std::sqrt(std::max(0.0, old * old - fresh * fresh));
  const double change = sonos::mean_shift_nA(at, days) + spread * draw;
  return std::max(0.0, current + change / kSonosTop_nA * top_current(p));
}

}  // namespace tessera::analog
