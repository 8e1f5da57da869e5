// SPDX-License-Identifier: Apache-2.0
// Size of the cells' random errors by the law that the parameters choose. Currents in units of level 1.
#pragma once

#include "models/analog/array_parameters.h"

namespace tessera::analog {

/// Current that a level is programmed to, without error.
[[nodiscard]] double target_current(const ArrayParameters& p, int level);
/// Current of the highest level.
[[nodiscard]] double top_current(const ArrayParameters& p);
/// Read noise of a cell, 1 sigma.
[[nodiscard]] double sigma_read(const ArrayParameters& p, double current);
/// Current that programming leaves for a standard normal draw, for laws whose error is no factor.
[[nodiscard]] double programmed_current(const ArrayParameters& p, int level, double draw);
/// SONOS: current after the age of the environment, for a standard normal draw of the cell.
[[nodiscard]] double sonos_aged(const ArrayParameters& p, double current, double draw);

}  // namespace tessera::analog
