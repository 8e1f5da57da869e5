// SPDX-License-Identifier: Apache-2.0
// A tile on a bus, with memory behind it and a CPU beside it.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "models/interconnect/shared_bus.h"
#include "models/memory/bus_memory.h"
#include "models/tile/tile.h"
#include "tests/support/bus_rig.h"

namespace tessera::tile::testing {

template <typename Probe = test::RecordingProbe>
class OneTile : public ::testing::Test {
 protected:
  static constexpr probe::Time cycle = 5000;
  static constexpr std::uint32_t tile_base = TD_TILE_BASE;

  explicit OneTile(const TileParameters& parameters = {})
      : parameters_(parameters),
        array_(parameters_.array, 1, 0),
        tile_("tile", parameters_, tile_base, 16, cycle, array_, dacs_, adcs_, probe_) {
    bus_.map(TD_SRAM_BASE, memory_.bytes().size(), "sram", memory_.socket);
    bus_.map(tile_base, TD_TILE_STRIDE, "tile", tile_.registers);
    cpu_.socket.bind(bus_.targets);
    tile_.memory.bind(bus_.targets);
    tile_.interrupt = [this](bool level) { line_ = level; };
    tile_.report_error = [this](std::string_view what) { error_ = what; };
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }

  /// Byte of the memory behind a bus address.
  std::uint8_t* at(std::uint32_t address) { return memory_.bytes().data() + (address - TD_SRAM_BASE); }
  std::uint32_t read(std::uint32_t offset) { return cpu_.read(tile_base + offset); }
  void write(std::uint32_t offset, std::uint32_t value) { cpu_.write(tile_base + offset, value); }

  Probe probe_;
  TileParameters parameters_;
  analog::Array array_;
  interconnect::SharedBus bus_{"bus", {}, probe_};
  memory::BusMemory memory_{"sram", TD_SRAM_BASE, {}, {}, true, probe_};
  converter::ConverterBank dacs_{"tile_dac", converter::ConverterBank::Kind::dac, probe_};
  converter::ConverterBank adcs_{"tile_adc", converter::ConverterBank::Kind::adc, probe_};
  Tile tile_;
  test::Cpu cpu_{"cpu"};
  bool line_ = false;
  std::string error_;
};

}  // namespace tessera::tile::testing
