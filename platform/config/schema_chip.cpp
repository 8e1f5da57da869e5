// SPDX-License-Identifier: Apache-2.0
// The keys of the chip around the tiles.
#include <string>

#include "platform/config/schema_builder.h"

namespace tessera::platform::schema_builder {
namespace {

void add_top(std::vector<Key>& keys) {
  // Its range is checked by the number reader: no double holds the largest 64-bit number.
  keys.push_back(bind(whole("seed", "", 0, 0), [](auto& chip, auto&) -> auto& { return chip.seed; },
                      {"platform convention", 'L', "key of all random numbers; same seed, same bytes"}));
  keys.push_back(
      bind(choice("timing", {"lt", "at"}), [](auto& chip, auto&) -> auto& { return chip.bus.timing; },
           {"simulation setting", 'L',
            "bus: loosely timed with booked contention, or approximately timed in four phases, the reference"}));
  keys.push_back(bind(boolean("virt_compat"), [](auto& chip, auto&) -> auto& { return chip.virt_compat; },
                      {"QEMU virt machine", 'L', "memory sizes of a virtual machine: no chip, and reports say so"}));
  keys.push_back(bind(compiled(whole("grid.rows", "", 1, 1024)),
                      [](auto& chip, auto&) -> auto& { return chip.grid_rows; },
                      {"founding article, Fig. 8", 'H', "rows of tiles"}));
  keys.push_back(bind(compiled(whole("grid.cols", "", 1, 1024)),
                      [](auto& chip, auto&) -> auto& { return chip.grid_columns; },
                      {"founding article, Fig. 8", 'H', "columns of tiles"}));
  Key vdd = positive("technology.vdd", "V", 10);
  vdd.scope = Key::Scope::all_tiles;
  keys.push_back(bind(vdd, [](auto&, auto& one) -> auto& { return one.energy.array_supply_V; },
                      {"40 nm core supply", 'L', "supply that the cell currents are drawn from"}));
  Key temperature = real("technology.temp_C", "degC", -55, 150);
  temperature.scope = Key::Scope::all_tiles;
  temperature.offset = 273.15;
  keys.push_back(bind(temperature, [](auto&, auto& one) -> auto& { return one.array.temperature_K; },
                      {"assumption", 'L', "temperature at which the arrays were programmed"}));
  Key age = real("environment.age_s", "s", 0, 3.6e10);
  age.scope = Key::Scope::all_tiles;
  keys.push_back(bind(age, [](auto&, auto& one) -> auto& { return one.array.environment.age_s; },
                      {"scenario", '-', "time since the cells were programmed"}));
  Key now = real("environment.temperature_C", "degC", -55, 150);
  now.scope = Key::Scope::all_tiles;
  now.offset = 273.15;
  now = bind(now, [](auto&, auto& one) -> auto& { return one.array.environment.temperature_K; },
             {"scenario", '-', "temperature of operation; unless given, that of programming (technology.temp_C)"});
  now.get = [](const PlatformParameters&, const tile::TileParameters& one) -> Value {
    const double kelvin =
        one.array.environment.temperature_K > 0 ? one.array.environment.temperature_K : one.array.temperature_K;
    return without_offset(kelvin, 273.15);
  };
  keys.push_back(now);
}

void add_bus(std::vector<Key>& keys) {
  keys.push_back(bind(compiled(with(whole("bus.data_bits", "bit", 32, 1024), Key::Extra::power_of_two)),
                      [](auto& chip, auto&) -> auto& { return chip.bus.data_bits; },
                      {"assumption", 'L', "width of the shared analog-digital interconnect"}));
  keys.push_back(bind(real("bus.clock_Hz", "Hz", 1e3, 10e9),
                      [](auto& chip, auto&) -> auto& { return chip.bus.clock_Hz; },
                      {"assumption", 'L', "clock of bus, shared SRAM, DMA and vector unit"}));
  keys.push_back(bind(whole("bus.burst_beats", "", 1, 256),
                      [](auto& chip, auto&) -> auto& { return chip.bus.burst_beats; },
                      {"assumption", 'L', "longest burst before the bus is arbitrated again"}));
  keys.push_back(bind(whole("bus.latency_cycles", "cycle", 0, 1000),
                      [](auto& chip, auto&) -> auto& { return chip.bus.latency_cycles; },
                      {"assumption", 'L', "latency, once; hidden behind earlier bursts of the same initiator"}));
  keys.push_back(bind(choice("bus.arbitration", {"round_robin", "fixed_priority", "weighted", "tdma"}),
                      [](auto& chip, auto&) -> auto& { return chip.bus.arbitration; },
                      {"assumption", 'L', "who goes next"}));
  keys.push_back(bind(boolean("bus.multicast"), [](auto& chip, auto&) -> auto& { return chip.bus.multicast; },
                      {"assumption", 'L', "one transfer may fill the input buffers of several tiles"}));
  keys.push_back(bind(real("bus.e_per_bit_J", "J", 0, 1e-9),
                      [](auto& chip, auto&) -> auto& { return chip.bus.energy_per_bit_J; },
                      {"0.1 pJ/bit/mm x 3 mm + interface; ISAAC 0.05-0.08 pJ/bit", 'M', "energy per transferred bit"}));
}

template <std::size_t Class>
void add_bus_share(std::vector<Key>& keys, const std::string& name, const std::string& who) {
  const std::string priority = "fixed_priority: " + who + "; the highest goes first";
  const std::string weight = "weighted: " + who + "; share of each when all want the bus";
  const std::string slots = "tdma: " + who + "; slots of the class in a frame";
  keys.push_back(bind(whole("bus.priority." + name, "", 0, 255),
                      [](auto& chip, auto&) -> auto& { return chip.bus.shares[Class].priority; },
                      {"assumption", 'L', priority.c_str()}));
  keys.push_back(bind(whole("bus.weight." + name, "", 1, 255),
                      [](auto& chip, auto&) -> auto& { return chip.bus.shares[Class].weight; },
                      {"assumption", 'L', weight.c_str()}));
  keys.push_back(bind(whole("bus.slots." + name, "", 1, 64),
                      [](auto& chip, auto&) -> auto& { return chip.bus.shares[Class].slots; },
                      {"assumption", 'L', slots.c_str()}));
}

void add_bus_shares(std::vector<Key>& keys) {
  std::vector<Key> mixed;
  add_bus_share<0>(mixed, "cpu", "the CPU");
  add_bus_share<1>(mixed, "tiles", "the tiles");
  add_bus_share<2>(mixed, "vector", "the vector unit");
  add_bus_share<3>(mixed, "dma", "the DMA channels");
  // Keys of one section stand together.
  for (std::size_t section = 0; section < 3; ++section) {
    for (std::size_t i = section; i < mixed.size(); i += 3) {
      keys.push_back(mixed[i]);
    }
  }
  keys.push_back(bind(whole("bus.slot_cycles", "cycle", 1, 4096),
                      [](auto& chip, auto&) -> auto& { return chip.bus.slot_cycles; },
                      {"assumption", 'L', "tdma: length of a slot; at least bus.burst_beats"}));
  keys.push_back(bind(boolean("bus.check_protocol"), [](auto& chip, auto&) -> auto& { return chip.bus.check_protocol; },
                      {"simulation setting", 'L', "watch every socket of the bus for breaches of the base protocol"}));
}

void add_analog_plane(std::vector<Key>& keys) {
  keys.push_back(bind(
      compiled_later(boolean("analog_plane.column_sum")),
      [](auto& chip, auto&) -> auto& { return chip.analog_plane.column_sum; },
      {"switch", '-', "tiles of a grid column may add their column currents on common lines before one conversion"}));
  keys.push_back(bind(whole("analog_plane.lanes", "", 1, 65536),
                      [](auto& chip, auto&) -> auto& { return chip.analog_plane.lanes; },
                      {"assumption: a lane for each pair of a tile", 'L',
                       "analog lanes of a grid column; a column pair takes one while the lines settle"}));
}

void add_memory(std::vector<Key>& keys) {
  keys.push_back(bind(compiled(whole("sram.size_B", "B", 4096, 256.0 * (1u << 20))),
                      [](auto& chip, auto&) -> auto& { return chip.sram.size_B; },
                      {"MobileNet-v1-224 needs 1,204,224 B of activations", 'M', "shared SRAM at 0x9000_0000"}));
  keys.push_back(bind(compiled(with(whole("sram.banks", "", 1, 256), Key::Extra::power_of_two)),
                      [](auto& chip, auto&) -> auto& { return chip.sram.banks; },
                      {"assumption", 'L', "banks, interleaved by bus word"}));
  keys.push_back(bind(whole("sram.t_cycles", "cycle", 1, 1000),
                      [](auto& chip, auto&) -> auto& { return chip.sram.access_cycles; },
                      {"CACTI 7, 40 nm: 1-3 ns", 'M', "bus cycles a bank is busy with one access"}));
  keys.push_back(bind(real("sram.e_128b_read_J", "J", 0, 1e-8),
                      [](auto& chip, auto&) -> auto& { return chip.sram.read_128b_J; },
                      {"CACTI 7, 40 nm, between LOP and LSTP", 'M', "energy of reading 128 bit"}));
  keys.push_back(bind(real("sram.e_128b_write_J", "J", 0, 1e-8),
                      [](auto& chip, auto&) -> auto& { return chip.sram.write_128b_J; },
                      {"CACTI 7, 40 nm, between LOP and LSTP", 'M', "energy of writing 128 bit"}));
  keys.push_back(bind(real("sram.e_32b_read_J", "J", 0, 1e-8),
                      [](auto& chip, auto&) -> auto& { return chip.sram.read_32b_J; },
                      {"CACTI 7, 40 nm, between LOP and LSTP", 'M', "energy of reading 32 bit"}));
  keys.push_back(bind(choice("sram.energy_law", {"stated", "size"}),
                      [](auto& chip, auto&) -> auto& { return chip.sram.energy_law; },
                      {"exponents: CACTI 7 and MNSIM tables, 2 to 512 KiB", 'M',
                       "size: the three energies are those of a bank of 64 KiB and follow size_B / banks"}));
  keys.push_back(bind(real("sram.leak_W_per_kB", "W/KiB", 0, 1e-3),
                      [](auto& chip, auto&) -> auto& { return chip.sram.leakage_W_per_kB; },
                      {"Mr.Wolf 40 nm LP, measured: 10.1109/JSSC.2019.2912307", 'H', "leakage per 1024 bytes"}));
}

void add_dram(std::vector<Key>& keys) {
  keys.push_back(bind(
      compiled_later(boolean("ext_dram.present")), [](auto& chip, auto&) -> auto& { return chip.ext_dram.present; },
      {"founding article: 50-100 pJ a transfer", 'H', "an external DRAM at 0xA000_0000, behind the bus"}));
  keys.push_back(bind(compiled_later(whole("ext_dram.size_B", "B", 65536, 1024.0 * (1u << 20))),
                      [](auto& chip, auto&) -> auto& { return chip.ext_dram.size_B; },
                      {"512 Mbit device", 'L', "its size"}));
  keys.push_back(bind(real("ext_dram.e_per_bit_J", "J", 0, 1e-6),
                      [](auto& chip, auto&) -> auto& { return chip.ext_dram.energy_per_bit_J; },
                      {"LPDDR 40 pJ/bit, LPDDR4 8, DDR3 70, HBM2 3.9: accelergy-cacti-plug-in", 'H',
                       "energy per bit moved, device and interface; 8 pJ/bit are 64 pJ a byte, as in the article"}));
  keys.push_back(bind(real("ext_dram.latency_s", "s", 0, 1e-3),
                      [](auto& chip, auto&) -> auto& { return chip.ext_dram.latency_s; },
                      {"LPDDR class", 'M', "from the request to the first byte"}));
  keys.push_back(bind(positive("ext_dram.B_per_s", "B/s", 1e13),
                      [](auto& chip, auto&) -> auto& { return chip.ext_dram.bytes_per_s; },
                      {"LPDDR-400, 16 bits wide", 'L', "bandwidth of the interface"}));
  keys.push_back(bind(with(whole("ext_dram.burst_B", "B", 1, 4096), Key::Extra::power_of_two),
                      [](auto& chip, auto&) -> auto& { return chip.ext_dram.burst_B; },
                      {"LPDDR, burst length 8, 16 bits wide", 'L', "shortest transfer; an access moves whole ones"}));
  keys.push_back(bind(real("ext_dram.p_standby_W", "W", 0, 10),
                      [](auto& chip, auto&) -> auto& { return chip.ext_dram.standby_W; },
                      {"Micron MT46H, IDD2P 0.6 mA at 1.8 V", 'M', "power-down between accesses"}));
  keys.push_back(bind(real("ext_dram.p_self_refresh_W", "W", 0, 10),
                      [](auto& chip, auto&) -> auto& { return chip.ext_dram.self_refresh_W; },
                      {"Micron MT46H, IDD6 0.5 mA at 1.8 V, 45 degC", 'M', "in the chip's deep sleep; contents stay"}));
}

void add_units(std::vector<Key>& keys) {
  keys.push_back(bind(compiled(whole("dma.channels", "", 1, 64)),
                      [](auto& chip, auto&) -> auto& { return chip.dma.channels; },
                      {"PULP mchan class", 'L', "independent channels"}));
  keys.push_back(bind(whole("dma.setup_cycles", "cycle", 0, 100000),
                      [](auto& chip, auto&) -> auto& { return chip.dma.setup_cycles; },
                      {"assumption", 'L', "bus cycles before the first transfer of a job"}));
  keys.push_back(bind(with(whole("dma.bytes_per_cycle", "B/cycle", 1, 256), Key::Extra::power_of_two),
                      [](auto& chip, auto&) -> auto& { return chip.dma.bytes_per_cycle; },
                      {"bus width of 128 bit", 'L', "bytes a channel moves in a bus cycle"}));
  keys.push_back(bind(whole("dma.queue_depth", "", 1, 255),
                      [](auto& chip, auto&) -> auto& { return chip.dma.queue_depth; },
                      {"assumption", 'L', "descriptors a channel can hold"}));
  keys.push_back(bind(real("dma.p_active_W", "W", 0, 10), [](auto& chip, auto&) -> auto& { return chip.dma.active_W; },
                      {"PULP mchan in GVSoC power models", 'H', "power of a channel while it transfers"}));
  keys.push_back(bind(
      compiled(boolean("vector_unit.present")), [](auto& chip, auto&) -> auto& { return chip.vector_unit.present; },
      {"Mythic, DIANA and HERMES have one", 'L', "false: networks that need pooling, add or depthwise are refused"}));
  keys.push_back(bind(whole("vector_unit.macs_per_cycle", "", 1, 4096),
                      [](auto& chip, auto&) -> auto& { return chip.vector_unit.macs_per_cycle; },
                      {"assumption", 'L', "MACs or element operations in a bus cycle"}));
  keys.push_back(bind(whole("vector_unit.setup_cycles", "cycle", 0, 100000),
                      [](auto& chip, auto&) -> auto& { return chip.vector_unit.setup_cycles; },
                      {"assumption", 'L', "bus cycles before the first operation of a job"}));
  keys.push_back(bind(whole("vector_unit.queue_depth", "", 1, 255),
                      [](auto& chip, auto&) -> auto& { return chip.vector_unit.queue_depth; },
                      {"assumption", 'L', "descriptors the unit can hold"}));
  keys.push_back(bind(real("vector_unit.e_per_mac_J", "J", 0, 1e-9),
                      [](auto& chip, auto&) -> auto& { return chip.vector_unit.mac_J; },
                      {"assumption", 'L', "energy of a MAC or element operation"}));
}

template <typename FieldOf, typename EnergyOf>
void add_class(std::vector<Key>& keys, std::size_t position, const std::string& name, FieldOf cycles, EnergyOf energy,
               const char* meaning) {
  // Cycles of all classes stand together, then energies: the second list begins `position` keys before the end.
  keys.insert(keys.end() - static_cast<std::ptrdiff_t>(position),
              bind(whole("cpu.cycles." + name, "cycle", 1, 1000), cycles,
                   {"Ibex documentation, 2-stage, fast multiplier", 'H', meaning}));
  keys.push_back(bind(real("cpu.energy_pJ." + name, "pJ", 0, 1e6), energy,
                      {"5 pJ core (GVSoC) + 7 pJ fetch + data access", 'M', meaning}));
}

void add_cpu(std::vector<Key>& keys) {
  keys.push_back(bind(real("cpu.clock_Hz", "Hz", 1e3, 10e9),
                      [](auto& chip, auto&) -> auto& { return chip.cpu.clock_Hz; },
                      {"assumption for 40 nm LP", 'L', "clock of the RV32IMC core"}));
  // One row a class; F selects the class in both tables.
#define TESSERA_CPU_CLASS(position, name, field, meaning)                                     \
  add_class(                                                                                  \
      keys, position, name, [](auto& chip, auto&) -> auto& { return chip.cpu.cycles.field; }, \
      [](auto& chip, auto&) -> auto& { return chip.cpu.energy_pJ.field; }, meaning)
  TESSERA_CPU_CLASS(0, "alu", alu, "integer arithmetic and everything without a class of its own");
  TESSERA_CPU_CLASS(1, "csr", csr, "control and status registers");
  TESSERA_CPU_CLASS(2, "load", load, "loads");
  TESSERA_CPU_CLASS(3, "store", store, "stores");
  TESSERA_CPU_CLASS(4, "mul", mul, "mul");
  TESSERA_CPU_CLASS(5, "mulh", mulh, "mulh, mulhu, mulhsu");
  TESSERA_CPU_CLASS(6, "div", div, "div, divu, rem, remu");
  TESSERA_CPU_CLASS(7, "jump", jump, "jal, jalr");
  TESSERA_CPU_CLASS(8, "branch_nt", branch_not_taken, "branches not taken");
  TESSERA_CPU_CLASS(9, "branch_t", branch_taken, "branches taken");
#undef TESSERA_CPU_CLASS
  keys.push_back(bind(real("cpu.leak_W", "W", 0, 1), [](auto& chip, auto&) -> auto& { return chip.cpu.leakage_W; },
                      {"30 uW in GVSoC, scaled", 'L', "leakage of the core"}));
  keys.push_back(bind(real("cpu.wfi_W", "W", 0, 1), [](auto& chip, auto&) -> auto& { return chip.cpu.wfi_W; },
                      {"assumption: clock tree gated", 'L', "power while the core sleeps in WFI"}));
  keys.push_back(bind(whole("cpu.int_latency_cycles", "cycle", 0, 1000),
                      [](auto& chip, auto&) -> auto& { return chip.cpu.interrupt_latency_cycles; },
                      {"assumption", 'L', "cycles from interrupt to its first instruction"}));
  keys.push_back(bind(whole("cpu.memory_B", "B", 16384, 256.0 * (1u << 20)),
                      [](auto& chip, auto&) -> auto& { return chip.cpu.memory_B; },
                      {"Mr.Wolf 40 nm LP: 512 KiB", 'L', "private memory at 0x8000_0000, off the bus"}));
  keys.push_back(bind(real("cpu.memory_leak_W_per_kB", "W/KiB", 0, 1e-3),
                      [](auto& chip, auto&) -> auto& { return chip.cpu.memory_leakage_W_per_kB; },
                      {"Mr.Wolf 40 nm LP, measured: 10.1109/JSSC.2019.2912307", 'H', "leakage per 1024 bytes"}));
  keys.push_back(bind(real("cpu.quantum_s", "s", 1e-9, 1e-2),
                      [](auto& chip, auto&) -> auto& { return chip.cpu.quantum_s; },
                      {"simulation setting", 'L', "how far the core may run ahead of simulated time"}));
}

void add_soc(std::vector<Key>& keys) {
  keys.push_back(bind(real("soc.overhead_W", "W", 0, 100),
                      [](auto& chip, auto&) -> auto& { return chip.soc.overhead_W; },
                      {"assumption", 'L', "always-on rest of the chip while awake"}));
  keys.push_back(bind(real("soc.deep_sleep_W", "W", 0, 100),
                      [](auto& chip, auto&) -> auto& { return chip.soc.deep_sleep_W; },
                      {"TinyVers, Vega: 1.7 uW", 'M', "the whole chip in deep sleep, private memory retained"}));
  keys.push_back(bind(real("soc.t_wake_s", "s", 0, 1), [](auto& chip, auto&) -> auto& { return chip.soc.wake_s; },
                      {"assumption", 'L', "from deep sleep to the first instruction"}));
  keys.push_back(bind(real("soc.sram_retention_W_per_kB", "W/KiB", 0, 1e-3),
                      [](auto& chip, auto&) -> auto& { return chip.soc.sram_retention_W_per_kB; },
                      {"assumption: a tenth of the leakage, at retention voltage", 'L',
                       "shared SRAM in deep sleep when its contents are kept"}));
  keys.push_back(bind(real("soc.dcdc_efficiency", "", 0.01, 1),
                      [](auto& chip, auto&) -> auto& { return chip.soc.dcdc_efficiency; },
                      {"assumption", 'L', "share of the battery's energy that reaches the chip; 1: no loss"}));
}

void add_scenario(std::vector<Key>& keys) {
  keys.push_back(bind(whole("sensor.fifo_samples", "", 1, 1u << 20),
                      [](auto& chip, auto&) -> auto& { return chip.sensor.fifo_samples; },
                      {"assumption", 'L', "samples that the sensor's FIFO holds"}));
  keys.push_back(bind(real("scenario.inferences_per_s", "1/s", 0, 1e9),
                      [](auto& chip, auto&) -> auto& { return chip.scenario.inferences_per_s; },
                      {"the user's", '-', "inferences that the application needs; 0: none is given"}));
  keys.push_back(bind(choice("scenario.sleep", {"deep_sleep", "wfi"}),
                      [](auto& chip, auto&) -> auto& { return chip.scenario.sleep; },
                      {"the user's", '-', "what the chip does between two inferences"}));
  keys.push_back(bind(boolean("scenario.retain_sram"),
                      [](auto& chip, auto&) -> auto& { return chip.scenario.retain_sram; },
                      {"the user's", '-', "the shared SRAM keeps its contents in deep sleep"}));
  keys.push_back(bind(positive("scenario.battery.capacity_mAh", "mAh", 1e9),
                      [](auto& chip, auto&) -> auto& { return chip.scenario.battery_mAh; },
                      {"coin cell CR2032", 'M', "charge of the battery"}));
  keys.push_back(bind(positive("scenario.battery.voltage_V", "V", 1e3),
                      [](auto& chip, auto&) -> auto& { return chip.scenario.battery_V; },
                      {"coin cell CR2032", 'M', "voltage of the battery"}));
  Key usable = positive("scenario.battery.usable", "", 1);
  keys.push_back(bind(usable, [](auto& chip, auto&) -> auto& { return chip.scenario.battery_usable; },
                      {"assumption", 'L', "share of the charge that is there before the voltage is too low"}));
}

}  // namespace

void add_chip_keys(std::vector<Key>& keys) {
  add_top(keys);
  add_bus(keys);
  add_bus_shares(keys);
  add_analog_plane(keys);
  add_memory(keys);
  add_dram(keys);
  add_units(keys);
  add_cpu(keys);
  add_soc(keys);
  add_area_keys(keys);
  add_scenario(keys);
}

}  // namespace tessera::platform::schema_builder
