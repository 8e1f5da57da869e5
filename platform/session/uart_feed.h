// SPDX-License-Identifier: Apache-2.0
// Brings bytes to the serial port in the course of simulated time: from a script, from a person, or from both.
#pragma once

#include <chrono>
#include <span>
#include <systemc>

#include "models/host/host_subsystem.h"
#include "platform/session/console_port.h"
#include "platform/session/uart_script.h"

namespace tessera::platform {

class UartFeed : public sc_core::sc_module {
 public:
  /// @param script  in order of time; must outlive the simulation
  /// @param port  may be null. While it can still give input, simulated time keeps behind real time, and the port is
  ///        asked once a millisecond of simulated time.
  UartFeed(const sc_core::sc_module_name& name, host::HostSubsystem& host, std::span<const UartInput> script,
           ConsolePort* port);

 private:
  void run_script();
  void run_port();

  host::HostSubsystem& host_;
  std::span<const UartInput> script_;
  ConsolePort* port_;
};

}  // namespace tessera::platform
