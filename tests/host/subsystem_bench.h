// SPDX-License-Identifier: Apache-2.0
// A host subsystem with a small bus target, a listening probe and a few switches, for tests.
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <cstring>
#include <map>
#include <string>
#include <systemc>
#include <vector>

#include "models/host/host_subsystem.h"
#include "models/probe/null_probe.h"
#include "tests/host/assembler.h"

namespace tessera::host {

/// Adds up what is posted; exact integers except for static power.
class SummingProbe : public probe::NullProbe {
 public:
  struct Span {
    std::string name;
    probe::ScopeId scope;
    probe::Time begin, end;
  };
  struct Static {
    probe::ComponentId component;
    probe::Cause cause;
    probe::ScopeId scope;
    probe::Time from, to;
    double watts;
  };

  probe::ComponentId add_component(std::string_view path, probe::Category) override {
    components.emplace_back(path);
    return static_cast<probe::ComponentId>(components.size() - 1);
  }
  probe::CounterId add_counter(std::string_view path, std::string_view, std::string_view) override {
    counter_names.emplace_back(path);
    return static_cast<probe::CounterId>(counter_names.size() - 1);
  }
  void energy(probe::ComponentId, probe::Cause, probe::ScopeId scope, probe::Time, probe::Energy amount) override {
    dynamic[scope] += amount;
  }
  void power(probe::ComponentId component, probe::Cause cause, probe::ScopeId scope, probe::Time from, probe::Time to,
             double watts) override {
    statics.push_back({component, cause, scope, from, to, watts});
  }
  void span(probe::LaneId, std::string_view name, probe::ScopeId scope, probe::Time begin, probe::Time end) override {
    spans.push_back({std::string(name), scope, begin, end});
  }
  void counter(probe::CounterId id, std::uint64_t value, probe::Time) override { counters[counter_names[id]] = value; }

  std::vector<std::string> components, counter_names;
  std::map<probe::ScopeId, probe::Energy> dynamic;
  std::map<std::string, std::uint64_t> counters;
  std::vector<Span> spans;
  std::vector<Static> statics;
};

/// 4 KiB at 0x9000'0000 behind a fixed latency; elsewhere an address error.
class Target : public sc_core::sc_module {
 public:
  static constexpr std::uint32_t base = 0x9000'0000, size = 0x1000;
  tlm_utils::simple_target_socket<Target, 32> socket;
  sc_core::sc_time latency{40, sc_core::SC_NS};
  std::function<void(std::uint32_t address, std::uint32_t value, sc_core::sc_time at)> on_write;
  std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(size);
  std::uint32_t last_pc = 0, last_ra = 0;
  probe::ScopeId last_scope = 0;
  bool preset_ok = false;
  std::uint64_t transactions = 0;

  explicit Target(const sc_core::sc_module_name& name) : sc_module(name), socket("socket") {
    socket.register_b_transport(this, &Target::b_transport);
  }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    ++transactions;
    preset_ok = preset_ok || payload.get_response_status() != tlm::TLM_INCOMPLETE_RESPONSE;
    interconnect::TransactionContext* context = nullptr;
    payload.get_extension(context);
    if (context != nullptr) {
      last_pc = context->pc;
      last_ra = context->return_address;
      last_scope = context->scope;
    }
    const auto offset = static_cast<std::uint32_t>(payload.get_address()) - base;
    if (payload.get_address() < base || offset + payload.get_data_length() > size) {
      payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
      return;
    }
    if (payload.is_write()) {
      std::uint32_t value = 0;
      std::memcpy(&value, payload.get_data_ptr(), payload.get_data_length());
      std::memcpy(bytes.data() + offset, &value, payload.get_data_length());
      if (on_write) {
        on_write(offset, value, sc_core::sc_time_stamp() + delay);
      }
    } else {
      std::memcpy(payload.get_data_ptr(), bytes.data() + offset, payload.get_data_length());
    }
    delay += latency;
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }
};

struct SubsystemBench {
  explicit SubsystemBench(CpuParameters parameters = small()) : host("host", parameters, probe), target("target") {
    host.bus.bind(target.socket);
    host.on_uart_output = [this](std::uint8_t byte) { output.push_back(static_cast<char>(byte)); };
  }
  static CpuParameters small() {
    CpuParameters p;
    p.memory_B = 64u << 10;
    return p;
  }
  SubsystemBench& load(const rv::Program& program) {
    host.core().write_memory(program.base(), program.bytes());
    host.core().set_pc(program.base());
    return *this;
  }
  void run() {
    sc_core::sc_start();
    host.finish();
  }

  SummingProbe probe;
  HostSubsystem host;
  Target target;
  std::string output;
};

}  // namespace tessera::host
