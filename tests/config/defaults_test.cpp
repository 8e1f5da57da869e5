// SPDX-License-Identifier: Apache-2.0
// The nominal platform, number by number, as the sources and the house decisions say; written down a second time on
// purpose. And: no parameter without a key.
#include <map>

#include "tests/config/support.h"

namespace tessera::platform {
namespace {

const std::map<std::string, std::string>& expected() {
  static const std::map<std::string, std::string> values = {
      {"seed", "1"},
      {"virt_compat", "false"},
      {"grid.rows", "3"},
      {"grid.cols", "4"},
      {"technology.vdd", "1.1"},
      {"technology.temp_C", "27"},
      {"environment.age_s", "0"},
      {"environment.temperature_C", "27"},
      {"bus.data_bits", "128"},
      {"bus.clock_Hz", "200e6"},
      {"bus.burst_beats", "16"},
      {"bus.latency_cycles", "4"},
      {"bus.arbitration", "round_robin"},
      {"bus.multicast", "false"},
      {"bus.e_per_bit_J", "0.4e-12"},
      {"timing", "lt"},
      {"bus.priority.cpu", "0"},
      {"bus.priority.tiles", "0"},
      {"bus.priority.vector", "0"},
      {"bus.priority.dma", "0"},
      {"bus.weight.cpu", "1"},
      {"bus.weight.tiles", "1"},
      {"bus.weight.vector", "1"},
      {"bus.weight.dma", "1"},
      {"bus.slots.cpu", "1"},
      {"bus.slots.tiles", "1"},
      {"bus.slots.vector", "1"},
      {"bus.slots.dma", "1"},
      {"bus.slot_cycles", "16"},
      {"bus.check_protocol", "false"},
      {"analog_plane.column_sum", "false"},
      {"analog_plane.lanes", "512"},
      {"sram.size_B", "2097152"},
      {"sram.banks", "16"},
      {"sram.t_cycles", "1"},
      {"sram.e_128b_read_J", "18e-12"},
      {"sram.e_128b_write_J", "16e-12"},
      {"sram.e_32b_read_J", "10e-12"},
      {"sram.leak_W_per_kB", "0.21e-6"},
      {"sram.energy_law", "stated"},
      {"dma.channels", "4"},
      {"dma.setup_cycles", "20"},
      {"dma.bytes_per_cycle", "16"},
      {"dma.queue_depth", "8"},
      {"dma.p_active_W", "187e-6"},
      {"vector_unit.present", "true"},
      {"vector_unit.macs_per_cycle", "8"},
      {"vector_unit.setup_cycles", "20"},
      {"vector_unit.queue_depth", "16"},
      {"vector_unit.e_per_mac_J", "1.5e-12"},
      {"cpu.clock_Hz", "200e6"},
      {"ext_dram.present", "false"},
      {"ext_dram.size_B", "67108864"},
      {"ext_dram.e_per_bit_J", "40e-12"},
      {"ext_dram.latency_s", "100e-9"},
      {"ext_dram.B_per_s", "0.8e9"},
      {"ext_dram.burst_B", "16"},
      {"ext_dram.p_standby_W", "1.1e-3"},
      {"ext_dram.p_self_refresh_W", "0.9e-3"},
      {"cpu.cycles.alu", "1"},
      {"cpu.cycles.csr", "1"},
      {"cpu.cycles.load", "2"},
      {"cpu.cycles.store", "2"},
      {"cpu.cycles.mul", "3"},
      {"cpu.cycles.mulh", "4"},
      {"cpu.cycles.div", "38"},
      {"cpu.cycles.jump", "2"},
      {"cpu.cycles.branch_nt", "1"},
      {"cpu.cycles.branch_t", "3"},
      {"cpu.energy_pJ.alu", "12"},
      {"cpu.energy_pJ.csr", "12"},
      {"cpu.energy_pJ.load", "24"},
      {"cpu.energy_pJ.store", "22"},
      {"cpu.energy_pJ.mul", "20"},
      {"cpu.energy_pJ.mulh", "22"},
      {"cpu.energy_pJ.div", "150"},
      {"cpu.energy_pJ.jump", "18"},
      {"cpu.energy_pJ.branch_nt", "12"},
      {"cpu.energy_pJ.branch_t", "20"},
      {"cpu.leak_W", "10e-6"},
      {"cpu.wfi_W", "150e-6"},
      {"cpu.int_latency_cycles", "12"},
      {"cpu.memory_B", "524288"},
      {"cpu.memory_leak_W_per_kB", "0.21e-6"},
      {"cpu.quantum_s", "10e-6"},
      {"soc.overhead_W", "1e-3"},
      {"soc.deep_sleep_W", "2e-6"},
      {"soc.t_wake_s", "100e-6"},
      {"soc.sram_retention_W_per_kB", "0.021e-6"},
      {"soc.dcdc_efficiency", "0.85"},
      {"sensor.fifo_samples", "1024"},
      {"scenario.inferences_per_s", "0"},
      {"scenario.sleep", "deep_sleep"},
      {"scenario.retain_sram", "true"},
      {"scenario.battery.capacity_mAh", "225"},
      {"scenario.battery.voltage_V", "3"},
      {"scenario.battery.usable", "0.8"},
      {"tile.array_rows", "1024"},
      {"tile.array_cols", "1024"},
      {"tile.weight_mapping", "differential_adjacent"},
      {"tile.bits_per_cell", "4"},
      {"tile.cell.i_lsb_A", "1e-9"},
      {"tile.cell.i_off_A", "1e-11"},
      {"tile.cell.n_slope", "1.8"},
      {"tile.cell.sigma_prog_rel", "0.012"},
      {"tile.cell.sigma_read_vt_V", "0.3e-3"},
      {"tile.cell.drift_rel_per_decade_h.mean", "-0.002"},
      {"tile.cell.drift_rel_per_decade_h.sigma", "0.003"},
      {"tile.cell.vt_tempco_V_per_K", "-1e-3"},
      {"tile.cell.sigma_vt_tempco_V_per_K", "2e-6"},
      {"tile.cell.i_threshold_A", "1e-7"},
      {"tile.cell.specific_current_A", "1e-6"},
      {"tile.cell.temperature_compensation", "common_gain"},
      {"tile.cell.temp_residual_rel_25_85C", "0.03"},
      {"tile.cell.sa_fault_rate", "0"},
      {"tile.cell.stuck_on_share", "0.5"},
      {"tile.cell.broken_row_rate", "0"},
      {"tile.cell.broken_column_rate", "0"},
      {"tile.redundancy.rows", "0"},
      {"tile.redundancy.columns", "0"},
      {"tile.dac.bits", "8"},
      {"tile.dac.shared_by", "tile"},
      {"tile.dac.t_settle_s", "50e-9"},
      {"tile.dac.e_conversion_J", "1e-12"},
      {"tile.dac.e_row_driver_J", "6e-12"},
      {"tile.dac.sigma_v_V", "0.2e-3"},
      {"tile.integration.t_s", "400e-9"},
      {"tile.integration.adc_fs_A", "1e-6"},
      {"tile.integration.pga_gains", "[1, 2, 4, 8, 16]"},
      {"tile.frontend.e_per_col_J", "5e-12"},
      {"tile.frontend.e_subtract_per_pair_J", "3e-12"},
      {"tile.adc.bits", "8"},
      {"tile.adc.per_tile", "64"},
      {"tile.adc.mux_ratio", "8"},
      {"tile.adc.shared_by", "tile"},
      {"tile.adc.t_conv_s", "62.5e-9"},
      {"tile.adc.e_conv_J", "4e-12"},
      {"tile.adc.sigma_lsb", "0.4"},
      {"tile.adc.inl_lsb", "0.5"},
      {"tile.analog_energy_scale", "1"},
      {"tile.digital.t_post_s", "50e-9"},
      {"tile.digital.e_per_output_J", "4e-12"},
      {"tile.digital.accumulator_bits", "32"},
      {"tile.buffers.in_B", "2048"},
      {"tile.buffers.out_B", "2048"},
      {"tile.buffers.e_in_J_per_B", "0.3e-12"},
      {"tile.buffers.e_out_J_per_B", "0.5e-12"},
      {"tile.control.e_per_mvm_J", "3e-9"},
      {"tile.queue_depth", "16"},
      {"tile.power_states.off.p_W", "0"},
      {"tile.power_states.off.t_wake_s", "20e-6"},
      {"tile.power_states.standby.p_W", "20e-6"},
      {"tile.power_states.standby.t_wake_s", "10e-6"},
      {"tile.power_states.wake.p_W", "3e-3"},
      {"tile.power_states.idle.p_W", "20e-6"},
      {"tile.power_states.active.p_W", "0"},
      {"tile.power_states.program.p_W", "2e-3"},
      {"tile.power_states.program.t_hv_ramp_s", "50e-6"},
      {"tile.effects.programming_error", "true"},
      {"tile.effects.read_noise", "true"},
      {"tile.effects.off_current", "true"},
      {"tile.effects.dac_noise", "true"},
      {"tile.effects.adc_noise", "true"},
      {"tile.effects.adc_inl", "true"},
      {"tile.kind", "analog"},
      {"tile.digital_baseline.rows", "32"},
      {"tile.digital_baseline.columns", "32"},
      {"tile.digital_baseline.clock_Hz", "200e6"},
      {"tile.digital_baseline.mac_J", "0.25e-12"},
      {"tile.digital_baseline.rf", "1"},
      {"tile.digital_baseline.array", "2"},
      {"tile.digital_baseline.buffer", "6"},
      {"tile.digital_baseline.dram", "200"},
      {"tile.digital_baseline.control_W", "3e-3"},
      {"tile.digital_baseline.weights", "buffer"},
      {"tile.digital_baseline.leak_W_per_kB", "0.21e-6"},
      {"tile.digital_baseline.dram_B_per_s", "3.2e9"},
      {"tile.digital_baseline.dram_latency_s", "100e-9"},
      {"area.cell_um2", "0.175"},
      {"area.dac_um2", "438"},
      {"area.adc_um2", "4000"},
      {"area.post_um2", "1000"},
      {"area.sram_cell_um2", "0.242"},
      {"area.sram_array_share", "0.5"},
      {"area.gate_um2", "1.25"},
      {"area.mac_um2", "930"},
      {"area.cpu_kGE", "26.6"},
      {"area.dma_channel_kGE", "5"},
      {"tile.effects.retention", "true"},
      {"tile.effects.temperature", "true"},
      {"tile.effects.variability", "true"},
      {"tile.effects.faults", "true"},
      {"tile.effects.slow_noise", "false"},
      {"tile.effects.ir_drop", "false"},
      {"tile.effects.dac_errors", "false"},
      {"tile.effects.adc_offset_gain", "false"},
      {"tile.effects.adc_dnl", "false"},
      {"tile.effects.compression", "false"},
      {"tile.effects.lane_noise", "true"},
      {"tile.effects.lane_gain", "true"},
      {"tile.lane.t_settle_s", "5e-8"},
      {"tile.lane.e_J", "8e-13"},
      {"tile.lane.sigma_A", "5.4e-10"},
      {"tile.lane.gain_rel", "0.005"},
      {"tile.cell.law", "subthreshold"},
      {"tile.cell.level_currents_A", "[]"},
      {"tile.cell.curve_codes", "[]"},
      {"tile.cell.curve_currents_A", "[]"},
      {"tile.cell.errors", "relative"},
      {"tile.cell.sigma_prog_full_scale", "0.01"},
      {"tile.cell.sigma_read_full_scale", "0.005"},
      {"tile.cell.slow_share", "0.5"},
      {"tile.cell.slow_epoch_passes", "0"},
      {"tile.cell.bl_ohm_per_cell", "1.07"},
      {"tile.cell.sl_ohm_per_cell", "0"},
      {"tile.cell.output_conductance_per_V", "1.07"},
      {"tile.cell.ir_solver", "first_order"},
      {"tile.dac.type", "log_voltage"},
      {"tile.dac.sharing", "per_row"},
      {"tile.dac.signed_input", "offset"},
      {"tile.dac.t_lsb_s", "1e-9"},
      {"tile.dac.sigma_t_lsb", "0.1"},
      {"tile.dac.full_scale_V", "0.5"},
      {"tile.dac.voltage_bits", "0"},
      {"tile.dac.offset_V", "0.2e-3"},
      {"tile.dac.gain_rel", "0.002"},
      {"tile.dac.inl_V", "0.1e-3"},
      {"tile.dac.dnl_V", "0.05e-3"},
      {"tile.dac.law", "stated"},
      {"tile.dac.e_row_pulse_J", "0"},
      {"tile.phases", "1"},
      {"tile.adc.law", "stated"},
      {"tile.adc.offset_lsb", "0.5"},
      {"tile.adc.gain_rel", "0.005"},
      {"tile.adc.dnl_lsb", "0.2"},
      {"tile.program.pulses_per_cell", "20"},
      {"tile.program.most_pulses", "100"},
      {"tile.program.cells_parallel", "32"},
      {"tile.program.t_pulse_s", "5e-6"},
      {"tile.program.t_hv_switch_s", "2e-6"},
      {"tile.program.t_verify_s", "2e-6"},
      {"tile.program.t_soft_erase_s", "30e-6"},
      {"tile.program.e_pulse_J", "42e-12"},
      {"tile.program.start_below_V", "0.125"},
      {"tile.program.coarse_step_V", "50e-3"},
      {"tile.program.coarse_margin_V", "65e-3"},
      {"tile.program.medium_step_V", "12e-3"},
      {"tile.program.medium_margin_V", "15e-3"},
      {"tile.program.fine_step_V", "2e-3"},
      {"tile.program.fine_margin_V", "2.7e-3"},
      {"tile.program.precise_step_V", "0.12e-3"},
      {"tile.program.precise_margin_V", "0.1e-3"},
      {"tile.program.overshoot_rel", "0.02"},
      {"tile.program.injection_V", "60e-3"},
      {"tile.program.onset_sigma_V", "20e-3"},
      {"tile.program.jitter_rel", "0.05"},
      {"tile.program.electron_V", "0.16e-3"},
      {"tile.program.soft_erase_V", "40e-3"},
      {"tile.program.most_soft_erases", "3"},
      {"tile.program.soft_erase_rel", "0.2"},
      {"tile.program.disturb_row_V", "4e-9"},
      {"tile.program.disturb_column_V", "2e-9"},
      {"tile.erase.t_s", "10e-3"},
      {"tile.erase.erased_V", "-0.6"},
      {"tile.erase.erased_sigma_V", "50e-3"},
      {"tile.erase.erased_current_A", "2e-6"},
      {"tile.erase.endurance_cycles", "10000"},
      {"tile.erase.wear_window_V", "0.15"},
      {"tile.erase.wear_onset_V", "0.10"},
      {"tile.erase.wear_noise_rel", "0.5"},
  };
  return values;
}

TEST(Defaults, AreAsDecided) {
  const PlatformParameters platform = good("");
  for (const auto& [path, text] : expected()) {
    const std::string value = value_of(platform, path);
    const std::optional<double> number = parse_real(text);
    if (number) {
      ASSERT_TRUE(parse_real(value)) << path << " is " << value;
      EXPECT_DOUBLE_EQ(*parse_real(value), *number) << path;
    } else {
      EXPECT_EQ(value, text) << path;
    }
  }
}

TEST(Defaults, EveryKeyIsInTheListAbove) {
  for (const Key& key : schema()) EXPECT_EQ(expected().count(key.path), 1u) << key.path;
  EXPECT_EQ(expected().size(), schema().size());
}

TEST(Schema, EveryKeyIsComplete) {
  std::map<std::string, int> count;
  for (const Key& key : schema()) {
    EXPECT_EQ(++count[key.path], 1) << key.path;
    EXPECT_FALSE(key.source.empty()) << key.path;
    EXPECT_FALSE(key.description.empty()) << key.path;
    EXPECT_NE(std::string("HML-").find(key.confidence), std::string::npos) << key.path;
    EXPECT_TRUE(key.get != nullptr && key.set != nullptr) << key.path;
    EXPECT_FALSE(is_section(key.path)) << key.path << " is a key and a section";
    EXPECT_EQ(key.kind == Key::Kind::choice, !key.choices.empty()) << key.path;
  }
}

/// Sets each key to another value: exactly that key (and those that follow from it) changes.
TEST(Schema, EachKeyBindsToAFieldOfItsOwn) {
  const PlatformParameters nominal = good("");
  for (const Key& key : schema()) {
    if (key.path == "tile.adc.mux_ratio") continue;
    PlatformParameters changed = nominal;
    Value value = key.get(changed, changed.tiles[0]);
    if (auto* flag = std::get_if<bool>(&value)) *flag = !*flag;
    if (auto* whole = std::get_if<std::uint64_t>(&value)) *whole = *whole == 1 ? 2 : 1;
    if (auto* real = std::get_if<double>(&value)) *real = *real * 0.5 + key.high * 0.25;
    if (auto* name = std::get_if<std::string>(&value)) *name = key.choices.back();
    if (auto* list = std::get_if<std::vector<double>>(&value)) *list = {1, 3};
    key.set(changed, changed.tiles[0], value);
    EXPECT_EQ(key.get(changed, changed.tiles[0]), value) << key.path;
    for (const Key& other : schema()) {
      if (&other == &key || other.path == "tile.adc.mux_ratio") continue;
      if (key.path == "technology.temp_C" && other.path == "environment.temperature_C") continue;  // unless given
      EXPECT_EQ(other.get(changed, changed.tiles[0]), other.get(nominal, nominal.tiles[0]))
          << key.path << " changes " << other.path;
    }
  }
}

/// A field that is added to a parameter struct needs a key, or nobody can change it. If this fails: add the key to
/// platform/config/schema_*.cpp and to the list above, then the new size here.
TEST(Schema, NoParameterWithoutAKey) {
  EXPECT_EQ(sizeof(tile::TileTiming), 6 * sizeof(double));
  EXPECT_EQ(sizeof(tile::TileEnergy), 13 * sizeof(double));
  EXPECT_EQ(sizeof(tile::TilePower), 9 * sizeof(double));
  EXPECT_EQ(sizeof(analog::NonIdealities), 18 * sizeof(bool));
  EXPECT_EQ(sizeof(analog::Environment), 2 * sizeof(double));
  EXPECT_EQ(sizeof(analog::CellParameters),
            38 * sizeof(double));  // v_bl_V has no effect yet
  EXPECT_EQ(sizeof(analog::DacParameters), 10 * sizeof(double));
  EXPECT_EQ(sizeof(analog::LaneParameters), 2 * sizeof(double));
  EXPECT_EQ(sizeof(AnalogPlaneParameters), sizeof(double));
  EXPECT_EQ(sizeof(analog::ProgrammingController), 12 * sizeof(double));
  EXPECT_EQ(sizeof(analog::ProgrammingCell), 11 * sizeof(double));
  EXPECT_EQ(sizeof(analog::WearParameters), 4 * sizeof(double));
  EXPECT_EQ(sizeof(analog::ProgrammingTiming), 8 * sizeof(double));  // read_s is tile.integration.t_s
  EXPECT_EQ(sizeof(interconnect::BusParameters), 13 * sizeof(double));
  EXPECT_EQ(sizeof(memory::SramParameters), 7 * sizeof(double));
  EXPECT_EQ(sizeof(dma::DmaParameters), 3 * sizeof(double));
  EXPECT_EQ(sizeof(vector::VectorParameters), 3 * sizeof(double));
  EXPECT_EQ(sizeof(power::SocParameters), 5 * sizeof(double));
}

}  // namespace
}  // namespace tessera::platform
