// SPDX-License-Identifier: Apache-2.0
#include "models/peripherals/uart/uart.h"

#include <utility>

namespace tessera::peripherals {
namespace {

enum Register : std::uint32_t {
  data,
  enable,
  identify,
  line_ctrl,
  modem_ctrl,
  line_stat,
  modem_stat,
  scratch_pad,
  registers
};

constexpr std::uint8_t ier_received = 1, ier_transmitter = 2, ier_line = 4;
constexpr std::uint8_t iir_none = 1, iir_transmitter = 2, iir_received = 4, iir_line = 6, iir_timeout = 0xC;
constexpr std::uint8_t iir_fifos = 0xC0;
constexpr std::uint8_t lcr_divisor = 0x80;
constexpr std::uint8_t mcr_loopback = 0x10;
constexpr std::uint8_t lsr_ready = 1, lsr_overrun = 2, lsr_transmitter_empty = 0x60;
constexpr std::uint8_t msr_connected = 0xB0;  // carrier, data set ready, clear to send

}  // namespace

bool Uart::read(std::uint32_t offset, std::uint32_t /*bytes*/, std::uint32_t& value) {
  value = 0;
  if (offset >= size) {
    return false;
  }
  const bool divisor = (line_control_ & lcr_divisor) != 0;
  switch (offset) {
    case data:
      value = divisor ? divisor_low_ : take_received();
      break;
    case enable:
      value = divisor ? divisor_high_ : interrupt_enable_;
      break;
    case identify:
      value = identification();
      if ((value & 0xFu) == iir_transmitter) {
        transmitter_interrupt_ = false;
      }
      break;
    case line_ctrl:
      value = line_control_;
      break;
    case modem_ctrl:
      value = modem_control_;
      break;
    case line_stat:
      value = line_status();
      overrun_ = false;
      break;
    case modem_stat:
      // In loop-back the modem outputs (OUT2, OUT1, RTS, DTR) come back as inputs.
      value = (modem_control_ & mcr_loopback) != 0
                  ? ((modem_control_ & 0xCu) << 4 | (modem_control_ & 2u) << 3 | (modem_control_ & 1u) << 5)
                  : msr_connected;
      break;
    case scratch_pad:
      value = scratch_;
      break;
    default:
      break;
  }
  update();
  return true;
}

std::uint8_t Uart::peek(std::uint32_t offset) const {
  Uart copy = *this;
  copy.sink = nullptr;
  copy.interrupt = nullptr;
  std::uint32_t value = 0;
  return copy.read(offset, 1, value) ? static_cast<std::uint8_t>(value) : std::uint8_t{0};
}

void Uart::reset() {
  Uart fresh;
  fresh.sink = std::move(sink);
  fresh.interrupt = std::move(interrupt);
  fresh.transmitted_ = transmitted_;
  fresh.overruns_ = overruns_;
  fresh.line_ = line_;
  *this = std::move(fresh);
  update();
}

bool Uart::write(std::uint32_t offset, std::uint32_t /*bytes*/, std::uint32_t value) {
  if (offset >= size) {
    return false;
  }
  const auto byte = static_cast<std::uint8_t>(value);
  const bool divisor = (line_control_ & lcr_divisor) != 0;
  switch (offset) {
    case data:
      if (divisor) {
        divisor_low_ = byte;
      } else {
        transmit(byte);
      }
      break;
    case enable:
      if (divisor) {
        divisor_high_ = byte;
      } else {
        if ((byte & ~interrupt_enable_ & ier_transmitter) != 0) {
          transmitter_interrupt_ = true;
        }
        interrupt_enable_ = byte & 0xFu;
      }
      break;
    case identify:
      control_fifos(byte);
      break;
    case line_ctrl:
      line_control_ = byte;
      break;
    case modem_ctrl:
      modem_control_ = byte & 0x1Fu;
      break;
    case scratch_pad:
      scratch_ = byte;
      break;
    default:
      break;  // status registers are read-only
  }
  update();
  return true;
}

void Uart::receive(std::uint8_t byte) {
  ++received_;
  if (receive_.size() >= capacity()) {
    overrun_ = true;
    ++overruns_;
  } else {
    receive_.push_back(byte);
  }
  update();
}

std::uint8_t Uart::line_status() const {
  std::uint8_t status = lsr_transmitter_empty;
  if (!receive_.empty()) {
    status |= lsr_ready;
  }
  if (overrun_) {
    status |= lsr_overrun;
  }
  return status;
}

std::uint8_t Uart::identification() const {
  const std::uint8_t fifos = fifos_on_ ? iir_fifos : std::uint8_t{0};
  const auto with = [fifos](std::uint8_t source) { return static_cast<std::uint8_t>(fifos | source); };
  if ((interrupt_enable_ & ier_line) != 0 && overrun_) {
    return with(iir_line);
  }
  if ((interrupt_enable_ & ier_received) != 0 && !receive_.empty()) {
    return with(receive_.size() >= trigger_ ? iir_received : iir_timeout);
  }
  if ((interrupt_enable_ & ier_transmitter) != 0 && transmitter_interrupt_) {
    return with(iir_transmitter);
  }
  return with(iir_none);
}

std::uint8_t Uart::take_received() {
  if (receive_.empty()) {
    return 0;
  }
  const std::uint8_t byte = receive_.front();
  receive_.pop_front();
  return byte;
}

void Uart::transmit(std::uint8_t byte) {
  transmitter_interrupt_ = true;  // empty again at once
  if ((modem_control_ & mcr_loopback) != 0) {
    receive(byte);
    return;
  }
  ++transmitted_;
  if (sink) {
    sink(byte);
  }
}

void Uart::control_fifos(std::uint8_t value) {
  const bool on = (value & 1u) != 0;
  if (on != fifos_on_ || (value & 2u) != 0) {
    receive_.clear();
  }
  fifos_on_ = on;
  constexpr std::uint8_t triggers[] = {1, 4, 8, 14};
  trigger_ = on ? triggers[value >> 6] : std::uint8_t{1};
}

void Uart::update() {
  const bool level = (identification() & iir_none) == 0;
  if (level == line_) {
    return;
  }
  line_ = level;
  if (interrupt) {
    interrupt(level);
  }
}

}  // namespace tessera::peripherals
