// SPDX-License-Identifier: Apache-2.0
// The keys of erasing and programming (docs/programming.md).
#include "platform/config/schema_builder.h"

namespace tessera::platform::schema_builder {

void add_programming_keys(std::vector<Key>& keys) {
  keys.push_back(bind(whole("tile.program.pulses_per_cell", "", 1, 255),
                      [](auto&, auto& one) -> auto& { return one.programming.controller.pulses; },
                      {"10.1109/DRC.2016.7548449: 1.2 %", 'M', "pulses of a cell, method fixed"}));
  keys.push_back(bind(whole("tile.program.most_pulses", "", 1, 255),
                      [](auto&, auto& one) -> auto& { return one.programming.controller.most_pulses; },
                      {"assumption", 'L', "pulses of a cell at most, method verify"}));
  keys.push_back(bind(whole("tile.program.cells_parallel", "", 1, 256),
                      [](auto&, auto& one) -> auto& { return one.programming.timing.cells_parallel; },
                      {"assumption", 'L', "cells programmed together"}));
  keys.push_back(bind(real("tile.program.t_pulse_s", "s", 0, 1e-2),
                      [](auto&, auto& one) -> auto& { return one.programming.timing.pulse_s; },
                      {"SST37VF512: 10-15 us a byte", 'M', "one program pulse"}));
  keys.push_back(bind(real("tile.program.t_hv_switch_s", "s", 0, 1e-2),
                      [](auto&, auto& one) -> auto& { return one.programming.timing.switch_s; },
                      {"assumption", 'L', "from high voltage to read and back"}));
  keys.push_back(bind(real("tile.program.t_verify_s", "s", 1e-9, 1e-2),
                      [](auto&, auto& one) -> auto& { return one.programming.timing.verify_s; },
                      {"assumption", 'L', "one verify read"}));
  keys.push_back(bind(real("tile.program.t_soft_erase_s", "s", 0, 1),
                      [](auto&, auto& one) -> auto& { return one.programming.timing.soft_erase_s; },
                      {"assumption: tunnelling shifts with the logarithm of time", 'L', "one soft erase of a cell"}));
  keys.push_back(bind(real("tile.program.e_pulse_J", "J", 0, 1e-6),
                      [](auto&, auto& one) -> auto& { return one.programming.timing.pulse_J; },
                      {"0.5 uA x 4.5 V x 5 us at 30 % pump efficiency + control gate", 'L',
                       "energy of a pulse, for each of the cells programmed together"}));
  keys.push_back(bind(
      real("tile.program.start_below_V", "V", 0, 2),
      [](auto&, auto& one) -> auto& { return one.programming.controller.start_below_V; },
      {"SST patents US10741568, US11636322: coarse, then precision steps; values fitted to 10.1109/DRC.2016.7548449",
       'L', "how far below the target the first pulse aims"}));
  keys.push_back(bind(
      real("tile.program.coarse_step_V", "V", 1e-6, 1),
      [](auto&, auto& one) -> auto& { return one.programming.controller.step_V[0]; },
      {"SST patents US10741568, US11636322: coarse, then precision steps; values fitted to 10.1109/DRC.2016.7548449",
       'L', "threshold shift of one pulse, coarse phase"}));
  keys.push_back(bind(
      real("tile.program.coarse_margin_V", "V", 0, 1),
      [](auto&, auto& one) -> auto& { return one.programming.controller.margin_V[0]; },
      {"SST patents US10741568, US11636322: coarse, then precision steps; values fitted to 10.1109/DRC.2016.7548449",
       'L', "distance to the target at which the coarse phase ends"}));
  keys.push_back(bind(
      real("tile.program.medium_step_V", "V", 1e-6, 1),
      [](auto&, auto& one) -> auto& { return one.programming.controller.step_V[1]; },
      {"SST patents US10741568, US11636322: coarse, then precision steps; values fitted to 10.1109/DRC.2016.7548449",
       'L', "threshold shift of one pulse, medium phase"}));
  keys.push_back(bind(
      real("tile.program.medium_margin_V", "V", 0, 1),
      [](auto&, auto& one) -> auto& { return one.programming.controller.margin_V[1]; },
      {"SST patents US10741568, US11636322: coarse, then precision steps; values fitted to 10.1109/DRC.2016.7548449",
       'L', "distance to the target at which the medium phase ends"}));
  keys.push_back(bind(
      real("tile.program.fine_step_V", "V", 1e-6, 1),
      [](auto&, auto& one) -> auto& { return one.programming.controller.step_V[2]; },
      {"SST patents US10741568, US11636322: coarse, then precision steps; values fitted to 10.1109/DRC.2016.7548449",
       'L', "threshold shift of one pulse, fine phase"}));
  keys.push_back(bind(
      real("tile.program.fine_margin_V", "V", 0, 1),
      [](auto&, auto& one) -> auto& { return one.programming.controller.margin_V[2]; },
      {"SST patents US10741568, US11636322: coarse, then precision steps; values fitted to 10.1109/DRC.2016.7548449",
       'L', "distance to the target at which the fine phase ends"}));
  keys.push_back(bind(
      real("tile.program.precise_step_V", "V", 1e-6, 1),
      [](auto&, auto& one) -> auto& { return one.programming.controller.step_V[3]; },
      {"SST patents US10741568, US11636322: coarse, then precision steps; values fitted to 10.1109/DRC.2016.7548449",
       'L', "threshold shift of one pulse, precise phase"}));
  keys.push_back(bind(
      real("tile.program.precise_margin_V", "V", 0, 1),
      [](auto&, auto& one) -> auto& { return one.programming.controller.margin_V[3]; },
      {"SST patents US10741568, US11636322: coarse, then precision steps; values fitted to 10.1109/DRC.2016.7548449",
       'L', "distance to the target at which the precise phase ends"}));
  keys.push_back(
      bind(real("tile.program.overshoot_rel", "", 1e-3, 0.9),
           [](auto&, auto& one) -> auto& { return one.programming.controller.overshoot_rel; },
           {"US11853856: erase-tune below target - delta", 'L', "shortfall of current that calls for a soft erase"}));
  keys.push_back(bind(real("tile.program.injection_V", "V", 1e-3, 1),
                      [](auto&, auto& one) -> auto& { return one.programming.cell.injection_V; },
                      {"assumption", 'L', "gate voltage for a factor e of injection current"}));
  keys.push_back(bind(real("tile.program.onset_sigma_V", "V", 0, 0.5),
                      [](auto&, auto& one) -> auto& { return one.programming.cell.onset_sigma_V; },
                      {"assumption", 'L', "spread of the gate voltage at which cells start to inject"}));
  keys.push_back(bind(real("tile.program.jitter_rel", "", 0, 1),
                      [](auto&, auto& one) -> auto& { return one.programming.cell.jitter_rel; },
                      {"assumption", 'L', "spread of the injection current from pulse to pulse"}));
  keys.push_back(bind(real("tile.program.electron_V", "V", 1e-6, 0.1),
                      [](auto&, auto& one) -> auto& { return one.programming.cell.electron_V; },
                      {"q / 1 fF; the measured 0.3 % bounds it", 'L', "threshold shift of one electron"}));
  keys.push_back(bind(real("tile.program.soft_erase_V", "V", 1e-3, 0.5),
                      [](auto&, auto& one) -> auto& { return one.programming.cell.soft_erase_V; },
                      {"assumption", 'L', "threshold shift of a soft erase"}));
  keys.push_back(bind(whole("tile.program.most_soft_erases", "", 0, 100),
                      [](auto&, auto& one) -> auto& { return one.programming.controller.most_soft_erases; },
                      {"assumption", 'L', "soft erases of a cell in one write"}));
  keys.push_back(bind(real("tile.program.soft_erase_rel", "", 0, 1),
                      [](auto&, auto& one) -> auto& { return one.programming.cell.soft_erase_rel; },
                      {"assumption", 'L', "spread of a soft erase"}));
  keys.push_back(bind(real("tile.program.disturb_row_V", "V", 0, 1e-3),
                      [](auto&, auto& one) -> auto& { return one.programming.cell.disturb_row_V; },
                      {"assumption", 'L', "shift of a cell for each pulse given to another one of its row"}));
  keys.push_back(bind(real("tile.program.disturb_column_V", "V", 0, 1e-3),
                      [](auto&, auto& one) -> auto& { return one.programming.cell.disturb_column_V; },
                      {"assumption", 'L', "shift of a cell for each pulse given to another one of its column"}));
  keys.push_back(bind(real("tile.erase.t_s", "s", 1e-9, 10),
                      [](auto&, auto& one) -> auto& { return one.programming.timing.erase_s; },
                      {"page erase of embedded flash: 2-20 ms", 'M', "erase of a row pair"}));
  keys.push_back(bind(real("tile.erase.erased_V", "V", -3, -0.2),
                      [](auto&, auto& one) -> auto& { return one.programming.cell.erased_V; },
                      {"assumption", 'L', "threshold of an erased cell, above that of level 1"}));
  keys.push_back(bind(real("tile.erase.erased_sigma_V", "V", 0, 0.5),
                      [](auto&, auto& one) -> auto& { return one.programming.cell.erased_sigma_V; },
                      {"assumption", 'L', "its spread"}));
  keys.push_back(bind(real("tile.erase.erased_current_A", "A", 1e-15, 1e-3),
                      [](auto&, auto& one) -> auto& { return one.programming.cell.erased_current_A; },
                      {"TCAD of a 40 nm split-gate cell, PMC10537690: < 2 uA", 'H', "on-current of an erased cell"}));
  keys.push_back(bind(real("tile.erase.endurance_cycles", "", 1, 1e9),
                      [](auto&, auto& one) -> auto& { return one.programming.wear.endurance_cycles; },
                      {"assumption: 1 k - 10 k for analog precision", 'L',
                       "cycles at which the wear below is reached; it grows with their square root"}));
  keys.push_back(bind(real("tile.erase.wear_window_V", "V", 0, 1),
                      [](auto&, auto& one) -> auto& { return one.programming.wear.window_V; },
                      {"assumption", 'L', "rise of the erased threshold"}));
  keys.push_back(bind(real("tile.erase.wear_onset_V", "V", 0, 1),
                      [](auto&, auto& one) -> auto& { return one.programming.wear.onset_V; },
                      {"assumption", 'L', "rise of the gate voltage at which injection sets in"}));
  keys.push_back(bind(real("tile.erase.wear_noise_rel", "", 0, 10),
                      [](auto&, auto& one) -> auto& { return one.programming.wear.noise_rel; },
                      {"assumption", 'L', "more noise of pulses and verify reads"}));
}

}  // namespace tessera::platform::schema_builder
