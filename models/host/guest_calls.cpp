// SPDX-License-Identifier: Apache-2.0
// Sources: RISC-V semihosting 0.2 (which refers to Arm's operation numbers); HTIF as in the RISC-V proxy kernel.
#include "models/host/guest_calls.h"

#include <algorithm>
#include <array>

namespace tessera::host {
namespace {

constexpr std::uint32_t marker_before = 0x01F0'1013;  // slli x0, x0, 0x1f
constexpr std::uint32_t marker_behind = 0x4070'5013;  // srai x0, x0, 7
constexpr std::uint32_t failed = 0xFFFF'FFFF;
constexpr std::uint32_t stopped_application_exit = 0x2'0026;
/// One half of tohost is taken for the whole word, unless the other follows within this many cycles.
constexpr std::uint64_t tohost_patience = 200;
constexpr std::uint32_t longest_text = 1u << 20;

enum Operation : std::uint32_t {
  sys_open = 0x01,
  sys_close = 0x02,
  sys_writec = 0x03,
  sys_write0 = 0x04,
  sys_write = 0x05,
  sys_istty = 0x09,
  sys_clock = 0x10,
  sys_errno = 0x13,
  sys_exit = 0x18,
  sys_exit_extended = 0x20
};

}  // namespace

std::uint32_t GuestCalls::word(std::uint32_t address) const {
  std::array<std::uint8_t, 4> bytes{};
  if (!core_.read_memory(address, bytes)) {
    return 0;
  }
  return bytes[0] | static_cast<std::uint32_t>(bytes[1]) << 8 | static_cast<std::uint32_t>(bytes[2]) << 16 |
         static_cast<std::uint32_t>(bytes[3]) << 24;
}

void GuestCalls::put_word(std::uint32_t address, std::uint32_t value) {
  const std::array<std::uint8_t, 4> bytes{static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value >> 8),
                                          static_cast<std::uint8_t>(value >> 16),
                                          static_cast<std::uint8_t>(value >> 24)};
  core_.write_memory(address, bytes);
}

void GuestCalls::put(std::uint32_t character) const {
  if (output) {
    output(static_cast<std::uint8_t>(character));
  }
}

void GuestCalls::set_htif(std::uint32_t tohost, std::uint32_t fromhost) {
  tohost_ = tohost;
  fromhost_ = fromhost;
  core_.watch(tohost, 8);
}

bool GuestCalls::semihosting() {
  const std::uint32_t pc = core_.pc();
  if (word(pc - 4) != marker_before || word(pc + 4) != marker_behind) {
    return false;
  }
  core_.set_x(10, operation(core_.x(10), core_.x(11)));
  return true;
}

std::uint32_t GuestCalls::operation(std::uint32_t number, std::uint32_t parameter) {
  switch (number) {
    case sys_writec: {
      std::array<std::uint8_t, 1> character{};
      if (core_.read_memory(parameter, character)) {
        put(character[0]);
      }
      return 0;
    }
    case sys_write0: {
      std::array<std::uint8_t, 1> character{};
      for (std::uint32_t i = 0; i < longest_text; ++i) {
        if (!core_.read_memory(parameter + i, character) || character[0] == 0) {
          break;
        }
        put(character[0]);
      }
      return 0;
    }
    case sys_open: {
      // Only the console, called ":tt": modes below 4 read (handle 0), others write (handle 1).
      const bool console = (word(word(parameter)) & 0xFF'FFFFu) == 0x74'743Au;
      return console ? (word(parameter + 4) < 4 ? 0 : 1) : failed;
    }
    case sys_close:
      return 0;
    case sys_write: {
      const std::uint32_t size = word(parameter + 8);
      const std::uint32_t handle = word(parameter);
      return handle == 1 || handle == 2 ? size - write(word(parameter + 4), size) : size;
    }
    case sys_istty:
      return word(parameter) <= 2 ? 1 : 0;
    case sys_exit:
      exit_ = Exit{true, parameter == stopped_application_exit ? 0u : 1u};
      core_.request_stop();
      return 0;
    case sys_exit_extended:
      exit_ = Exit{true, word(parameter) == stopped_application_exit ? word(parameter + 4) : 1u};
      core_.request_stop();
      return 0;
    default:
      return failed;
  }
}

std::uint32_t GuestCalls::write(std::uint32_t address, std::uint32_t size) {
  std::array<std::uint8_t, 1> character{};
  std::uint32_t done = 0;
  for (; done < std::min(size, longest_text) && core_.read_memory(address + done, character); ++done) {
    put(character[0]);
  }
  return done;
}

void GuestCalls::tohost_written(std::uint32_t address, std::uint32_t bytes) {
  const bool touches_high = address + bytes > tohost_ + 4;
  const std::uint32_t low = word(tohost_);
  const std::uint32_t high = word(tohost_ + 4);
  const bool second_half = pending_ == (touches_high ? Half::low : Half::high);
  if (low == 0 && high == 0) {
    pending_ = Half::none;
    deadline_ = 0;
  } else if (second_half || (touches_high && low != 0) || (!touches_high && pending_ == Half::low)) {
    deadline_passed();  // complete; or the same half again: the other one is not coming
  } else {
    pending_ = touches_high ? Half::high : Half::low;
    deadline_ = core_.cycles() + tohost_patience;
    core_.request_stop();
  }
}

void GuestCalls::deadline_passed() {
  deadline_ = 0;
  pending_ = Half::none;
  complete(word(tohost_), word(tohost_ + 4));
}

void GuestCalls::complete(std::uint32_t low, std::uint32_t high) {
  const std::uint32_t device = high >> 24;
  const std::uint32_t command = high >> 16 & 0xFFu;
  if (device == 0 && command == 0 && (low & 1u) != 0) {
    exit_ = Exit{false, low >> 1 | high << 31};
    core_.request_stop();
    return;
  }
  if (device == 1 && command == 1) {
    put(low & 0xFFu);
  } else if (device == 0 && command == 0) {
    system_call(low);
  } else {
    return;
  }
  put_word(tohost_, 0);
  put_word(tohost_ + 4, 0);
  if (fromhost_ != 0) {
    put_word(fromhost_, 1);
  }
}

void GuestCalls::system_call(std::uint32_t block) {
  // Eight 64-bit words: number, then arguments; the result replaces the number. Only write to the console.
  constexpr std::uint32_t call_write = 64;
  const bool known = word(block) == call_write && (word(block + 8) == 1 || word(block + 8) == 2);
  const std::uint32_t result = known ? write(word(block + 16), word(block + 24)) : failed;
  put_word(block, result);
  put_word(block + 4, result == failed ? failed : 0);
}

}  // namespace tessera::host
