// SPDX-License-Identifier: Apache-2.0
// What tests of bus-attached models need: a probe that remembers and a stand-in for the CPU.
#pragma once

#include <gtest/gtest.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/probe/null_probe.h"

namespace tessera::test {

struct RecordingProbe : probe::NullProbe {
  std::vector<std::string> components;
  std::vector<probe::Energy> energies;
  std::vector<probe::JobRecord> jobs;
  probe::ComponentId add_component(std::string_view path, probe::Category) override {
    components.emplace_back(path);
    energies.push_back(0);
    return static_cast<probe::ComponentId>(components.size() - 1);
  }
  void energy(probe::ComponentId component, probe::Cause, probe::ScopeId, probe::Time, probe::Energy aJ) override {
    energies[component] += aJ;
  }
  void job(const probe::JobRecord& record) override { jobs.push_back(record); }
  /// Dynamic energy of every component whose path starts with `prefix`.
  [[nodiscard]] probe::Energy energy_of(std::string_view prefix) const {
    probe::Energy sum = 0;
    for (std::size_t i = 0; i < components.size(); ++i) {
      sum += components[i].starts_with(prefix) ? energies[i] : 0;
    }
    return sum;
  }
};

struct Cpu : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<Cpu, 32> socket{"socket"};
  explicit Cpu(const sc_core::sc_module_name& name) : sc_module(name) {}
  tlm::tlm_response_status access(bool write, std::uint32_t address, void* data, unsigned size) {
    tlm::tlm_generic_payload payload;
    payload.set_command(write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
    payload.set_address(address);
    payload.set_data_ptr(static_cast<unsigned char*>(data));
    payload.set_data_length(size);
    payload.set_streaming_width(size);
    sc_core::sc_time delay;
    socket->b_transport(payload, delay);
    return payload.get_response_status();
  }
  std::uint32_t read(std::uint32_t address) {
    std::uint32_t value = 0;
    EXPECT_EQ(access(false, address, &value, 4), tlm::TLM_OK_RESPONSE);
    return value;
  }
  void write(std::uint32_t address, std::uint32_t value) {
    EXPECT_EQ(access(true, address, &value, 4), tlm::TLM_OK_RESPONSE);
  }
};

}  // namespace tessera::test
