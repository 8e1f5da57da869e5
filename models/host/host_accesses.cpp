// SPDX-License-Identifier: Apache-2.0
// HostSubsystem: what loads and stores of the core reach: the host's own devices, or the shared bus.
#include "models/host/host_subsystem.h"

#include <algorithm>
#include <cstring>

#include "models/host/host_map.h"
#include "models/interconnect/kernel_time.h"

namespace tessera::host {
namespace {

bool within(std::uint32_t address, std::uint32_t base, std::uint32_t size) {
  return address - base < size;
}

}  // namespace

bool HostSubsystem::read(std::uint32_t address, std::uint32_t bytes, Access kind, std::uint32_t& value) {
  if (address >= bus_base) {
    return transport(tlm::TLM_READ_COMMAND, address, bytes, value);
  }
  // Code does not run from device registers: a fetch must not claim interrupts.
  return kind != Access::fetch && read_device(address, bytes, value);
}

bool HostSubsystem::write(std::uint32_t address, std::uint32_t bytes, std::uint32_t value) {
  if (address >= bus_base) {
    return transport(tlm::TLM_WRITE_COMMAND, address, bytes, value);
  }
  return write_device(address, bytes, value);
}

bool HostSubsystem::transport(tlm::tlm_command command, std::uint32_t address, std::uint32_t bytes,
                              std::uint32_t& value) {
  // run() ends at the horizon, so only a second access of the same instruction can find something due before it.
  while (horizon_ <= core_.cycles()) {
    catch_up();
    horizon_ = horizon();
  }
  std::memcpy(data_.data(), &value, sizeof value);
  payload_.set_command(command);
  payload_.set_address(address);
  payload_.set_data_length(bytes);
  payload_.set_streaming_width(bytes);
  payload_.set_dmi_allowed(false);
  payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  context_.scope = scope();
  context_.pc = core_.pc();
  context_.return_address = core_.x(1);
  context_.bus_wait = 0;
  const std::uint64_t cycle = core_.cycles();
  const probe::Time begin = clock_.time(cycle);
  sc_core::sc_time delay = interconnect::kernel_time(begin - kernel_now_);
  fabric_->b_transport(payload_, delay);
  kernel_now_ = interconnect::kernel_now();  // a target may wait
  const probe::Time end = kernel_now_ + delay.value();
  core_.stall_until(clock_.cycle_after(cycle, end - std::min(begin, end)));
  // The access may have started something: the core must not run past it.
  horizon_ = horizon();
  core_.lower_limit(horizon_);
  if (!payload_.is_response_ok()) {
    return false;
  }
  if (command == tlm::TLM_READ_COMMAND) {
    std::memcpy(&value, data_.data(), sizeof value);
  }
  return true;
}

bool HostSubsystem::read_device(std::uint32_t address, std::uint32_t bytes, std::uint32_t& value) {
  if (within(address, clint_base, clint_size)) {
    return clint_.read(address - clint_base, bytes, local_time(), value);
  }
  if (within(address, plic_base, Plic::size)) {
    std::uint32_t claimed = 0;
    const bool good = plic_.read(address - plic_base, bytes, value, claimed);
    core_.set_interrupt_line(mip_meip, plic_.output(0));
    if (claimed != 0) {
      begin_handler(claimed);
    }
    return good;
  }
  if (within(address, uart_base, peripherals::Uart::size)) {
    return uart_.read(address - uart_base, bytes, value);
  }
  if (within(address, finisher_base, peripherals::Finisher::size)) {
    return finisher_.read(address - finisher_base, bytes, value);
  }
  return false;
}

bool HostSubsystem::write_device(std::uint32_t address, std::uint32_t bytes, std::uint32_t value) {
  if (within(address, clint_base, clint_size)) {
    return write_clint(address - clint_base, bytes, value);
  }
  if (within(address, plic_base, Plic::size)) {
    const bool good = plic_.write(address - plic_base, bytes, value);
    core_.set_interrupt_line(mip_meip, plic_.output(0));
    return good;
  }
  if (within(address, uart_base, peripherals::Uart::size)) {
    return uart_.write(address - uart_base, bytes, value);
  }
  if (within(address, finisher_base, peripherals::Finisher::size)) {
    return finisher_.write(address - finisher_base, bytes, value);
  }
  return false;
}

bool HostSubsystem::write_clint(std::uint32_t offset, std::uint32_t bytes, std::uint32_t value) {
  if (!clint_.write(offset, bytes, local_time(), value)) {
    return false;
  }
  timer_cycle_ = clint_.timer_ps() == Clint::never ? no_cycle : clock_.cycle_at(clint_.timer_ps());
  core_.set_interrupt_line(mip_msip, clint_.software_interrupt());
  core_.set_interrupt_line(mip_mtip, core_.cycles() >= timer_cycle_);
  core_.lower_limit(std::max(timer_cycle_, core_.cycles()));
  return true;
}

std::uint64_t HostSubsystem::time() {
  return clint_.mtime(local_time());
}

void HostSubsystem::watched_store(std::uint32_t address, std::uint32_t bytes) {
  calls_.tohost_written(address, bytes);
}

bool HostSubsystem::semihosting() {
  return calls_.semihosting();
}

}  // namespace tessera::host
