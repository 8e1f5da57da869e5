// SPDX-License-Identifier: Apache-2.0
// What the core asks a debugger, all of it off the fast path. Without a debugger the core has a null pointer instead.
#pragma once

#include <cstdint>

namespace tessera::host {

class DebugHooks {
 public:
  DebugHooks() = default;
  DebugHooks(const DebugHooks&) = delete;
  DebugHooks& operator=(const DebugHooks&) = delete;
  virtual ~DebugHooks() = default;

  /// The hart is about to access these bytes. Only asked where Core::set_watchpoints makes the core look.
  /// @return true: Core::run and step come back with Stop::watchpoint, nothing has happened yet
  virtual bool access(std::uint32_t address, std::uint32_t bytes, bool reads, bool writes) = 0;
  /// The hart is about to take a synchronous exception.
  /// @return true: they come back with Stop::caught, at the instruction; Core::take_caught goes on with the trap
  virtual bool exception(std::uint32_t cause, std::uint32_t value) = 0;
};

}  // namespace tessera::host
