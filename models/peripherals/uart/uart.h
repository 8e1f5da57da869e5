// SPDX-License-Identifier: Apache-2.0
// NS16550A serial port with 16-byte FIFOs, register distance one byte. SystemC-free.
//
// Transmission is instantaneous: the transmitter is always empty. Not modelled: baud rate, parity and framing errors,
// break detection; the receiver's character timeout comes at once instead of after four character times.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>

namespace tessera::peripherals {

class Uart {
 public:
  static constexpr std::uint32_t size = 0x100;
  static constexpr std::size_t fifo_depth = 16;

  /// Where transmitted bytes go; may be empty.
  std::function<void(std::uint8_t)> sink;
  /// The interrupt line, called when its level changes.
  std::function<void(bool)> interrupt;

  /// Any access size reads or writes the one register at `offset`, as on QEMU's virt machine.
  /// @return false: no register there, a bus error
  [[nodiscard]] bool read(std::uint32_t offset, std::uint32_t bytes, std::uint32_t& value);
  [[nodiscard]] bool write(std::uint32_t offset, std::uint32_t bytes, std::uint32_t value);

  /// What read() would give, without taking a byte or clearing anything.
  [[nodiscard]] std::uint8_t peek(std::uint32_t offset) const;
  /// Back to power-on; what was received is lost.
  void reset();

  /// A byte arrives on the line. If the FIFO is full it is lost: overrun, counted and shown in LSR.
  void receive(std::uint8_t byte);
  /// Bytes that receive() takes without loss.
  [[nodiscard]] std::size_t room() const { return capacity() - std::min(capacity(), receive_.size()); }

  [[nodiscard]] std::uint64_t transmitted() const { return transmitted_; }
  /// Bytes that arrived, lost ones included.
  [[nodiscard]] std::uint64_t received() const { return received_; }
  [[nodiscard]] std::uint64_t overruns() const { return overruns_; }

 private:
  [[nodiscard]] std::size_t capacity() const { return fifos_on_ ? fifo_depth : 1; }
  [[nodiscard]] std::uint8_t line_status() const;
  [[nodiscard]] std::uint8_t identification() const;
  std::uint8_t take_received();
  void transmit(std::uint8_t byte);
  void control_fifos(std::uint8_t value);
  void update();

  std::deque<std::uint8_t> receive_;
  std::uint8_t interrupt_enable_ = 0;
  std::uint8_t line_control_ = 0;
  std::uint8_t modem_control_ = 0;
  std::uint8_t scratch_ = 0;
  std::uint8_t divisor_low_ = 12;  // 9600 baud of a 1.8432 MHz clock
  std::uint8_t divisor_high_ = 0;
  std::uint8_t trigger_ = 1;
  bool fifos_on_ = false;
  bool overrun_ = false;
  bool transmitter_interrupt_ = false;
  bool line_ = false;
  std::uint64_t transmitted_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t overruns_ = 0;
};

}  // namespace tessera::peripherals
