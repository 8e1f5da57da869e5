// SPDX-License-Identifier: Apache-2.0
#include "platform/config/presets.h"

#include <algorithm>

namespace tessera::platform {
namespace {

// Energies published for a whole product are reached with analog_energy_scale; the split among the blocks remains
// that of the nominal platform.

constexpr const char* ideal_yaml = R"(
tile:
  effects: none
  adc: {bits: exact}
)";

constexpr const char* nominal_noiseless_yaml = R"(
tile:
  effects: none
)";

constexpr const char* vendor_target_yaml = R"(
tile:
  dac: {e_conversion_J: 0.5e-12, e_row_driver_J: 2.5e-12}
  frontend: {e_per_col_J: 2.0e-12, e_subtract_per_pair_J: 0}
  adc: {e_conv_J: 3.0e-12}
  digital: {e_per_output_J: 1.0e-12}
  buffers: {e_in_J_per_B: 0.2e-12, e_out_J_per_B: 0.4e-12}
  control: {e_per_mvm_J: 1.0e-9}
)";

// The same weights in conventional MAC arrays, so that one firmware runs one network on both.
constexpr const char* digital_baseline_yaml = R"(
tile:
  kind: digital
  effects: none
  adc: {bits: exact}
)";

constexpr const char* digital_dram_yaml = R"(
tile:
  kind: digital
  effects: none
  adc: {bits: exact}
  digital_baseline: {weights: dram}
)";

constexpr const char* small_sram_yaml = R"(
sram: {size_B: 524288, banks: 8}
)";

constexpr const char* virt_compat_yaml = R"(
virt_compat: true
cpu: {memory_B: 8388608}
)";

// Time: 26 TOPS of 76 tiles are 6.1 us a product; conversions take what settling, integration and post stage leave.
// Energy: 283 nJ a product at full use (0.27 pJ/MAC of the chip, all inclusive).
constexpr const char* silicon_mythic_like_yaml = R"(
tile:
  array_rows: 1024
  array_cols: 2048
  bits_per_cell: 8
  cell: {i_lsb_A: 5.88e-11}
  adc: {per_tile: 64, t_conv_s: 350.0e-9}
  buffers: {out_B: 4096}
  analog_energy_scale: 11.0276
)";

// 133 ns and 13.4 nJ a product; one converter a column; 256 time steps of the input at 1 GHz are not split further.
constexpr const char* hermes_core_yaml = R"(
grid: {rows: 1, cols: 1}
tile:
  array_rows: 256
  array_cols: 512
  dac: {t_settle_s: 1.0e-9}
  integration: {t_s: 64.0e-9}
  adc: {per_tile: 256, t_conv_s: 64.0e-9}
  digital: {t_post_s: 4.0e-9}
  analog_energy_scale: 1.8574
  effects: none
)";

// A law in bits for all eight published rows (3 to 10 bits out, 1 to 8 in). Inputs come in max(1, bits - 1) pulses. In
// fJ an operation, 65,536 a product of 256 rows and 128 signed columns: word lines 1.52 + 7.04 a pulse, input pulses
// 3.76, neurons and control 1.66 + 9.46 a pulse + 2.21 of the integrating converter at 8 bits; time 0.301 us + 1.240
// us a pulse + 0.813 us of the converter at 8 bits. Least squares of the relative residuals: docs/validation.md. Cell
// currents belong to the input pulses: they are scaled down with full scale, so that they are not booked twice.
constexpr const char* neurram_core_yaml = R"(
grid: {rows: 1, cols: 1}
tile:
  array_rows: 256
  array_cols: 256
  dac:
    law: pulses
    bits: 6
    t_settle_s: 0.3007e-6
    e_conversion_J: 0.9618e-12
    e_row_driver_J: 0.3892e-12
    e_row_pulse_J: 1.8029e-12
  integration: {t_s: 1.2397e-6, adc_fs_A: 1.0e-9}
  frontend: {e_per_col_J: 2.4208e-12, e_subtract_per_pair_J: 0}
  adc: {law: integrating, per_tile: 128, t_conv_s: 0.8131e-6, e_conv_J: 1.1317e-12}
  digital: {t_post_s: 0, e_per_output_J: 0}
  buffers: {e_in_J_per_B: 0, e_out_J_per_B: 0}
  control: {e_per_mvm_J: 436.2e-12}
  cell: {i_lsb_A: 1.0e-12, i_off_A: 0}
  effects: none
)";

// 1152 rows by 256 signed outputs of 8-bit weights: one pair of 7-bit cells, 1600 nA at the highest level, on/off 1e7.
// Inputs are bits added up in the analog domain there, pulses here: one conversion a product. Full scale at the largest
// gain is the calibrated range of the source's chip, 4.3 highest cell currents. Energy: the engine's 20 TOPS/W.
constexpr const char* sonos40_iedm22_yaml = R"(
tile:
  array_rows: 1152
  array_cols: 512
  bits_per_cell: 7
  cell: {law: linear, errors: sonos40, i_lsb_A: 1.2598425e-8, i_off_A: 1.6e-13}
  dac: {type: pulse_width}
  integration: {adc_fs_A: 1.1e-4}
  adc: {law: ramp, per_tile: 256}
  analog_energy_scale: 1.264
)";

}  // namespace

const std::vector<Preset>& presets() {
  static const std::vector<Preset> all = {
      {std::string(default_preset), "memBrain-like tiles at 40 nm: the default", "the sources of the keys", ""},
      {"ideal", "no non-ideality, exact converters: integer arithmetic", "definition", ideal_yaml},
      {"nominal_noiseless", "no non-ideality, converters quantise and clip as nominal", "definition",
       nominal_noiseless_yaml},
      {"vendor_target", "energies that give the 120 TOPS/W a vendor announced as its target",
       "electronics-journal.com/news/108091; a target, not a measurement", vendor_target_yaml},
      {"digital_baseline", "conventional MAC arrays behind the same registers, weights in SRAM of the tile",
       "founding article: 250 fJ a MAC; Eyeriss access ratios", digital_baseline_yaml},
      {"digital_dram", "the same with weights fetched from outside the chip by every job",
       "founding article: 50-100 pJ a transfer; Eyeriss access ratios", digital_dram_yaml},
      {"small_sram", "512 KiB of shared SRAM in 8 banks", "Mr.Wolf class, 10.1109/JSSC.2019.2912307", small_sram_yaml},
      {"virt_compat", "8 MiB of CPU memory for software made for virtual machines: no chip", "QEMU virt machine",
       virt_compat_yaml},
      {"silicon_mythic_like", "1024 x 1024 weights of 8 bit a tile, 6.1 us and 283 nJ a product",
       "Mythic M1076: 26 TOPS, 76 tiles, 3-4 W; derived", silicon_mythic_like_yaml},
      {"hermes_core", "one 256 x 256 phase-change core: 133 ns and 13.4 nJ a product; no noise",
       "s41928-023-01010-1; totals only, the split is ours", hermes_core_yaml},
      {"neurram_core",
       "one 256 x 128 resistive core, cost by a law in bits; 8-bit outputs, 6-bit inputs: 107 fJ/op, 7.3 us; no noise",
       "s41586-022-04992-8 as digitised in CiMLoop", neurram_core_yaml},
      {"sonos40_iedm22",
       "1152 x 256 weights of 8 bit in measured 40 nm SONOS cells: programming error, read noise, drift",
       "Agrawal, IEDM 2022 21.7; array and ADC range: CrossSim SONOS-TCAS.json; 20 TOPS/W: 10.1109/TCSI.2021.3134313",
       sonos40_iedm22_yaml},
  };
  return all;
}

const Preset* find_preset(std::string_view name) {
  const std::vector<Preset>& all = presets();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Preset& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace tessera::platform
