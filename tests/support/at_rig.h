// SPDX-License-Identifier: Apache-2.0
// A bus with a memory and ports that remember when their transactions ended. With a checker on every socket.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "models/interconnect/at_bus.h"
#include "models/interconnect/at_port.h"
#include "models/memory/bus_memory.h"
#include "models/probe/null_probe.h"

namespace tessera::test {

inline constexpr probe::Time bus_cycle = 5000;
inline constexpr std::uint32_t memory_base = 0x90000000;
inline constexpr std::uint32_t word = 16;

class AtRig {
 public:
  using Channel = interconnect::AtPort::Channel;

  explicit AtRig(interconnect::BusParameters parameters, const memory::SramParameters& sram = {})
      : parameters_(with_checker(parameters)),
        bus_("bus", parameters_, probe_),
        memory_("sram", memory_base, sram, parameters_, true, probe_) {
    bus_.map(memory_base, memory_.bytes().size(), "sram", memory_.socket);
    bus_.report_violation = [](std::string_view what) { ADD_FAILURE() << what; };
  }

  /// All initiators first, then start().
  std::size_t add(interconnect::InitiatorClass kind) {
    const std::size_t index = ports_.size();
    ports_.push_back(std::make_unique<interconnect::AtPort>(("port" + std::to_string(index)).c_str()));
    bus_.attach(ports_.back()->read_socket, kind);
    bus_.attach(ports_.back()->write_socket, kind);
    ends_.emplace_back();
    ports_.back()->completed = [this, index](Channel, const interconnect::PooledPayload& payload) {
      EXPECT_TRUE(payload.is_response_ok()) << payload.get_response_string();
      EXPECT_EQ(sc_core::sc_time_stamp().value() % bus_cycle, 0u);
      ends_[index].push_back(sc_core::sc_time_stamp().value() / bus_cycle);
    };
    return index;
  }
  static void start() { sc_core::sc_start(sc_core::SC_ZERO_TIME); }
  /// Queues a read of `beats` words at `at` cycles.
  void read(std::size_t port, std::uint32_t beats, std::uint64_t at = 0) {
    ports_.at(port)->read(memory_base, beats * word, at * bus_cycle, {});
  }
  void write(std::size_t port, std::uint32_t beats, std::uint64_t at = 0) {
    const std::vector<std::uint8_t> bytes(std::size_t{beats} * word, 7);
    ports_.at(port)->write(memory_base, bytes, at * bus_cycle, {});
  }
  void run() {
    sc_core::sc_start();
    EXPECT_EQ(bus_.violations(), 0u);
  }
  /// Cycles at which the port's transactions ended.
  [[nodiscard]] const std::vector<std::uint64_t>& ends(std::size_t port) const { return ends_.at(port); }
  [[nodiscard]] interconnect::AtPort& port(std::size_t index) { return *ports_.at(index); }
  [[nodiscard]] interconnect::AtBus& bus() { return bus_; }
  [[nodiscard]] memory::BusMemory& memory() { return memory_; }

 private:
  static interconnect::BusParameters with_checker(interconnect::BusParameters parameters) {
    parameters.check_protocol = true;
    parameters.timing = interconnect::BusParameters::Timing::at;
    return parameters;
  }

  probe::NullProbe probe_;
  interconnect::BusParameters parameters_;
  interconnect::AtBus bus_;
  memory::BusMemory memory_;
  std::vector<std::unique_ptr<interconnect::AtPort>> ports_;
  std::vector<std::vector<std::uint64_t>> ends_;
};

}  // namespace tessera::test
