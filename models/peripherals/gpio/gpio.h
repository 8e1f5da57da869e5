// SPDX-License-Identifier: Apache-2.0
// General-purpose pins: 32 inputs or outputs with edge interrupts. Inputs follow a script of time stamps; outputs are a
// counter in the trace, so that a timeline shows them. In the always-on domain: an edge can wake the chip.
// Not modelled: pull-ups, drive strength, metastability; pin energy.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "models/peripherals/register_target.h"

namespace tessera::peripherals {

/// From `at` on, the input pin has this level.
struct PinChange {
  probe::Time at = 0;
  std::uint32_t pin = 0;  ///< 0 .. 31
  bool level = false;
};

class Gpio : public RegisterTarget {
 public:
  /// @param script  in the order of time; changes of one instant happen together
  Gpio(const sc_core::sc_module_name& name, std::uint32_t base, std::vector<PinChange> script, probe::Probe& probe);

  std::function<void(bool level)> interrupt;
  /// The levels of the outputs have changed (bits of pins that are outputs). May be empty.
  std::function<void(std::uint32_t levels, probe::Time at)> output;

  /// Level of every pin as IN shows it.
  [[nodiscard]] std::uint32_t pins() const { return (input_ & ~direction_) | (out_ & direction_); }

 private:
  std::uint32_t read_register(std::uint32_t offset, probe::Time at, bool debug) override;
  void write_register(std::uint32_t offset, std::uint32_t value, probe::Time at) override;
  void due();
  void schedule();
  void update_interrupt();
  void drive(std::uint32_t out, std::uint32_t direction, probe::Time at);

  probe::Probe& probe_;
  probe::CounterId counter_;
  std::vector<PinChange> script_;
  std::size_t next_ = 0;
  sc_core::sc_event event_;
  std::uint32_t input_ = 0, out_ = 0, direction_ = 0;
  std::uint32_t rise_ = 0, fall_ = 0, irq_status_ = 0;
  bool line_ = false;
};

}  // namespace tessera::peripherals
