// SPDX-License-Identifier: Apache-2.0
// The keys of a tile; each can differ by position in the grid.
#include <string>

#include "platform/config/schema_builder.h"

namespace tessera::platform::schema_builder {
namespace {

/// Of a product that uses every column.
std::uint32_t most_conversions(const tile::TileParameters& one) {
  return one.array.conversions(one.array.outputs());
}

void add_array(std::vector<Key>& keys) {
  // 8192 rows of 10-bit codes and 8-bit levels are the most that a 32-bit column sum holds.
  keys.push_back(bind(compiled(whole("tile.array_rows", "", 1, 8192)),
                      [](auto&, auto& one) -> auto& { return one.array.rows; },
                      {"Mythic tile has about 1000 x 1000 weights", 'M', "physical rows: longest input vector"}));
  keys.push_back(
      bind(compiled(with(whole("tile.array_cols", "", 2, 8192), Key::Extra::even)),
           [](auto&, auto& one) -> auto& { return one.array.columns; },
           {"Mythic tile; pairs: patent US11600321", 'M', "physical columns; two neighbours are one signed column"}));
  keys.push_back(bind(
      compiled_later(choice("tile.weight_mapping", {"differential_adjacent", "offset_column", "reference_column"})),
      [](auto&, auto& one) -> auto& { return one.array.weight_mapping; },
      {"pairs: patent US11600321; offset: ISAAC, ISCA 2016", 'M',
       "columns of a signed weight: two neighbours; or one, and behind each block a column of the level of weight 0, "
       "subtracted behind the converters (offset) or before them (reference)"}));
  keys.push_back(bind(compiled(whole("tile.bits_per_cell", "bit", 1, 8)),
                      [](auto&, auto& one) -> auto& { return one.array.cell.bits; },
                      {"founding article", 'H', "levels 0 .. 2^bits - 1 of a cell"}));
  keys.push_back(bind(compiled(real("tile.cell.i_lsb_A", "A", 1e-15, 1e-4)),
                      [](auto&, auto& one) -> auto& { return one.array.cell.i_lsb_A; },
                      {"founding article: sub-nA mean", 'M', "cell current of level 1 at the largest input"}));
  keys.push_back(
      bind(real("tile.cell.i_off_A", "A", 0, 1e-4), [](auto&, auto& one) -> auto& { return one.array.cell.i_off_A; },
           {"TCAD of a 40 nm split-gate cell, PMC10537690: < 10 pA", 'H', "current of level 0 at the largest input"}));
  keys.push_back(bind(real("tile.cell.n_slope", "", 1, 3),
                      [](auto&, auto& one) -> auto& { return one.array.cell.n_slope; },
                      {"assumption: 107 mV per decade", 'L', "subthreshold slope factor"}));
  keys.push_back(
      bind(real("tile.cell.sigma_prog_rel", "", 0, 0.5),
           [](auto&, auto& one) -> auto& { return one.array.cell.sigma_prog_rel; },
           {"20 pulses, fit to 10.1109/DRC.2016.7548449", 'M', "programming error relative to the current, 1 sigma"}));
  keys.push_back(bind(
      real("tile.cell.sigma_read_vt_V", "V", 0, 0.1),
      [](auto&, auto& one) -> auto& { return one.array.cell.sigma_read_vt_V; },
      {"0.65 %; SONOS measured 0.79 % (10.1109/TCSI.2021.3134313)", 'M', "read noise in threshold voltage, 1 sigma"}));
}

void add_cell_after_programming(std::vector<Key>& keys) {
  keys.push_back(bind(real("tile.cell.drift_rel_per_decade_h.mean", "", -0.1, 0.1),
                      [](auto&, auto& one) -> auto& { return one.array.cell.drift_mean_per_decade; },
                      {"assumption", 'L', "relative change of current a decade of (1 + age / 1 h), mean of cells"}));
  keys.push_back(bind(real("tile.cell.drift_rel_per_decade_h.sigma", "", 0, 0.05),
                      [](auto&, auto& one) -> auto& { return one.array.cell.drift_sigma_per_decade; },
                      {"assumption", 'L', "and its spread; a cell keeps its rate until it is written again"}));
  keys.push_back(bind(real("tile.cell.vt_tempco_V_per_K", "V/K", -0.01, 0.01),
                      [](auto&, auto& one) -> auto& { return one.array.cell.vt_tempco_V_per_K; },
                      {"assumption", 'L', "change of threshold with temperature; without compensation only"}));
  keys.push_back(bind(real("tile.cell.sigma_vt_tempco_V_per_K", "V/K", 0, 1e-4),
                      [](auto&, auto& one) -> auto& { return one.array.cell.sigma_vt_tempco_V_per_K; },
                      {"assumption", 'L', "its spread from cell to cell, 1 sigma"}));
  keys.push_back(bind(positive("tile.cell.i_threshold_A", "A", 1e-3),
                      [](auto&, auto& one) -> auto& { return one.array.cell.i_threshold_A; },
                      {"assumption; erased cells reach < 2 uA (PMC10537690)", 'L',
                       "current at the upper end of weak inversion, full input"}));
  keys.push_back(bind(positive("tile.cell.specific_current_A", "A", 1),
                      [](auto&, auto& one) -> auto& { return one.array.cell.specific_current_A; },
                      {"assumption: ten times i_threshold_A, the inversion coefficient of 0.1 at which EKV's weak "
                       "inversion ends",
                       'L', "I_S of the EKV model: where currents bend (effects.compression)"}));
  keys.push_back(
      bind(choice("tile.cell.temperature_compensation", {"none", "reference_cell", "common_gain", "tracking"}),
           [](auto&, auto& one) -> auto& { return one.array.cell.compensation; },
           {"patents US10755783, US11158374", 'M',
            "answer to temperature: none, currents relative to a reference cell, besides one gain for all "
            "levels, or a gate swing that follows UT"}));
  keys.push_back(bind(real("tile.cell.temp_residual_rel_25_85C", "", -0.5, 0.5),
                      [](auto&, auto& one) -> auto& { return one.array.cell.temp_residual_rel_25_85C; },
                      {"Guo, CICC 2017: < 3 %", 'H', "gain error that tracking leaves over 60 K"}));
  keys.push_back(bind(
      real("tile.cell.sa_fault_rate", "", 0, 1), [](auto&, auto& one) -> auto& { return one.array.cell.sa_fault_rate; },
      {"choice: sound cells; 1e-6 is an assumption to try", 'L', "share of cells that do not answer to programming"}));
  keys.push_back(
      bind(real("tile.cell.stuck_on_share", "", 0, 1),
           [](auto&, auto& one) -> auto& { return one.array.cell.stuck_on_share; },
           {"assumption", 'L', "of the faulty cells, conduct as the highest level; the others never conduct"}));
  keys.push_back(bind(real("tile.cell.broken_row_rate", "", 0, 1),
                      [](auto&, auto& one) -> auto& { return one.array.cell.broken_row_rate; },
                      {"choice: sound rows", 'L', "share of rows that never conduct"}));
  keys.push_back(bind(real("tile.cell.broken_column_rate", "", 0, 1),
                      [](auto&, auto& one) -> auto& { return one.array.cell.broken_column_rate; },
                      {"choice: sound columns", 'L', "share of columns that never conduct"}));
  keys.push_back(bind(
      whole("tile.redundancy.rows", "", 0, 1024), [](auto&, auto& one) -> auto& { return one.array.cell.spare_rows; },
      {"patents US11568229, US20230244903", 'M', "spare rows: replace broken rows, then those with most stuck cells"}));
  keys.push_back(bind(whole("tile.redundancy.columns", "", 0, 1024),
                      [](auto&, auto& one) -> auto& { return one.array.cell.spare_columns; },
                      {"patents US11568229, US20230244903", 'M', "spare columns, likewise; they go first"}));
}

void add_cell_laws(std::vector<Key>& keys) {
  keys.push_back(bind(choice("tile.cell.law", {"subthreshold", "linear"}),
                      [](auto&, auto& one) -> auto& { return one.array.cell.law; },
                      {"Fick, CICC 2017; linear: ReRAM, PCM studies", 'H',
                       "what a cell conducts: subthreshold current, or conductance times voltage or time"}));
  Key levels = key("tile.cell.level_currents_A", Key::Kind::reals, "A");
  levels.high = 1.0e-3;
  levels.shortest = 0;
  levels.longest = 256;
  keys.push_back(bind(levels, [](auto&, auto& one) -> auto& { return one.array.cell.level_currents_A; },
                      {"measured by whoever gives it; tessera fit writes it", '-',
                       "current of each level at full input, from level 0 on; an empty list: level * i_lsb_A"}));
  Key codes = key("tile.cell.curve_codes", Key::Kind::reals, "");
  codes.low = 1;
  codes.high = 1023;
  codes.shortest = 0;
  codes.longest = 1023;
  keys.push_back(bind(codes, [](auto&, auto& one) -> auto& { return one.array.cell.curve_codes; },
                      {"measured by whoever gives it; tessera fit --curves writes it", '-',
                       "input codes of curve_currents_A, rising to the largest; an empty list: the law of the cell"}));
  Key curves = key("tile.cell.curve_currents_A", Key::Kind::reals, "A");
  curves.high = 1.0e-3;
  curves.shortest = 0;
  curves.longest = std::size_t{256} * 1023;
  keys.push_back(
      bind(curves, [](auto&, auto& one) -> auto& { return one.array.cell.curve_currents_A; },
           {"measured by whoever gives it; tessera fit --curves writes it", '-',
            "current at each of curve_codes, level by level from 0 on; at the largest code level_currents_A"}));
  keys.push_back(bind(choice("tile.cell.errors", {"relative", "constant", "sonos40"}),
                      [](auto&, auto& one) -> auto& { return one.array.cell.errors; },
                      {"sonos40: Agrawal, IEDM 2022, measured; else choice", 'M',
                       "size of programming error and read noise: relative to the current, a constant share of the "
                       "highest level, or measured SONOS curves scaled to it"}));
  keys.push_back(bind(real("tile.cell.sigma_prog_full_scale", "", 0, 0.5),
                      [](auto&, auto& one) -> auto& { return one.array.cell.sigma_prog_full_scale; },
                      {"assumption", 'L', "programming error of `constant`, share of the highest level, 1 sigma"}));
  keys.push_back(bind(real("tile.cell.sigma_read_full_scale", "", 0, 0.5),
                      [](auto&, auto& one) -> auto& { return one.array.cell.sigma_read_full_scale; },
                      {"assumption", 'L', "read noise of `constant`, share of the highest level, 1 sigma"}));
  keys.push_back(bind(real("tile.cell.slow_share", "", 0, 1),
                      [](auto&, auto& one) -> auto& { return one.array.cell.slow_share; },
                      {"assumption; 1/f and telegraph noise, 1 Hz to 10 kHz", 'L',
                       "share of the read noise's power that stays for an epoch"}));
  keys.push_back(bind(whole("tile.cell.slow_epoch_passes", "", 0, 4294967295.0),
                      [](auto&, auto& one) -> auto& { return one.array.cell.slow_epoch_passes; },
                      {"assumption", 'L', "array passes an epoch lasts; 0: one inference"}));
  keys.push_back(bind(real("tile.cell.bl_ohm_per_cell", "ohm", 0, 1e6),
                      [](auto&, auto& one) -> auto& { return one.array.cell.bl_ohm_per_cell; },
                      {"3.04 ohm/um x 0.35 um", 'M', "bit line between two cells"}));
  keys.push_back(bind(real("tile.cell.sl_ohm_per_cell", "ohm", 0, 1e6),
                      [](auto&, auto& one) -> auto& { return one.array.cell.sl_ohm_per_cell; },
                      {"choice: strapped source lines", 'L', "source line of a column between two cells"}));
  keys.push_back(bind(real("tile.cell.output_conductance_per_V", "1/V", 0, 100),
                      [](auto&, auto& one) -> auto& { return one.array.cell.output_conductance_per_V; },
                      {"assumption: 50 mV/V of DIBL over n UT", 'L', "relative change of current a volt of bit line"}));
  keys.push_back(bind(choice("tile.cell.ir_solver", {"first_order", "iterative"}),
                      [](auto&, auto& one) -> auto& { return one.array.cell.ir_solver; },
                      {"choice", '-', "how the drop of a column is computed; iterative is slow"}));
}

void add_converter_errors(std::vector<Key>& keys) {
  keys.push_back(bind(compiled(choice("tile.dac.type", {"log_voltage", "linear_voltage", "pulse_width", "bit_serial"})),
                      [](auto&, auto& one) -> auto& { return one.array.dac.coding; },
                      {"founding article; patent US20230048411", 'M', "what carries an input code"}));
  keys.push_back(bind(choice("tile.dac.sharing", {"per_row", "global_with_row_sh"}),
                      [](auto&, auto& one) -> auto& { return one.array.dac.supply; },
                      {"patent US20230048411: one DAC, row sample-and-hold", 'H',
                       "one DAC a row, or one for all rows in turn: settling times rows"}));
  keys.push_back(
      bind(compiled(choice("tile.dac.signed_input", {"offset", "two_phase", "row_pair"})),
           [](auto&, auto& one) -> auto& { return one.signed_input; },
           {"choice", '-',
            "how signed inputs reach the array: shifted to be positive; positive and negative part one after "
            "the other; or on two rows, the second with the weights' signs swapped"}));
  keys.push_back(bind(real("tile.dac.t_lsb_s", "s", 1e-12, 1e-6),
                      [](auto&, auto& one) -> auto& { return one.timing.pulse_lsb_s; },
                      {"HERMES: 1 GHz; TIMELY: 150 ns for 8 bits", 'M',
                       "step of a pulse's width; 2^bits - 1 steps replace integration.t_s"}));
  keys.push_back(bind(real("tile.dac.sigma_t_lsb", "LSB", 0, 100),
                      [](auto&, auto& one) -> auto& { return one.array.dac.sigma_pulse_codes; },
                      {"assumption", 'L', "jitter of a pulse's width, 1 sigma"}));
  keys.push_back(bind(positive("tile.dac.full_scale_V", "V", 10),
                      [](auto&, auto& one) -> auto& { return one.array.dac.full_scale_V; },
                      {"assumption", 'L', "row voltage of the largest code, linear_voltage"}));
  keys.push_back(bind(whole("tile.dac.voltage_bits", "bit", 0, 16),
                      [](auto&, auto& one) -> auto& { return one.array.dac.voltage_bits; },
                      {"choice; 8-bit log codes need about 12", 'M', "resolution of the row voltage; 0: no steps"}));
  const char* assumed = "assumption";
  keys.push_back(bind(real("tile.dac.offset_V", "V", 0, 0.1),
                      [](auto&, auto& one) -> auto& { return one.array.dac.offset_V; },
                      {assumed, 'L', "offset of a DAC instance, 1 sigma"}));
  keys.push_back(bind(real("tile.dac.gain_rel", "", 0, 0.1),
                      [](auto&, auto& one) -> auto& { return one.array.dac.gain_rel; },
                      {assumed, 'L', "gain error of a DAC instance, share of its range, 1 sigma"}));
  keys.push_back(bind(real("tile.dac.inl_V", "V", 0, 0.1),
                      [](auto&, auto& one) -> auto& { return one.array.dac.inl_V; },
                      {assumed, 'L', "peak bend of a DAC instance"}));
  keys.push_back(bind(real("tile.dac.dnl_V", "V", 0, 0.1),
                      [](auto&, auto& one) -> auto& { return one.array.dac.dnl_V; },
                      {assumed, 'L', "differential non-linearity of a DAC, 1 sigma"}));
  keys.push_back(
      bind(choice("tile.dac.law", {"stated", "pulses"}), [](auto&, auto& one) -> auto& { return one.dac_law; },
           {"pulses: NeuRRAM, 10.1038/s41586-022-04992-8", 'M',
            "stated: no law in bits; pulses: an input comes in max(1, bits - 1) pulses before one conversion; "
            "integration.t_s, dac.e_conversion_J and frontend.e_per_col_J are those of one pulse"}));
  keys.push_back(bind(real("tile.dac.e_row_pulse_J", "J", 0, 1e-8),
                      [](auto&, auto& one) -> auto& { return one.energy.row_pulse_J; },
                      {"none: part of e_row_driver_J unless dac.law is pulses", '-',
                       "pulsed inputs: row driver, per pulse and row with a code above 0, besides e_row_driver_J"}));
  keys.push_back(bind(whole("tile.phases", "", 1, 16), [](auto&, auto& one) -> auto& { return one.phases; },
                      {"choice; HERMES: 1 or 4", '-',
                       "phases of a pass, for the signs of inputs and weights: time and energy of a pass each; the "
                       "result is that of one"}));
  keys.push_back(bind(choice("tile.adc.law", {"stated", "sar", "ramp", "integrating"}),
                      [](auto&, auto& one) -> auto& { return one.adc_law; },
                      {"sar: zigzag-imc; integrating: NeuRRAM 1.2 + 0.25 steps", 'M',
                       "how t_conv_s and e_conv_J, then meant for 8 bits, follow the resolution; stated: not at all"}));
  keys.push_back(bind(real("tile.adc.offset_lsb", "LSB", 0, 64),
                      [](auto&, auto& one) -> auto& { return one.array.adc.offset_lsb; },
                      {assumed, 'L', "offset of a converter, 1 sigma"}));
  keys.push_back(bind(real("tile.adc.gain_rel", "", 0, 0.5),
                      [](auto&, auto& one) -> auto& { return one.array.adc.gain_rel; },
                      {assumed, 'L', "gain error of a converter, 1 sigma"}));
  keys.push_back(bind(real("tile.adc.dnl_lsb", "LSB", 0, 64),
                      [](auto&, auto& one) -> auto& { return one.array.adc.dnl_lsb; },
                      {assumed, 'L', "differential non-linearity of a converter, 1 sigma"}));
}

void add_converters(std::vector<Key>& keys) {
  const std::vector<std::string> sharing = {"tile", "row", "column", "chip"};
  keys.push_back(bind(compiled(whole("tile.dac.bits", "bit", 1, 10)),
                      [](auto&, auto& one) -> auto& { return one.array.dac.bits; },
                      {"8-bit activations", 'M', "resolution of the input codes"}));
  keys.push_back(
      bind(choice("tile.dac.shared_by", sharing), [](auto&, auto& one) -> auto& { return one.dac_sharing; },
           {"private by default", 'L', "who shares one DAC bank: a tile, a row or column of tiles, the chip"}));
  keys.push_back(bind(real("tile.dac.t_settle_s", "s", 0, 1e-3),
                      [](auto&, auto& one) -> auto& { return one.timing.dac_settle_s; },
                      {"assumption; SST row sample and hold", 'L', "settling of the row voltages"}));
  keys.push_back(bind(
      real("tile.dac.e_conversion_J", "J", 0, 1e-8),
      [](auto&, auto& one) -> auto& { return one.energy.dac_conversion_J; },
      {"0.29 pJ (40 nm, 1.1 GS/s) .. 0.48 pJ (zigzag-imc) + register", 'M', "energy per row with a code above 0"}));
  keys.push_back(bind(
      real("tile.dac.e_row_driver_J", "J", 0, 1e-8), [](auto&, auto& one) -> auto& { return one.energy.row_driver_J; },
      {"sample-and-hold buffer, 2 uA x 2.5 V x 1 us + line", 'L', "energy per row with a code above 0"}));
  keys.push_back(bind(real("tile.dac.sigma_v_V", "V", 0, 0.1),
                      [](auto&, auto& one) -> auto& { return one.array.dac.sigma_v_V; },
                      {"assumption; 1 mV is 2.2 % of the current", 'L', "noise of the gate voltage, 1 sigma"}));
  keys.push_back(bind(real("tile.integration.t_s", "s", 0, 1e-3),
                      [](auto&, auto& one) -> auto& { return one.timing.integrate_s; },
                      {"1 uA x 0.4 us / 1 pF = 0.4 V", 'M', "integration of the column currents"}));
  keys.push_back(
      bind(compiled(real("tile.integration.adc_fs_A", "A", 1e-15, 1)),
           [](auto&, auto& one) -> auto& { return one.array.adc.full_scale_A; },
           {"assumption; the largest column is 15.4 uA", 'L', "column-pair current at ADC full scale with gain 1"}));
  Key gains = key("tile.integration.pga_gains", Key::Kind::reals, "");
  gains.above = true;
  gains.high = 4096;
  keys.push_back(bind(compiled(gains), [](auto&, auto& one) -> auto& { return one.array.adc.gains; },
                      {"assumption", 'L', "selectable gains, rising; each divides the largest"}));
  keys.push_back(bind(real("tile.frontend.e_per_col_J", "J", 0, 1e-8),
                      [](auto&, auto& one) -> auto& { return one.energy.frontend_column_J; },
                      {"bit-line clamp, 5 uA x 1.1 V x 1 us", 'L', "energy per column in use"}));
  keys.push_back(bind(real("tile.frontend.e_subtract_per_pair_J", "J", 0, 1e-8),
                      [](auto&, auto& one) -> auto& { return one.energy.frontend_subtract_J; },
                      {"assumption", 'L', "energy of the subtraction, per column pair in use"}));
  Key adc_bits = key("tile.adc.bits", Key::Kind::whole_or_exact, "bit");
  adc_bits.low = 1;
  adc_bits.high = 12;
  keys.push_back(bind(compiled(adc_bits), [](auto&, auto& one) -> auto& { return one.array.adc.bits; },
                      {"8-bit SAR: 10.1109/iscas51556.2021.9401600", 'H',
                       "resolution, signed; 'exact' passes the integer column sum on"}));
  keys.push_back(
      bind(whole("tile.adc.per_tile", "", 1, 4096), [](auto&, auto& one) -> auto& { return one.array.adc.per_tile; },
           {"area: one a column would be 10 x the array", 'M', "converters; pair p uses converter p mod per_tile"}));
  Key mux = whole("tile.adc.mux_ratio", "", 1, 4096);
  mux = bind(mux, [](auto&, auto& one) -> auto& { return one.array.adc.per_tile; },
             {"512 pairs / 64 converters", 'M', "pairs a converter serves in turn; alone it sets per_tile"});
  mux.get = [](const PlatformParameters&, const tile::TileParameters& one) -> Value {
    const std::uint64_t converters = one.array.adc.per_tile;
    return converters == 0 ? 0 : (std::uint64_t{most_conversions(one)} + converters - 1) / converters;
  };
  mux.set = [](PlatformParameters&, tile::TileParameters& one, const Value& value) {
    const std::uint64_t ratio = std::get<std::uint64_t>(value);
    one.array.adc.per_tile = static_cast<std::uint32_t>((std::uint64_t{most_conversions(one)} + ratio - 1) / ratio);
  };
  keys.push_back(mux);
  keys.push_back(
      bind(choice("tile.adc.shared_by", sharing), [](auto&, auto& one) -> auto& { return one.adc_sharing; },
           {"private by default", 'L', "who shares one ADC bank: a tile, a row or column of tiles, the chip"}));
  keys.push_back(bind(real("tile.adc.t_conv_s", "s", 0, 1e-3),
                      [](auto&, auto& one) -> auto& { return one.timing.adc_conversion_s; },
                      {"16 MS/s", 'M', "time of one conversion"}));
  keys.push_back(bind(real("tile.adc.e_conv_J", "J", 0, 1e-8),
                      [](auto&, auto& one) -> auto& { return one.energy.adc_conversion_J; },
                      {"2.6 pJ (Accelergy) / 2.2 pJ (silicon) + reference buffers", 'M', "energy of one conversion"}));
  keys.push_back(bind(real("tile.adc.sigma_lsb", "LSB", 0, 64),
                      [](auto&, auto& one) -> auto& { return one.array.adc.sigma_lsb; },
                      {"7.2 ENOB at 8 bit, ADC survey 1997-2025", 'M', "input-referred noise, 1 sigma"}));
  keys.push_back(bind(real("tile.adc.inl_lsb", "LSB", 0, 64),
                      [](auto&, auto& one) -> auto& { return one.array.adc.inl_lsb; },
                      {"assumption", 'L', "peak integral non-linearity"}));
}

void add_digital(std::vector<Key>& keys) {
  keys.push_back(bind(real("tile.analog_energy_scale", "", 0, 100),
                      [](auto&, auto& one) -> auto& { return one.energy.analog_scale; },
                      {"calibration to silicon", 'L', "multiplies array, DAC, row driver, front end and ADC energy"}));
  keys.push_back(bind(real("tile.digital.t_post_s", "s", 0, 1e-3),
                      [](auto&, auto& one) -> auto& { return one.timing.post_s; },
                      {"assumption", 'L', "post stage: gain, offset, scale, activation"}));
  keys.push_back(bind(real("tile.digital.e_per_output_J", "J", 0, 1e-8),
                      [](auto&, auto& one) -> auto& { return one.energy.post_output_J; },
                      {"Jia et al. 2020, 65 nm: 8.3-14.7 pJ, scaled", 'M', "post stage, per column pair in use"}));
  keys.push_back(bind(compiled(whole("tile.digital.accumulator_bits", "bit", 8, 32)),
                      [](auto&, auto& one) -> auto& { return one.accumulator_bits; },
                      {"platform convention", 'L', "accumulator, saturating and counted"}));
  keys.push_back(bind(compiled(whole("tile.buffers.in_B", "B", 1, 32768)),
                      [](auto&, auto& one) -> auto& { return one.input_buffer_B; },
                      {"two vectors of 1024 bytes", 'L', "input buffer"}));
  keys.push_back(bind(compiled(whole("tile.buffers.out_B", "B", 4, 65536)),
                      [](auto&, auto& one) -> auto& { return one.output_buffer_B; },
                      {"512 partial sums of 4 bytes", 'L', "output buffer"}));
  keys.push_back(bind(real("tile.buffers.e_in_J_per_B", "J/B", 0, 1e-9),
                      [](auto&, auto& one) -> auto& { return one.energy.buffer_in_J_per_B; },
                      {"CACTI 7, 2 KiB, 128 bit, 40 nm", 'M', "energy per byte through the input buffer"}));
  keys.push_back(bind(real("tile.buffers.e_out_J_per_B", "J/B", 0, 1e-9),
                      [](auto&, auto& one) -> auto& { return one.energy.buffer_out_J_per_B; },
                      {"CACTI 7, 2 KiB, 128 bit, 40 nm", 'M', "energy per byte through the output buffer"}));
  keys.push_back(bind(real("tile.control.e_per_mvm_J", "J", 0, 1e-5),
                      [](auto&, auto& one) -> auto& { return one.energy.control_J; },
                      {"assumption: 3 mW x 1 us", 'L',
                       "clock, bias, sequencer per product at 1024 rows; scales with the rows of the array"}));
  keys.push_back(bind(whole("tile.queue_depth", "", 1, 255), [](auto&, auto& one) -> auto& { return one.queue_depth; },
                      {"assumption", 'L', "descriptors a tile can hold"}));
  keys.push_back(bind(real("tile.power_states.off.p_W", "W", 0, 10),
                      [](auto&, auto& one) -> auto& { return one.power.off_W; },
                      {"founding article: flash retains weights without power", 'H', "power of a tile that is off"}));
  keys.push_back(bind(real("tile.power_states.off.t_wake_s", "s", 0, 1),
                      [](auto&, auto& one) -> auto& { return one.power.off_wake_s; },
                      {"assumption: 10 us of supply ramp, then as from standby", 'L', "from off to idle"}));
  keys.push_back(bind(real("tile.power_states.standby.p_W", "W", 0, 10),
                      [](auto&, auto& one) -> auto& { return one.power.standby_W; },
                      {"assumption", 'L', "power of a tile that the power controller holds in standby"}));
  keys.push_back(bind(real("tile.power_states.standby.t_wake_s", "s", 0, 1),
                      [](auto&, auto& one) -> auto& { return one.power.standby_wake_s; },
                      {"assumption", 'L', "from standby to idle"}));
  keys.push_back(bind(real("tile.power_states.wake.p_W", "W", 0, 10),
                      [](auto&, auto& one) -> auto& { return one.power.wake_W; },
                      {"assumption: control power of a working tile, 3 mW", 'L',
                       "power while references and clock settle after standby or off"}));
  keys.push_back(bind(real("tile.power_states.idle.p_W", "W", 0, 10),
                      [](auto&, auto& one) -> auto& { return one.power.idle_W; },
                      {"assumption: as standby", 'L', "power of a tile that is on and waits for work"}));
  keys.push_back(bind(real("tile.power_states.active.p_W", "W", 0, 10),
                      [](auto&, auto& one) -> auto& { return one.power.active_W; },
                      {"all active energy is booked by event", 'L', "power of a working tile beyond its events"}));
  keys.push_back(bind(real("tile.power_states.program.p_W", "W", 0, 10),
                      [](auto&, auto& one) -> auto& { return one.power.program_W; },
                      {"assumption: charge pumps", 'L', "power while the high voltage is up, pulses apart"}));
  keys.push_back(bind(real("tile.power_states.program.t_hv_ramp_s", "s", 0, 1),
                      [](auto&, auto& one) -> auto& { return one.power.hv_ramp_s; },
                      {"assumption", 'L', "time the high voltage takes to rise"}));
}

void add_digital_baseline(std::vector<Key>& keys) {
  const char* eyeriss = "Eyeriss: relative to a MAC; 200 x 0.25 pJ is the article's 50 pJ";
  keys.push_back(bind(compiled(choice("tile.kind", {"analog", "digital"})),
                      [](auto&, auto& one) -> auto& { return one.kind; },
                      {"switch", '-', "flash array, or a conventional MAC array behind the same registers"}));
  keys.push_back(bind(compiled(whole("tile.digital_baseline.rows", "", 1, 8192)),
                      [](auto&, auto& one) -> auto& { return one.mac_array.rows; },
                      {"assumption: 1024 units a tile", 'L', "MAC units along the input vector"}));
  keys.push_back(bind(compiled(whole("tile.digital_baseline.columns", "", 1, 8192)),
                      [](auto&, auto& one) -> auto& { return one.mac_array.columns; },
                      {"assumption: 1024 units a tile", 'L', "MAC units along the outputs"}));
  keys.push_back(bind(compiled(positive("tile.digital_baseline.clock_Hz", "Hz", 1e11)),
                      [](auto&, auto& one) -> auto& { return one.mac_array.clock_Hz; },
                      {"assumption for 40 nm LP", 'L', "one MAC a unit and cycle"}));
  keys.push_back(bind(real("tile.digital_baseline.mac_J", "J", 0, 1e-8),
                      [](auto&, auto& one) -> auto& { return one.mac_array.mac_J; },
                      {"founding article: 250 fJ", 'H', "energy of a digital MAC"}));
  keys.push_back(bind(real("tile.digital_baseline.rf", "", 0, 1e4),
                      [](auto&, auto& one) -> auto& { return one.mac_array.register_file; },
                      {eyeriss, 'L', "register file access of a MAC"}));
  keys.push_back(bind(real("tile.digital_baseline.array", "", 0, 1e4),
                      [](auto&, auto& one) -> auto& { return one.mac_array.neighbour; },
                      {eyeriss, 'L', "operand or partial sum to the next unit"}));
  keys.push_back(bind(real("tile.digital_baseline.buffer", "", 0, 1e4),
                      [](auto&, auto& one) -> auto& { return one.mac_array.buffer; },
                      {eyeriss, 'L', "word of the tile's weight memory or buffers"}));
  keys.push_back(bind(real("tile.digital_baseline.dram", "", 0, 1e6),
                      [](auto&, auto& one) -> auto& { return one.mac_array.dram; },
                      {eyeriss, 'L', "weight from outside the chip"}));
  keys.push_back(bind(real("tile.digital_baseline.control_W", "W", 0, 10),
                      [](auto&, auto& one) -> auto& { return one.mac_array.control_W; },
                      {"assumption: as tile.control, 3 mW", 'L', "clock and sequencer while it computes"}));
  keys.push_back(bind(choice("tile.digital_baseline.weights", {"buffer", "dram"}),
                      [](auto&, auto& one) -> auto& { return one.mac_array.weights; },
                      {"switch", '-', "where weights are between jobs: the tile's memory, or outside the chip"}));
  keys.push_back(bind(
      real("tile.digital_baseline.leak_W_per_kB", "W/KiB", 0, 1e-3),
      [](auto&, auto& one) -> auto& { return one.mac_array.leakage_W_per_kB; },
      {"Mr.Wolf 40 nm LP, measured: 10.1109/JSSC.2019.2912307", 'H', "leakage of the weight memory, per 1024 bytes"}));
  keys.push_back(bind(positive("tile.digital_baseline.dram_B_per_s", "B/s", 1e13),
                      [](auto&, auto& one) -> auto& { return one.mac_array.dram_B_per_s; },
                      {"assumption: LPDDR4, 16 bit", 'L', "bandwidth that all tiles share"}));
  keys.push_back(bind(real("tile.digital_baseline.dram_latency_s", "s", 0, 1e-3),
                      [](auto&, auto& one) -> auto& { return one.mac_array.dram_latency_s; },
                      {"LPDDR class", 'L', "until the first byte of a fetch"}));
}

void add_lanes(std::vector<Key>& keys) {
  keys.push_back(bind(real("tile.lane.t_settle_s", "s", 0, 1e-3),
                      [](auto&, auto& one) -> auto& { return one.timing.lane_settle_s; },
                      {"assumption: as the row voltages", 'L',
                       "settling of the analog lanes, once for as many column pairs as there are lanes"}));
  keys.push_back(bind(real("tile.lane.e_J", "J", 0, 1e-8), [](auto&, auto& one) -> auto& { return one.energy.lane_J; },
                      {"assumption: current mirror, 10 uA x 1.1 V x 50 ns, and 1 mm of wire, 0.2 pF x (1.1 V)^2", 'L',
                       "energy per column pair that a tile puts on a lane"}));
  keys.push_back(bind(real("tile.lane.sigma_A", "A", 0, 1),
                      [](auto&, auto& one) -> auto& { return one.array.lane.sigma_A; },
                      {"thermal noise of a mirror at 1 uA in 1.25 MHz: sqrt(4kT 2/3 gm B), gm = I / (n UT)", 'L',
                       "noise that a tile adds to the current of a lane, 1 sigma"}));
  keys.push_back(bind(real("tile.lane.gain_rel", "", 0, 0.5),
                      [](auto&, auto& one) -> auto& { return one.array.lane.gain_rel; },
                      {"assumption: matching of current mirrors", 'L',
                       "static error of the current that a tile puts on a lane, relative, 1 sigma"}));
}

void add_effects(std::vector<Key>& keys) {
  const char* source = "switch";
  keys.push_back(bind(boolean("tile.effects.programming_error"),
                      [](auto&, auto& one) -> auto& { return one.array.effects.programming_error; },
                      {source, '-', "cells miss their target (cell.sigma_prog_rel)"}));
  keys.push_back(bind(boolean("tile.effects.read_noise"),
                      [](auto&, auto& one) -> auto& { return one.array.effects.read_noise; },
                      {source, '-', "cells fluctuate from read to read (cell.sigma_read_vt_V)"}));
  keys.push_back(bind(boolean("tile.effects.off_current"),
                      [](auto&, auto& one) -> auto& { return one.array.effects.off_current; },
                      {source, '-', "level 0 conducts a little (cell.i_off_A)"}));
  keys.push_back(bind(boolean("tile.effects.dac_noise"),
                      [](auto&, auto& one) -> auto& { return one.array.effects.dac_noise; },
                      {source, '-', "row voltages are noisy (dac.sigma_v_V)"}));
  keys.push_back(bind(boolean("tile.effects.adc_noise"),
                      [](auto&, auto& one) -> auto& { return one.array.effects.adc_noise; },
                      {source, '-', "converters are noisy (adc.sigma_lsb)"}));
  keys.push_back(bind(boolean("tile.effects.adc_inl"),
                      [](auto&, auto& one) -> auto& { return one.array.effects.adc_inl; },
                      {source, '-', "converters are bent (adc.inl_lsb)"}));
  keys.push_back(bind(boolean("tile.effects.retention"),
                      [](auto&, auto& one) -> auto& { return one.array.effects.retention; },
                      {source, '-', "cells drift with age (environment.age_s)"}));
  keys.push_back(bind(boolean("tile.effects.temperature"),
                      [](auto&, auto& one) -> auto& { return one.array.effects.temperature; },
                      {source, '-', "cells feel another temperature than at programming (environment.temperature_C)"}));
  keys.push_back(bind(boolean("tile.effects.variability"),
                      [](auto&, auto& one) -> auto& { return one.array.effects.variability; },
                      {source, '-', "cells differ in what temperature does to them (cell.sigma_vt_tempco_V_per_K)"}));
  keys.push_back(bind(boolean("tile.effects.faults"),
                      [](auto&, auto& one) -> auto& { return one.array.effects.faults; },
                      {source, '-', "cells, rows and columns are broken (cell.sa_fault_rate, cell.broken_*_rate)"}));
  keys.push_back(bind(boolean("tile.effects.slow_noise"),
                      [](auto&, auto& one) -> auto& { return one.array.effects.slow_noise; },
                      {source, '-', "part of the read noise stays for an epoch (cell.slow_share)"}));
  keys.push_back(bind(boolean("tile.effects.ir_drop"),
                      [](auto&, auto& one) -> auto& { return one.array.effects.ir_drop; },
                      {source, '-', "wires of a column have resistance (cell.bl_ohm_per_cell, cell.sl_ohm_per_cell)"}));
  keys.push_back(bind(boolean("tile.effects.dac_errors"),
                      [](auto&, auto& one) -> auto& { return one.array.effects.dac_errors; },
                      {source, '-', "DACs differ (dac.offset_V, gain_rel, inl_V, dnl_V)"}));
  keys.push_back(bind(boolean("tile.effects.adc_offset_gain"),
                      [](auto&, auto& one) -> auto& { return one.array.effects.adc_offset_gain; },
                      {source, '-', "converters differ in zero and slope (adc.offset_lsb, adc.gain_rel)"}));
  keys.push_back(bind(boolean("tile.effects.adc_dnl"),
                      [](auto&, auto& one) -> auto& { return one.array.effects.adc_dnl; },
                      {source, '-', "codes of a converter differ in width (adc.dnl_lsb)"}));
  keys.push_back(
      bind(boolean("tile.effects.compression"), [](auto&, auto& one) -> auto& { return one.array.effects.compression; },
           {source, '-', "currents bend near threshold (cell.specific_current_A); log_voltage inputs only"}));
  keys.push_back(bind(boolean("tile.effects.lane_noise"),
                      [](auto&, auto& one) -> auto& { return one.array.effects.lane_noise; },
                      {source, '-', "analog lanes are noisy (lane.sigma_A); with analog_plane.column_sum only"}));
  keys.push_back(bind(boolean("tile.effects.lane_gain"),
                      [](auto&, auto& one) -> auto& { return one.array.effects.lane_gain; },
                      {source, '-', "drivers of analog lanes differ (lane.gain_rel)"}));
}

}  // namespace

void add_tile_keys(std::vector<Key>& keys) {
  add_array(keys);
  add_cell_after_programming(keys);
  add_cell_laws(keys);
  add_converter_errors(keys);
  add_converters(keys);
  add_lanes(keys);
  add_digital(keys);
  add_digital_baseline(keys);
  add_effects(keys);
  add_programming_keys(keys);
}

}  // namespace tessera::platform::schema_builder
