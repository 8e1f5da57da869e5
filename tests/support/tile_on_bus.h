// SPDX-License-Identifier: Apache-2.0
// Tiles that share a bus of either timing, for tests of what they do together.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "models/interconnect/at_bus.h"
#include "models/interconnect/shared_bus.h"
#include "models/tile/tile.h"

namespace tessera::test {

/// A bus of the timing asked for. What its protocol checker finds fails the test.
inline std::unique_ptr<interconnect::BusFabric> made_bus(const interconnect::BusParameters& parameters,
                                                         probe::Probe& probe) {
  std::unique_ptr<interconnect::BusFabric> bus;
  if (parameters.timing == interconnect::BusParameters::Timing::at) {
    bus = std::make_unique<interconnect::AtBus>("bus", parameters, probe);
  } else {
    bus = std::make_unique<interconnect::SharedBus>("bus", parameters, probe);
  }
  bus->report_violation = [](std::string_view what) { ADD_FAILURE() << what; };
  return bus;
}

/// Tile number `index` with its array and converters, "tile0" for the first.
struct TileOnBus {
  std::string name;
  analog::Array array;
  converter::ConverterBank dacs;
  std::unique_ptr<converter::ConverterBank> own_adcs;  ///< none: it uses those of another tile
  converter::ConverterBank& adcs;
  tile::Tile tile;
  std::unique_ptr<interconnect::AtPort> port;  ///< approximately timed

  /// @param shared_adcs  instead of its own, or nullptr
  TileOnBus(std::uint32_t index, const tile::TileParameters& parameters, interconnect::BusFabric& bus,
            interconnect::BusParameters::Timing timing, probe::Probe& probe,
            converter::ConverterBank* shared_adcs = nullptr)
      : name("tile" + std::to_string(index)),
        array(parameters.array, 1, index),
        dacs((name + "_dac").c_str(), converter::ConverterBank::Kind::dac, probe),
        own_adcs(shared_adcs != nullptr ? nullptr
                                        : std::make_unique<converter::ConverterBank>(
                                              (name + "_adc").c_str(), converter::ConverterBank::Kind::adc, probe)),
        adcs(shared_adcs != nullptr ? *shared_adcs : *own_adcs),
        tile(name.c_str(), parameters, TD_TILE_BASE + index * TD_TILE_STRIDE, 16, 5000, array, dacs, adcs, probe) {
    bus.map(TD_TILE_BASE + index * TD_TILE_STRIDE, TD_TILE_STRIDE, name, tile.registers);
    bus.attach(tile.memory, interconnect::InitiatorClass::tile);
    if (timing == interconnect::BusParameters::Timing::at) {
      port = std::make_unique<interconnect::AtPort>((name + "_port").c_str());
      tile.use(*port);
      bus.attach(port->read_socket, interconnect::InitiatorClass::tile);
      bus.attach(port->write_socket, interconnect::InitiatorClass::tile);
    }
  }
};

}  // namespace tessera::test
