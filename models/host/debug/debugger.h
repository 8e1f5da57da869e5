// SPDX-License-Identifier: Apache-2.0
// A debugger as the host subsystem sees it. Every call comes while the CPU stands between two instructions and blocks,
// in real time, as long as the debugger has the word: simulated time stands still.
#pragma once

#include <cstdint>
#include <string_view>

#include "models/host/core.h"
#include "models/host/run_result.h"

namespace tessera::host {

class Debugger {
 public:
  Debugger() = default;
  Debugger(const Debugger&) = delete;
  Debugger& operator=(const Debugger&) = delete;
  virtual ~Debugger() = default;

  /// Asked at every look at the rest of the world, so it must be cheap.
  [[nodiscard]] virtual bool wants_attention() const = 0;
  /// Somebody is there: halts are served.
  [[nodiscard]] virtual bool attached() const = 0;
  /// Lets the debugger speak.
  virtual void attend() = 0;
  /// In place of Core::run.
  virtual Stop run(std::uint64_t cycle_limit, bool exact) = 0;
  /// run() came back with a stop that is the debugger's business.
  virtual void halted(Stop stop) = 0;
  /// The run is about to end with an error.
  /// @return true: the debugger looked at it, try to go on; false: it has nothing to say (any more)
  virtual bool stuck(RunEnd kind, std::string_view reason) = 0;
  /// The run is over.
  virtual void ended(const RunResult& result) = 0;
};

}  // namespace tessera::host
