// SPDX-License-Identifier: Apache-2.0
#include "platform/chip/chip.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "models/interconnect/at_bus.h"
#include "models/interconnect/shared_bus.h"
#include "sw/deployment/tessera_deployment.h"
#include "tessera_registers.hpp"

namespace tessera::platform {

using converter::ConverterBank;
using interconnect::InitiatorClass;
using Sharing = tile::TileParameters::Sharing;

namespace {

constexpr std::uint64_t rom_window = std::uint64_t{0x10000000};  // up to the vector unit
constexpr std::uint32_t rom_size_B = TD_ROM_BYTES;
constexpr std::uint32_t plic_tile_sources = 960;
/// PLIC sources that can end a deep sleep, in the order of the power controller's WAKE_ENABLE.
constexpr std::array<std::uint32_t, peripherals::PowerController::wake_lines> wake_sources = {
    registers::sensor::interrupt, registers::gpio::interrupt, registers::uart::interrupt,
    registers::watchdog::interrupt};

bool approximately_timed(const PlatformParameters& parameters) {
  return parameters.bus.timing == interconnect::BusParameters::Timing::at;
}

memory::SramParameters rom_parameters(const memory::SramParameters& sram) {
  memory::SramParameters rom = sram;
  rom.size_B = rom_size_B;
  rom.banks = 1;
  rom.energy_law = memory::SramParameters::EnergyLaw::stated;
  return rom;
}

}  // namespace

Chip::Chip(const PlatformParameters& parameters, ChipEnvironment environment, probe::Probe& probe)
    : parameters_(parameters),
      probe_(probe),
      unit_error_(environment.unit_error),
      marker_(environment.marker),
      cycle_(static_cast<probe::Time>(std::llround(1.0e12 / parameters.bus.clock_Hz))),
      soc_component_(probe.add_component("soc", probe::Category::statics)) {
  if (approximately_timed(parameters)) {
    bus_ = std::make_unique<interconnect::AtBus>("bus", parameters.bus, probe);
  } else {
    bus_ = std::make_unique<interconnect::SharedBus>("bus", parameters.bus, probe);
  }
  bus_->report_violation = environment.protocol_violation;
  saved_ids_ = {probe.add_counter("bus.saved.window", "bytes", "inputs that tiles still held: overlapping windows"),
                probe.add_counter("bus.saved.multicast", "bytes", "inputs that came with another tile's"),
                probe.add_counter("bus.saved.kept", "bytes", "results kept in the tile, and read there")};
  host_ = std::make_unique<host::HostSubsystem>("host", parameters.cpu, probe);
  connect_host();
  build_memories(parameters);
  build_tiles(parameters);
  build_units(parameters);
  build_always_on(parameters, environment);
  build_peripherals(parameters, std::move(environment));
  build_power(parameters);
  set_layer(outside_layer);
}

Chip::~Chip() = default;

template <typename Socket>
void Chip::map(std::uint32_t base, std::uint64_t size, const std::string& name, Socket& socket) {
  bus_->map(base, size, name, socket);
  host_->add_region({name, base, static_cast<std::uint32_t>(base + size - 1)});
}

namespace {

/// Copies into a memory that begins at `base`. @return false: it does not lie in there
bool put(std::span<std::uint8_t> memory, std::uint32_t base, std::uint32_t address,
         std::span<const std::uint8_t> bytes) {
  if (address < base || address - base > memory.size() || bytes.size() > memory.size() - (address - base)) {
    return false;
  }
  std::copy(bytes.begin(), bytes.end(), memory.begin() + (address - base));
  return true;
}

}  // namespace

void Chip::build_memories(const PlatformParameters& parameters) {
  rom_ = std::make_unique<memory::BusMemory>("rom", TD_ROM_BASE, rom_parameters(parameters.sram), parameters.bus, false,
                                             probe_);
  map(TD_ROM_BASE, std::min<std::uint64_t>(rom_size_B, rom_window), "deployment ROM", rom_->socket);
  sram_ = std::make_unique<memory::BusMemory>("sram", TD_SRAM_BASE, parameters.sram, parameters.bus, true, probe_);
  map(TD_SRAM_BASE, parameters.sram.size_B, "shared SRAM", sram_->socket);
  if (parameters.ext_dram.present) {
    dram_ = std::make_unique<memory::ExtDram>("ext_dram", TD_DRAM_BASE, parameters.ext_dram, probe_);
    map(TD_DRAM_BASE, parameters.ext_dram.size_B, "external DRAM", dram_->socket);
  }
  host_->load_outside = [this](std::uint32_t address, std::span<const std::uint8_t> bytes) {
    return put(sram_->bytes(), TD_SRAM_BASE, address, bytes) ||
           (dram_ && put(dram_->bytes(), TD_DRAM_BASE, address, bytes));
  };
}

ConverterBank& Chip::bank(ConverterBank::Kind kind, Sharing sharing, std::uint32_t row, std::uint32_t column) {
  const char* suffix = kind == ConverterBank::Kind::dac ? "dac" : "adc";
  std::string name;
  switch (sharing) {
    case Sharing::tile:
      name = fmt::format("tile[{},{}]_{}", row, column, suffix);
      break;
    case Sharing::row:
      name = fmt::format("row[{}]_{}", row, suffix);
      break;
    case Sharing::column:
      name = fmt::format("column[{}]_{}", column, suffix);
      break;
    case Sharing::chip:
      name = fmt::format("chip_{}", suffix);
      break;
  }
  for (const auto& existing : banks_) {
    if (name == existing->name()) {
      return *existing;
    }
  }
  banks_.push_back(std::make_unique<ConverterBank>(name.c_str(), kind, probe_));
  return *banks_.back();
}

void Chip::build_tiles(const PlatformParameters& parameters) {
  for (std::uint32_t i = 0; i < parameters.tile_count(); ++i) {
    const std::uint32_t row = i / parameters.grid_columns;
    const std::uint32_t column = i % parameters.grid_columns;
    const tile::TileParameters& p = parameters.tiles.at(i);
    const std::uint32_t base = TD_TILE_BASE + i * TD_TILE_STRIDE;
    arrays_.push_back(std::make_unique<analog::Array>(p.array, parameters.seed, i));
    ConverterBank& dacs = bank(ConverterBank::Kind::dac, p.dac_sharing, row, column);
    ConverterBank& adcs = bank(ConverterBank::Kind::adc, p.adc_sharing, row, column);
    tiles_.push_back(std::make_unique<tile::Tile>(fmt::format("tile[{},{}]", row, column).c_str(), p, base,
                                                  parameters.bus.bytes_per_beat(), cycle_, *arrays_.back(), dacs, adcs,
                                                  probe_));
    if (parameters.analog_plane.column_sum) {
      if (row == 0) {
        lanes_.push_back(std::make_unique<lanes::AnalogLanes>(fmt::format("column[{}]_lanes", column).c_str(),
                                                              parameters.analog_plane.lanes, probe_));
      }
      tiles_.back()->sum_on(*lanes_[column]);
    }
    if (p.kind == tile::TileParameters::Kind::digital &&
        p.mac_array.weights == tile::MacArrayParameters::Weights::dram) {
      if (!weight_channel_) {
        weight_channel_ = tile::WeightChannel{{}, probe_.add_component("dram", probe::Category::off_chip)};
      }
      tiles_.back()->fetch_weights_from(*weight_channel_);
    }
    if (parameters.bus.multicast) {
      tiles_.back()->multicast_in(multicast_groups_);
    }
    map(base, TD_TILE_STRIDE, fmt::format("tile[{},{}]", row, column), tiles_.back()->registers);
    connect(*tiles_.back(), InitiatorClass::tile, registers::tile::interrupt + i % plic_tile_sources);
  }
}

void Chip::build_units(const PlatformParameters& parameters) {
  const std::uint32_t burst_B = parameters.bus.burst_beats * parameters.bus.bytes_per_beat();
  if (parameters.vector_unit.present) {
    vector_ = std::make_unique<vector::VectorUnit>("vector", parameters.vector_unit, registers::vector::base_address,
                                                   burst_B, cycle_, probe_);
    map(registers::vector::base_address, 0x100, "vector unit", vector_->registers);
    connect(*vector_, InitiatorClass::vector, registers::vector::interrupt);
  }
  for (std::uint32_t c = 0; c < parameters.dma.channels; ++c) {
    const std::uint32_t base = registers::dma::base_address + c * registers::dma::address_stride;
    const std::string name = fmt::format("dma[{}]", c);
    dma_.push_back(std::make_unique<dma::DmaChannel>(name.c_str(), parameters.dma, base, parameters.bus, probe_));
    map(base, registers::dma::address_stride, name, dma_.back()->registers);
    connect(*dma_.back(), InitiatorClass::dma, registers::dma::interrupt);
  }
}

void Chip::build_peripherals(const PlatformParameters& parameters, ChipEnvironment environment) {
  stream_ =
      std::make_unique<peripherals::StreamPort>("stream", registers::stream::base_address, environment.first_frame,
                                                std::move(environment.frames), std::move(environment.results));
  stream_->interrupt = [this](bool level) { host_->set_interrupt(registers::stream::interrupt, level); };
  map(registers::stream::base_address, 0x1000, "stream port", stream_->socket);

  const peripherals::ChipFacts facts{
      parameters.grid_rows,      parameters.grid_columns,
      environment.platform_hash, parameters.vector_unit.present,
      parameters.dma.channels,   parameters.ext_dram.present ? parameters.ext_dram.size_B : 0};
  system_ = std::make_unique<peripherals::SystemControl>(
      "system", registers::system::base_address, facts, *bus_,
      [this](probe::MarkerKind kind, std::uint32_t region, probe::Time at) { on_marker(kind, region, at); });
  map(registers::system::base_address, 0x1000, "system control", system_->socket);

  if (environment.uart) {
    host_->on_uart_output = std::move(environment.uart);
  }
  host_->handler_scope = [this](std::uint32_t source) {
    for (const Line& line : lines_) {
      if (line.plic_source == source && line.level) {
        return line.unit->last_scope();
      }
    }
    return probe::idle_scope;
  };
}

void Chip::build_always_on(const PlatformParameters& parameters, ChipEnvironment& environment) {
  sensor_ = std::make_unique<peripherals::Sensor>("sensor", registers::sensor::base_address,
                                                  parameters.sensor.fifo_samples, std::move(environment.sensor));
  sensor_->interrupt = [this](bool level) { host_->set_interrupt(registers::sensor::interrupt, level); };
  sensor_->request_dma = [this](std::uint32_t channel, std::uint32_t descriptor, probe::Time at) {
    return !power_->asleep() && channel < dma_.size() && dma_[channel]->request(descriptor, at);
  };
  map(registers::sensor::base_address, 0x1000, "sensor", sensor_->socket);
  gpio_ =
      std::make_unique<peripherals::Gpio>("gpio", registers::gpio::base_address, std::move(environment.pins), probe_);
  gpio_->interrupt = [this](bool level) { host_->set_interrupt(registers::gpio::interrupt, level); };
  map(registers::gpio::base_address, 0x1000, "GPIO", gpio_->socket);
  watchdog_ = std::make_unique<peripherals::Watchdog>("watchdog", registers::watchdog::base_address);
  watchdog_->interrupt = [this](bool level) { host_->set_interrupt(registers::watchdog::interrupt, level); };
  watchdog_->expired = [this](bool reset, std::uint32_t ticks) {
    host_->stop(reset ? host::RunEnd::watchdog_reset : host::RunEnd::watchdog, 1,
                fmt::format("the watchdog was not kicked for {:.12g} s{}", ticks * 1.0e-7,
                            reset ? ": it asked for a reset of the chip" : ""));
  };
  map(registers::watchdog::base_address, 0x1000, "watchdog", watchdog_->socket);
}

void Chip::build_power(const PlatformParameters& parameters) {
  std::vector<job_unit::JobUnit*> tiles;
  for (const auto& one : tiles_) {
    tiles.push_back(one.get());
  }
  peripherals::PowerController::SleepControl control;
  control.quiescent = [this] {
    return std::all_of(lines_.begin(), lines_.end(), [](const Line& line) { return line.unit->quiescent(); });
  };
  control.sleep = [this](probe::Time at, bool retain_sram) { sleep(at, retain_sram); };
  control.supply = [this](probe::Time at) { supply(at); };
  control.awake = [this](probe::Time at) { awake(at); };
  power_ = std::make_unique<peripherals::PowerController>(
      "power", registers::power::base_address, static_cast<probe::Time>(std::llround(parameters.soc.wake_s * 1.0e12)),
      std::move(tiles), std::move(control));
  map(registers::power::base_address, 0x1000, "power controller", power_->socket);
  power_->interrupt = [this](bool level) { host_->set_interrupt(registers::power::interrupt, level); };
  for (std::size_t i = 0; i < tiles_.size(); ++i) {
    tiles_[i]->power_changed = [this, i] { power_->tile_changed(i); };
  }
  host_->on_wait_for_interrupt = [this](probe::Time at) {
    using Answer = host::HostSubsystem::WfiAnswer;
    using Sleep = peripherals::PowerController::SleepAnswer;
    const Sleep sleep = power_->enter_sleep(at);
    return sleep == Sleep::asleep ? Answer::deep_sleep : sleep == Sleep::refused ? Answer::go_on : Answer::wait;
  };
  host_->on_interrupt_line = [this](std::uint32_t source, bool level, probe::Time at) {
    for (std::size_t line = 0; line < wake_sources.size(); ++line) {
      if (wake_sources[line] == source) {
        power_->line_changed(line, level, at);
      }
    }
  };
  soc_residency_.begin_in(probe::PowerState::active);
}

void Chip::sleep(probe::Time at, bool retain_sram) {
  book(at);
  for_each_unit([at](job_unit::JobUnit& unit) { unit.sleep(at); });
  const double retention_W = parameters_.soc.sram_retention_W_per_kB * parameters_.sram.size_B / 1024.0;
  sram_->sleep(at, retain_sram, retention_W);
  if (dram_) {
    dram_->sleep(at);
  }
  soc_residency_.enter(probe::PowerState::sleep);
}

void Chip::supply(probe::Time at) {
  book(at);
  sram_->wake_up(at);
  if (dram_) {
    dram_->wake_up(at);
  }
  host_->supply_up(at);
  soc_residency_.enter(probe::PowerState::waking);
}

void Chip::awake(probe::Time at) {
  book(at);
  for_each_unit([at](job_unit::JobUnit& unit) { unit.wake_up(at); });
  host_->resume();
  soc_residency_.enter(probe::PowerState::active);
  sensor_->retry_dma(at);
}

void Chip::connect_host() {
  if (!approximately_timed(parameters_)) {
    bus_->attach(host_->bus, InitiatorClass::cpu);
    return;
  }
  bridge_ = std::make_unique<interconnect::BlockingBridge>("host_bridge");
  host_->bus.bind(bridge_->in);
  bus_->attach(bridge_->out, InitiatorClass::cpu);
}

void Chip::connect(job_unit::JobUnit& unit, InitiatorClass kind, std::uint32_t plic_source) {
  bus_->attach(unit.memory, kind);
  if (approximately_timed(parameters_)) {
    ports_.push_back(std::make_unique<interconnect::AtPort>(fmt::format("{}_port", unit.name()).c_str()));
    unit.use(*ports_.back());
    bus_->attach(ports_.back()->read_socket, kind);
    bus_->attach(ports_.back()->write_socket, kind);
  }
  unit.report_error = unit_error_;
  const std::size_t index = lines_.size();
  lines_.push_back({&unit, plic_source, false});
  unit.interrupt = [this, index](bool level) {
    lines_[index].level = level;
    const std::uint32_t source = lines_[index].plic_source;
    host_->set_interrupt(source, std::any_of(lines_.begin(), lines_.end(), [source](const Line& line) {
                           return line.plic_source == source && line.level;
                         }));
  };
}

void Chip::set_layer(std::int32_t layer) {
  host_->set_scope(probe_.scope({.layer = layer}));
}

void Chip::on_marker(probe::MarkerKind kind, std::uint32_t region, probe::Time at) {
  probe_.marker(kind, region, at);
  const bool begins = kind == probe::MarkerKind::begin;
  if (kind == probe::MarkerKind::dump || kind == probe::MarkerKind::reset) {
    dump(at);
    return;
  }
  if (peripherals::region_kind(region) == peripherals::RegionKind::user ||
      peripherals::region_kind(region) == peripherals::RegionKind::calibration) {
    book(at);
  }
  if (peripherals::region_kind(region) == peripherals::RegionKind::inference) {
    book(at);
    bus_->dump(at);  // samples at both ends tell how busy the bus was inside
  }
  if (marker_) {
    marker_(kind, region, at);
  }
  switch (peripherals::region_kind(region)) {
    case peripherals::RegionKind::layer:
      set_layer(begins ? static_cast<std::int32_t>(peripherals::region_number(region)) : runtime_layer);
      break;
    case peripherals::RegionKind::inference:
      set_layer(begins ? runtime_layer : outside_layer);
      break;
    case peripherals::RegionKind::calibration:
      set_layer(begins ? calibration_layer : outside_layer);
      break;
    case peripherals::RegionKind::user:
      break;
  }
}

void Chip::book(probe::Time now) {
  for_each_unit([now](job_unit::JobUnit& unit) { unit.book(now); });
  sram_->book_leakage(now);
  if (dram_) {
    dram_->book(now);
  }
  host_->book(now);
  book_soc(now);
}

void Chip::book_soc(probe::Time now) {
  if (now <= soc_booked_) {
    return;
  }
  using probe::PowerState;
  const bool asleep = soc_residency_.state() == PowerState::sleep;
  const bool waking = soc_residency_.state() == PowerState::waking;
  const double watts = asleep ? parameters_.soc.deep_sleep_W : parameters_.soc.overhead_W;
  probe_.power(soc_component_, waking ? probe::Cause::wake : probe::Cause::standby, probe::idle_scope, soc_booked_, now,
               watts);
  soc_residency_.add_time(now - soc_booked_);
  soc_residency_.add_energy(now - soc_booked_, watts);
  soc_booked_ = now;
}

void Chip::finish(probe::Time now) {
  dump(now);
  std::vector<std::string> stuck = multicast_groups_.waiting();
  for (const auto& lanes_of_column : lanes_) {
    const std::vector<std::string> more = lanes_of_column->waiting();
    stuck.insert(stuck.end(), more.begin(), more.end());
  }
  for (const std::string& line : stuck) {
    if (unit_error_) {
      unit_error_(line);
    }
  }
  soc_residency_.report(probe_, "soc");
  host_->report_residency();
  sram_->residency().report(probe_, "sram");
  if (dram_) {
    dram_->residency().report(probe_, "ext_dram");
  }
  for_each_unit([now](job_unit::JobUnit& unit) { unit.finish_power(now); });
}

tile::SavedBytes Chip::saved() const {
  tile::SavedBytes sum;
  for (const auto& one : tiles_) {
    sum.window += one->saved().window;
    sum.multicast += one->saved().multicast;
    sum.kept += one->saved().kept;
  }
  return sum;
}

void Chip::dump(probe::Time now) {
  book(now);
  for_each_unit([now](job_unit::JobUnit& unit) { unit.dump(now); });
  for (const auto& converters : banks_) {
    converters->dump(now);
  }
  for (const auto& lanes_of_column : lanes_) {
    lanes_of_column->dump(now);
  }
  bus_->dump(now);
  if (dram_) {
    dram_->dump(now);
  }
  const tile::SavedBytes unmoved = saved();
  probe_.counter(saved_ids_[0], unmoved.window, now);
  probe_.counter(saved_ids_[1], unmoved.multicast, now);
  probe_.counter(saved_ids_[2], unmoved.kept, now);
  host_->dump(now);
}

}  // namespace tessera::platform
