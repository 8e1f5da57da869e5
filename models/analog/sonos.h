// SPDX-License-Identifier: Apache-2.0
// Measured errors of a 40 nm SONOS array (128 k devices; Agrawal et al., IEDM 2022, 21.7), in nA and days. The laws
// hold for currents up to 3200 nA fresh and up to 1800 nA with drift, and ages of 0 to 5 days.
#pragma once

namespace tessera::analog::sonos {

/// Programming error and spread of the drift after `days`, 1 sigma [nA]: A(t) (1 - exp(-I / B(t))).
/// @throws std::out_of_range  days outside 0..5 or current outside the fitted range
[[nodiscard]] double sigma_programmed_nA(double current_nA, double days);
/// Mean change of a cell's current after `days` [nA].
/// @throws std::out_of_range  as above
[[nodiscard]] double mean_shift_nA(double current_nA, double days);
/// Read noise of one product, 1 sigma [nA].
[[nodiscard]] double sigma_read_nA(double current_nA);

}  // namespace tessera::analog::sonos
