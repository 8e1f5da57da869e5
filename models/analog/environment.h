// SPDX-License-Identifier: Apache-2.0
// What happens to an array after programming: retention drift, another temperature, broken cells. Static while products
// run; everything off by default.
#pragma once

namespace tessera::analog {

struct Environment {
  double programmed_K = 0.0;              ///< temperature at programming [K]; 0: the operating temperature
  bool common_gain = true;                ///< the front end's gain takes up what all levels have in common
  double age_h = 0.0;                     ///< time since programming [h]
  double drift_mean_per_decade = -0.002;  ///< relative change of current per decade of (1 + age / 1 h), mean of cells
  double drift_sigma_per_decade = 0.003;  ///< and its spread: a cell keeps its own rate until it is written again
  double stuck_off_rate = 0.0;            ///< share of cells that never conduct
  double stuck_on_rate = 0.0;             ///< share of cells that conduct as the highest level, whatever is written

  /// Whether some cell's current differs from the programmed one.
  [[nodiscard]] bool changes_cells(double operating_K) const {
    return age_h > 0.0 || stuck_off_rate > 0.0 || stuck_on_rate > 0.0 ||
           (programmed_K > 0.0 && programmed_K != operating_K);
  }
};

}  // namespace tessera::analog
