// SPDX-License-Identifier: Apache-2.0
// HostSubsystem: what a debugger may do with it. Looking has no side effects; the exceptions are asked for by name.
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "models/host/host_map.h"
#include "models/host/host_subsystem.h"

namespace tessera::host {

void HostSubsystem::settle() {
  if (asleep_) {
    // The sleep so far has happened; the hart's clock must say so.
    const std::uint64_t slept = core_.cycles();
    core_.stall_until(clock_.cycle_at(sc_core::sc_time_stamp().value()));
    wfi_cycles_ += core_.cycles() - slept;
  } else {
    post_energy();
    catch_up();
  }
}

void HostSubsystem::attend_debugger() {
  settle();
  debugger_->attend();
}

void HostSubsystem::give_up(RunEnd kind, std::uint32_t exit_code, std::string reason) {
  if (debugger_ != nullptr && debugger_->attached()) {
    settle();
    if (debugger_->stuck(kind, reason)) {
      return;
    }
  }
  end(kind, exit_code, std::move(reason));
}

std::size_t HostSubsystem::debug_read(std::uint32_t address, std::span<std::uint8_t> to) {
  std::size_t done = 0;
  while (done < to.size()) {
    const std::uint32_t at = address + static_cast<std::uint32_t>(done);
    const std::span<std::uint8_t> rest = to.subspan(done);
    const std::size_t read = at < bus_base ? debug_read_device(at, rest) : debug_bus(tlm::TLM_READ_COMMAND, at, rest);
    if (read == 0) {
      break;
    }
    done += read;
  }
  return done;
}

std::size_t HostSubsystem::debug_write(std::uint32_t address, std::span<const std::uint8_t> from) {
  std::size_t done = 0;
  while (done < from.size()) {
    const std::uint32_t at = address + static_cast<std::uint32_t>(done);
    // Registers of devices are not written behind the program's back: it would start something.
    std::vector<std::uint8_t> rest(from.begin() + static_cast<std::ptrdiff_t>(done), from.end());
    const std::size_t written = at < bus_base ? 0 : debug_bus(tlm::TLM_WRITE_COMMAND, at, rest);
    if (written == 0) {
      break;
    }
    done += written;
  }
  return done;
}

std::size_t HostSubsystem::debug_bus(tlm::tlm_command command, std::uint32_t address, std::span<std::uint8_t> bytes) {
  const auto transfer = [&](std::uint32_t at, std::span<std::uint8_t> data) {
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(at);
    payload.set_data_ptr(data.data());
    payload.set_data_length(static_cast<unsigned>(data.size()));
    payload.set_streaming_width(static_cast<unsigned>(data.size()));
    return bus->transport_dbg(payload) == data.size();
  };
  // Memory gives all at once, or all that is left of it; a register block gives aligned words.
  if (transfer(address, bytes)) {
    return bytes.size();
  }
  for (const MemoryRegion& region : regions_) {
    if (address >= region.base && address <= region.last) {
      const std::size_t left = std::size_t{region.last - address} + 1;
      if (left < bytes.size() && transfer(address, bytes.first(left))) {
        return left;
      }
    }
  }
  std::array<std::uint8_t, 4> word{};
  const std::uint32_t offset = address & 3u;
  const std::size_t size = std::min<std::size_t>(4 - offset, bytes.size());
  if (command != tlm::TLM_READ_COMMAND || !transfer(address & ~3u, word)) {
    return 0;
  }
  std::copy_n(word.begin() + offset, size, bytes.begin());
  return size;
}

std::size_t HostSubsystem::debug_read_device(std::uint32_t address, std::span<std::uint8_t> to) {
  const auto inside = [address](std::uint32_t base, std::uint32_t size) { return address - base < size; };
  if (inside(uart_base, peripherals::Uart::size)) {
    to[0] = uart_.peek(address - uart_base);
    return 1;
  }
  const std::uint32_t aligned = address & ~3u;
  std::uint32_t value = 0;
  bool good = false;
  if (inside(clint_base, clint_size)) {
    good = clint_.read(aligned - clint_base, 4, local_time(), value);
  } else if (inside(plic_base, Plic::size)) {
    value = plic_.peek(aligned - plic_base);
    good = true;
  } else if (inside(finisher_base, peripherals::Finisher::size)) {
    good = finisher_.read(aligned - finisher_base, 4, value);
  }
  if (!good) {
    return 0;
  }
  const std::uint32_t offset = address & 3u;
  const std::size_t size = std::min<std::size_t>(4 - offset, to.size());
  std::array<std::uint8_t, 4> word{};
  std::memcpy(word.data(), &value, sizeof value);
  std::copy_n(word.begin() + offset, size, to.begin());
  return size;
}

bool HostSubsystem::access_as_program(bool writes, std::uint32_t address, std::uint32_t bytes, std::uint32_t& value) {
  const bool aligned = (bytes == 1 || bytes == 2 || bytes == 4) && (address & (bytes - 1)) == 0;
  if (!aligned || sc_core::sc_get_current_process_handle() != cpu_process_) {
    return false;
  }
  std::array<std::uint8_t, 4> data{};
  std::memcpy(data.data(), &value, sizeof value);
  const std::span<std::uint8_t> span = std::span(data).first(bytes);
  if (core_.in_memory(address, bytes)) {
    const bool good = writes ? core_.write_memory(address, span) : core_.read_memory(address, span);
    std::memcpy(&value, data.data(), sizeof value);
    return good;
  }
  return writes ? write(address, bytes, value) : read(address, bytes, Access::load, value);
}

void HostSubsystem::reset(const ElfImage& image, std::string_view name) {
  post_energy();
  clint_ = Clint{};
  timer_cycle_ = no_cycle;
  plic_.reset();
  uart_.reset();
  core_.reset(image.entry);
  core_.set_interrupt_line(mip_meip, plic_.output(0));
  handlers_.clear();
  trap_depth_ = 0;
  load(image, name);
}

}  // namespace tessera::host
