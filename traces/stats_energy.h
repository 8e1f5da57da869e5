// SPDX-License-Identifier: Apache-2.0
// Parts of compute_stats(): what layers cost, and energy by everything it is attributed to.
#pragma once

#include "traces/stats.h"

namespace tessera::traces {

void add_layers(TraceReader& trace, Stats& stats);
void add_energies(TraceReader& trace, Stats& stats);
void add_power_states(TraceReader& trace, Stats& stats);

}  // namespace tessera::traces
