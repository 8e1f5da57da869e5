// SPDX-License-Identifier: Apache-2.0
// The whole chip, wired: read this file and chip.cpp top to bottom to see what is connected to what.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/analog/array.h"
#include "models/converter/converter_bank.h"
#include "models/dma/dma_channel.h"
#include "models/host/host_subsystem.h"
#include "models/interconnect/at_port.h"
#include "models/interconnect/blocking_bridge.h"
#include "models/interconnect/bus_fabric.h"
#include "models/memory/bus_memory.h"
#include "models/memory/ext_dram.h"
#include "models/peripherals/gpio/gpio.h"
#include "models/peripherals/power/power_controller.h"
#include "models/peripherals/sensor/sensor.h"
#include "models/peripherals/stream/stream_port.h"
#include "models/peripherals/system_control/system_control.h"
#include "models/peripherals/watchdog/watchdog.h"
#include "models/tile/tile.h"
#include "models/vector/vector_unit.h"
#include "platform/config/platform_parameters.h"

namespace tessera::platform {

/// What the chip asks of the world around it.
struct ChipEnvironment {
  std::uint64_t platform_hash = 0;
  std::uint64_t first_frame = 0;
  peripherals::StreamPort::Source frames;  ///< sensor data
  peripherals::StreamPort::Sink results;
  peripherals::SensorData sensor;                         ///< no bytes: no sensor is connected
  std::vector<peripherals::PinChange> pins;               ///< of the inputs, in the order of time
  std::function<void(std::uint8_t byte)> uart;            ///< what firmware prints
  std::function<void(std::string_view what)> unit_error;  ///< a job unit refused or failed a job
  /// bus.check_protocol: a breach of the base protocol on a socket of the bus
  std::function<void(std::string_view what)> protocol_violation;
  /// Firmware wrote a marker; static power and CPU energy are booked up to then.
  std::function<void(probe::MarkerKind kind, std::uint32_t region, probe::Time at)> marker;
};

/// Layer numbers of scopes that are no layer of the network: firmware at work inside an inference; before, between and
/// after inferences; and the calibration of converters.
inline constexpr std::int32_t runtime_layer = -3;
inline constexpr std::int32_t outside_layer = -4;
inline constexpr std::int32_t calibration_layer = -5;

class Chip {
 public:
  /// Builds and binds every module; simulation has not started. One Chip per process (one SystemC elaboration).
  Chip(const PlatformParameters& parameters, ChipEnvironment environment, probe::Probe& probe);
  Chip(const Chip&) = delete;
  Chip& operator=(const Chip&) = delete;
  ~Chip();

  [[nodiscard]] host::HostSubsystem& host() { return *host_; }
  [[nodiscard]] analog::Array& array(std::uint32_t tile) { return *arrays_.at(tile); }
  [[nodiscard]] tile::Tile& tile(std::uint32_t tile) { return *tiles_.at(tile); }
  [[nodiscard]] std::uint32_t tile_count() const { return static_cast<std::uint32_t>(tiles_.size()); }
  [[nodiscard]] memory::BusMemory& sram() { return *sram_; }
  [[nodiscard]] memory::BusMemory& rom() { return *rom_; }
  [[nodiscard]] memory::ExtDram* dram() { return dram_.get(); }  ///< null: there is none
  [[nodiscard]] interconnect::BusFabric& bus() { return *bus_; }
  [[nodiscard]] peripherals::StreamPort& stream() { return *stream_; }
  [[nodiscard]] const peripherals::Sensor& sensor() const { return *sensor_; }
  [[nodiscard]] const std::vector<std::unique_ptr<dma::DmaChannel>>& dma() const { return dma_; }
  [[nodiscard]] vector::VectorUnit* vector_unit() { return vector_.get(); }

  [[nodiscard]] const PlatformParameters& parameters() const { return parameters_; }
  /// Bytes that the tiles did not move over the bus.
  [[nodiscard]] tile::SavedBytes saved() const;

  /// Every job unit as after power-on.
  void restart_units() {
    for_each_unit([](job_unit::JobUnit& unit) { unit.restart(); });
  }
  /// Books static power and CPU energy up to `now` (the CPU's time), so that the ledger's total is complete.
  void book(probe::Time now);
  /// book(), and writes all counters to the probe.
  void dump(probe::Time now);
  /// The run is over: dump(), and every block tells the probe its power states.
  void finish(probe::Time now);

 private:
  /// Maps a target on the bus and names it for fault reports.
  template <typename Socket>
  void map(std::uint32_t base, std::uint64_t size, const std::string& name, Socket& socket);
  void build_memories(const PlatformParameters& parameters);
  void build_tiles(const PlatformParameters& parameters);
  void build_units(const PlatformParameters& parameters);
  void build_peripherals(const PlatformParameters& parameters, ChipEnvironment environment);
  void build_always_on(const PlatformParameters& parameters, ChipEnvironment& environment);
  void build_power(const PlatformParameters& parameters);
  void connect(job_unit::JobUnit& unit, interconnect::InitiatorClass kind, std::uint32_t plic_source);
  void connect_host();
  void sleep(probe::Time at, bool retain_sram);
  void supply(probe::Time at);
  void awake(probe::Time at);
  void book_soc(probe::Time now);
  [[nodiscard]] converter::ConverterBank& bank(converter::ConverterBank::Kind kind,
                                               tile::TileParameters::Sharing sharing, std::uint32_t row,
                                               std::uint32_t column);
  template <typename Visit>
  void for_each_unit(Visit visit) {
    for (const Line& line : lines_) {
      visit(*line.unit);
    }
  }
  void on_marker(probe::MarkerKind kind, std::uint32_t region, probe::Time at);
  void set_layer(std::int32_t layer);

  PlatformParameters parameters_;
  probe::Probe& probe_;
  std::function<void(std::string_view)> unit_error_;
  std::function<void(probe::MarkerKind, std::uint32_t, probe::Time)> marker_;
  probe::Time cycle_;
  std::unique_ptr<host::HostSubsystem> host_;
  std::unique_ptr<interconnect::BusFabric> bus_;
  std::unique_ptr<interconnect::BlockingBridge> bridge_;      ///< approximately timed only: before the CPU
  std::vector<std::unique_ptr<interconnect::AtPort>> ports_;  ///< approximately timed only: one a unit
  std::unique_ptr<memory::BusMemory> sram_, rom_;
  std::unique_ptr<memory::ExtDram> dram_;
  std::vector<std::unique_ptr<analog::Array>> arrays_;
  std::vector<std::unique_ptr<converter::ConverterBank>> banks_;
  std::vector<std::unique_ptr<lanes::AnalogLanes>> lanes_;  ///< one a grid column, with the analog plane only
  job_unit::Rendezvous multicast_groups_{"multicast group"};
  std::vector<std::unique_ptr<tile::Tile>> tiles_;
  std::unique_ptr<vector::VectorUnit> vector_;
  std::vector<std::unique_ptr<dma::DmaChannel>> dma_;
  std::unique_ptr<peripherals::StreamPort> stream_;
  std::unique_ptr<peripherals::SystemControl> system_;
  std::unique_ptr<peripherals::PowerController> power_;
  std::unique_ptr<peripherals::Sensor> sensor_;
  std::unique_ptr<peripherals::Gpio> gpio_;
  std::unique_ptr<peripherals::Watchdog> watchdog_;

  struct Line {
    job_unit::JobUnit* unit;
    std::uint32_t plic_source;
    bool level;
  };
  std::vector<Line> lines_;  ///< several units may share a PLIC source: its level is the OR of theirs
  std::optional<tile::WeightChannel> weight_channel_;  ///< where digital tiles fetch weights from outside the chip
  std::array<probe::CounterId, 3> saved_ids_{};
  probe::ComponentId soc_component_;
  probe::Time soc_booked_ = 0;
  power::Residency soc_residency_;
};

}  // namespace tessera::platform
