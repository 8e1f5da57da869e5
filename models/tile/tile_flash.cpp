// SPDX-License-Identifier: Apache-2.0
// Flash commands of a tile in simulated time: bus traffic, high voltage, waiting, energy.
//
// A command is computed piece by piece (half a row pair, a segment of a row, a row of reads): a piece is done in no
// time, then its time passes, then it is committed. An abort ends the command after the piece that runs.
#include <fmt/format.h>

#include <cmath>
#include <cstring>

#include "models/tile/tile.h"
#include "tessera_registers.hpp"

namespace tessera::tile {

using probe::Time;
namespace reg = registers::tile;

namespace {

Time picoseconds(double seconds) {
  return static_cast<Time>(std::llround(seconds * 1.0e12));
}

const char* name_of(FlashUnit::Command command) {
  switch (command) {
    case FlashUnit::Command::erase:
      return "erase";
    case FlashUnit::Command::program:
      return "program";
    case FlashUnit::Command::verify:
      return "verify";
    case FlashUnit::Command::none:
      break;
  }
  return "none";
}

}  // namespace

void Tile::write_flash(std::uint32_t offset, std::uint32_t value) {
  using Obstacle = FlashUnit::Error;
  const bool on = power_state() == probe::PowerState::idle || power_state() == probe::PowerState::active;
  const Obstacle obstacle = parameters_.kind == TileParameters::Kind::digital ? Obstacle::power
                            : has_jobs()                                      ? Obstacle::busy
                            : on || flash_.busy()                             ? Obstacle::none
                                                                              : Obstacle::power;
  const bool starts = flash_.write(offset, value, obstacle);
  if (offset != reg::flash_command) {
    return;
  }
  if (!starts) {
    if (report_error) {
      report_error(fmt::format("{}: flash command {}: {}", name(), value, flash_.reason()));
    }
    raise(reg::irq_status_flash, scope());
    return;
  }
  flash_site_ = writer();
  const Time begin = write_time();
  sc_core::sc_spawn_options options;
  options.set_stack_size(0x20000);
  sc_core::sc_spawn(
      [this, begin] {
        wait_until(begin);
        run_flash();
      },
      sc_core::sc_gen_unique_name("flash"), &options);
}

void Tile::run_flash() {
  const FlashUnit::Command command = flash_.command();
  const std::uint32_t cells = flash_.read(reg::flash_total_cells);
  const Time begin = now();
  const probe::ScopeId scope = probe().scope({static_cast<std::int16_t>(TD_LAYER_RUNTIME), flash_.tag(), flash_site_});
  use_scope(scope);
  const FlashEnd end = command == FlashUnit::Command::erase     ? erase_rows()
                       : command == FlashUnit::Command::program ? program_rows()
                                                                : verify_rows();
  if (power_state() == probe::PowerState::program) {
    end_program(now());
  }
  flash_.finish(end.error, end.reason);
  use_scope(probe::idle_scope);
  probe().span(lane(), fmt::format("{} {} cells", name_of(command), cells), scope, begin, now());
  if (end.error != FlashUnit::Error::none && report_error) {
    report_error(fmt::format("{}: flash {}: {}", name(), name_of(command), end.reason));
  }
  raise(reg::irq_status_flash, scope);
}

void Tile::raise_high_voltage(probe::Cause cause) {
  begin_program(now(), scope(), cause);
  wait_until(now() + picoseconds(parameters_.power.hv_ramp_s));
}

bool Tile::fetch_image(std::uint32_t row, std::vector<std::uint8_t>& image) {
  image.resize(flash_.columns());
  moves(interconnect::Traffic::flash);
  const Time at = transfer(false, flash_.image_address(row), image, now());
  wait_until(at);
  return at != 0;
}

Tile::FlashEnd Tile::erase_rows() {
  raise_high_voltage(probe::Cause::erase);
  const Time half = picoseconds(0.5 * parameters_.programming.timing.erase_s);
  const std::uint32_t first = flash_.row0() / 2, last = (flash_.row0() + flash_.rows() + 1) / 2;
  for (std::uint32_t pair = first; pair < last; ++pair) {
    for (const bool second : {false, true}) {
      if (flash_.aborting()) {
        return {};
      }
      wait_until(now() + half);
      flash_.erase(pair, second);
    }
  }
  return {};
}

Tile::FlashEnd Tile::program_rows() {
  // The whole image is looked at before the first pulse: an erased tile is not programmed half with nonsense.
  std::vector<std::uint8_t> image(flash_.columns());
  const std::uint32_t last = flash_.row0() + flash_.rows();
  for (std::uint32_t row = flash_.row0(); row < last; ++row) {
    if (!functional().read(flash_.image_address(row), image)) {
      return {FlashUnit::Error::bus,
              fmt::format("no memory at {:#010x}, levels of row {}", flash_.image_address(row), row)};
    }
    if (std::string problem = flash_.check_levels(row, image); !problem.empty()) {
      return {FlashUnit::Error::level, std::move(problem)};
    }
  }
  raise_high_voltage(probe::Cause::program);
  for (std::uint32_t row = flash_.row0(); row < last; ++row) {
    if (!fetch_image(row, image)) {
      return {FlashUnit::Error::bus,
              fmt::format("no memory at {:#010x}, levels of row {}", flash_.image_address(row), row)};
    }
    if (std::string problem = flash_.check_levels(row, image); !problem.empty()) {
      return {FlashUnit::Error::level, std::move(problem)};
    }
    for (std::uint32_t done = 0; done < flash_.columns();) {
      if (flash_.aborting()) {
        return {};
      }
      double seconds = 0, joules = 0;
      const std::uint32_t cells = flash_.program(row, done, image, seconds, joules);
      wait_until(now() + picoseconds(seconds));
      probe().energy(flash_component_, probe::Cause::program, scope(), now(), probe::to_attojoules(joules));
      flash_.commit_program(row, done, cells);
      done += cells;
    }
  }
  return {};
}

Tile::FlashEnd Tile::verify_rows() {
  std::vector<std::uint8_t> image, result(flash_.columns());
  const std::uint32_t last = flash_.row0() + flash_.rows();
  for (std::uint32_t row = flash_.row0(); row < last; ++row) {
    if (flash_.aborting()) {
      return {};
    }
    if (power_state() != probe::PowerState::idle) {
      return {FlashUnit::Error::power, fmt::format("the tile was switched off before row {}", row)};
    }
    if (!fetch_image(row, image)) {
      return {FlashUnit::Error::bus,
              fmt::format("no memory at {:#010x}, levels of row {}", flash_.image_address(row), row)};
    }
    const std::vector<std::int8_t> percent = flash_.verify(row, image);
    wait_until(now() + picoseconds(flash_.verify_s()));
    probe().energy(flash_component_, probe::Cause::dynamic, scope(), now(),
                   probe::to_attojoules(flash_.columns() * parameters_.energy.adc_conversion_J));
    if (const std::uint32_t address = flash_.result_address(row); address != 0) {
      std::memcpy(result.data(), percent.data(), percent.size());
      moves(interconnect::Traffic::flash);
      const Time stored = transfer(true, address, result, now());
      if (stored == 0) {
        return {FlashUnit::Error::bus, fmt::format("no writable memory at {:#010x}, results of row {}", address, row)};
      }
      wait_until(stored);
    }
  }
  return {};
}

}  // namespace tessera::tile
