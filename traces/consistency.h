// SPDX-License-Identifier: Apache-2.0
// Does a trace agree with itself? Hardware counters against job rows, energies against each other, numbers against
// the names they refer to.
#pragma once

#include <string>
#include <vector>

#include "traces/reader.h"

namespace tessera::traces {

struct Discrepancy {
  std::string what;      ///< "tile[0,1].conversions"
  std::string expected;  ///< what the other side says
  std::string found;
};

/// Empty for a trace that agrees. A job that failed, or a soft reset, shows up here: counters have counted what no
/// job row tells, or the other way round.
/// @throws TraceError
[[nodiscard]] std::vector<Discrepancy> check_consistency(TraceReader& trace);
/// One line a discrepancy, "" if there is none.
[[nodiscard]] std::string consistency_text(const std::vector<Discrepancy>& found);

}  // namespace tessera::traces
