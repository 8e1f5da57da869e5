// SPDX-License-Identifier: Apache-2.0
// Sources: RISC-V semihosting 0.2 (which refers to Arm's operation numbers); HTIF as in the RISC-V proxy kernel.
#include "models/host/guest_calls.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>

namespace tessera::host {
namespace {

constexpr std::uint32_t marker_before = 0x01F0'1013;  // slli x0, x0, 0x1f
constexpr std::uint32_t marker_behind = 0x4070'5013;  // srai x0, x0, 7
constexpr std::uint32_t failed = 0xFFFF'FFFF;
constexpr std::uint32_t stopped_application_exit = 0x2'0026;
/// One half of tohost is taken for the whole word, unless the other follows within this many cycles.
constexpr std::uint64_t tohost_patience = 200;
constexpr std::uint32_t longest_text = 1u << 20;
/// Handles of the console, and of the file in which a program looks which extensions there are: "SHFB", then a byte in
/// which bit 0 says that SYS_EXIT_EXTENDED takes a code, bit 1 that :tt opens standard error apart.
enum Handle : std::uint32_t { standard_input, standard_output, standard_error, features_file };
constexpr std::string_view features_name = ":semihosting-features";
constexpr std::array<std::uint8_t, 5> features{'S', 'H', 'F', 'B', 3};

enum Operation : std::uint32_t {
  sys_open = 0x01,
  sys_close = 0x02,
  sys_writec = 0x03,
  sys_write0 = 0x04,
  sys_write = 0x05,
  sys_read = 0x06,
  sys_istty = 0x09,
  sys_seek = 0x0A,
  sys_flen = 0x0C,
  sys_clock = 0x10,
  sys_time = 0x11,
  sys_exit = 0x18,
  sys_exit_extended = 0x20,
  sys_elapsed = 0x30,
  sys_tickfreq = 0x31
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
    case sys_open:
      return open(word(parameter), word(parameter + 4), word(parameter + 8));
    case sys_close:
      return 0;
    case sys_read:
      return read(word(parameter), word(parameter + 4), word(parameter + 8));
    case sys_seek:
      features_at_ = std::min<std::uint32_t>(word(parameter + 4), features.size());
      return word(parameter) == features_file ? 0 : failed;
    case sys_flen:
      return word(parameter) == features_file ? features.size() : word(parameter) < features_file ? 0 : failed;
    case sys_write: {
      const std::uint32_t size = word(parameter + 8);
      const std::uint32_t handle = word(parameter);
      const bool out = handle == standard_output || handle == standard_error;
      return out ? size - write(word(parameter + 4), size) : size;
    }
    case sys_istty:
      return word(parameter) < features_file ? 1 : 0;
    // Clocks show simulated time: a run is the same every time.
    case sys_clock:
      return static_cast<std::uint32_t>(nanoseconds() / 10'000'000);
    case sys_time:
      return static_cast<std::uint32_t>(nanoseconds() / 1'000'000'000);
    case sys_elapsed:
      put_word(parameter, static_cast<std::uint32_t>(nanoseconds()));
      put_word(parameter + 4, static_cast<std::uint32_t>(nanoseconds() >> 32));
      return 0;
    case sys_tickfreq:
      return 1'000'000'000;
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

std::uint64_t GuestCalls::nanoseconds() const {
  return time_ps ? time_ps() / 1000 : 0;
}

std::uint32_t GuestCalls::open(std::uint32_t name, std::uint32_t mode, std::uint32_t length) {
  // Only the console, called ":tt" (modes: from 0 read, from 4 write, from 8 append), and the list of extensions.
  std::string text(std::min<std::uint32_t>(length, features_name.size() + 1), '\0');
  if (!core_.read_memory(name, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()})) {
    return failed;
  }
  if (text == ":tt") {
    return mode < 4 ? standard_input : mode < 8 ? standard_output : standard_error;
  }
  if (text == features_name && mode < 4) {
    features_at_ = 0;
    return features_file;
  }
  return failed;
}

std::uint32_t GuestCalls::read(std::uint32_t handle, std::uint32_t address, std::uint32_t size) {
  if (handle != features_file) {
    return size;  // the console gives no input this way
  }
  const auto rest = std::span(features).subspan(features_at_);
  const auto part = rest.first(std::min<std::size_t>(size, rest.size()));
  if (!core_.write_memory(address, part)) {
    return size;
  }
  features_at_ += static_cast<std::uint32_t>(part.size());
  return size - static_cast<std::uint32_t>(part.size());
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
