// SPDX-License-Identifier: Apache-2.0
// What happens to an array after programming. Nothing by default.
#pragma once

namespace tessera::analog {

struct Environment {
  double age_s = 0.0;          ///< time since programming [s]
  double temperature_K = 0.0;  ///< of operation [K]; 0: as it was at programming
};

}  // namespace tessera::analog
