// SPDX-License-Identifier: Apache-2.0
// Lets another thread wake a process of the kernel.
#pragma once

#include <systemc>

namespace tessera::host {

class AsyncWake : public sc_core::sc_prim_channel {
 public:
  AsyncWake(const char* name, sc_core::sc_event& event) : sc_prim_channel(name), event_(event) {}
  /// From any thread.
  void request() { async_request_update(); }

 private:
  void update() override { event_.notify(sc_core::SC_ZERO_TIME); }

  sc_core::sc_event& event_;
};

}  // namespace tessera::host
