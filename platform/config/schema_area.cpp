// SPDX-License-Identifier: Apache-2.0
// The keys of area: what one of each costs.
#include "platform/config/schema_builder.h"

namespace tessera::platform::schema_builder {

void add_area_keys(std::vector<Key>& keys) {
  keys.push_back(bind(real("area.cell_um2", "um^2", 0, 1e6),
                      [](auto& chip, auto&) -> auto& { return chip.area.cell_um2; },
                      {"55 nm analog ESF3, 0.33 um^2 (arXiv 1611.03379), scaled by (40/55)^2", 'M', "one flash cell"}));
  keys.push_back(bind(real("area.dac_um2", "um^2", 0, 1e8),
                      [](auto& chip, auto&) -> auto& { return chip.area.dac_um2; },
                      {"8-bit capacitive DAC, 40 nm (Accelergy library)", 'M', "input converter of one row"}));
  keys.push_back(bind(real("area.adc_um2", "um^2", 0, 1e8),
                      [](auto& chip, auto&) -> auto& { return chip.area.adc_um2; },
                      {"8 bit, 10 MS/s, 40 nm: 3676 um^2 (Accelergy ADC plug-in), rounded up", 'M', "one ADC"}));
  keys.push_back(bind(real("area.post_um2", "um^2", 0, 1e8),
                      [](auto& chip, auto&) -> auto& { return chip.area.post_um2; },
                      {"assumption: a 32-bit multiply-add of 800 gates", 'L', "post stage behind one ADC"}));
  keys.push_back(bind(real("area.sram_cell_um2", "um^2", 0, 1e3),
                      [](auto& chip, auto&) -> auto& { return chip.area.sram_cell_um2; },
                      {"TSMC 40 nm announcement, 2008", 'H', "SRAM cell of six transistors: one bit"}));
  Key share = positive("area.sram_array_share", "", 1);
  keys.push_back(bind(share, [](auto& chip, auto&) -> auto& { return chip.area.sram_array_share; },
                      {"assumption", 'L', "share of an SRAM macro that is cells"}));
  keys.push_back(bind(real("area.gate_um2", "um^2", 0, 1e3),
                      [](auto& chip, auto&) -> auto& { return chip.area.gate_um2; },
                      {"NAND2 at 28 nm, 0.614 um^2 (ZigZag-IMC), scaled by (40/28)^2", 'M', "one gate equivalent"}));
  keys.push_back(bind(real("area.mac_um2", "um^2", 0, 1e6),
                      [](auto& chip, auto&) -> auto& { return chip.area.mac_um2; },
                      {"741 gates of a 5 x 8 bit MAC with 24-bit accumulator (ZigZag-IMC gate costs)", 'M',
                       "one digital MAC unit with its registers"}));
  keys.push_back(bind(real("area.cpu_kGE", "kGE", 0, 1e6), [](auto& chip, auto&) -> auto& { return chip.area.cpu_kGE; },
                      {"Ibex documentation, small configuration", 'H', "RISC-V core in thousands of gates"}));
  keys.push_back(bind(real("area.dma_channel_kGE", "kGE", 0, 1e6),
                      [](auto& chip, auto&) -> auto& { return chip.area.dma_channel_kGE; },
                      {"assumption", 'L', "one DMA channel in thousands of gates"}));
}

}  // namespace tessera::platform::schema_builder
