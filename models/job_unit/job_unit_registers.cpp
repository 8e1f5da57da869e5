// SPDX-License-Identifier: Apache-2.0
// What a job unit looks like from the bus: its registers and the queue behind them.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "models/job_unit/job_unit.h"
#include "tessera_registers.hpp"

namespace tessera::job_unit {

namespace {

namespace reg = registers::job_unit;

}  // namespace

probe::CallSiteId JobUnit::call_site_of(const tlm::tlm_generic_payload& payload) {
  interconnect::TransactionContext* context = nullptr;
  payload.get_extension(context);
  return context != nullptr ? probe_.call_site(context->pc, context->return_address) : 0;
}

probe::CallSiteId JobUnit::writer() {
  return writing_ != nullptr ? call_site_of(*writing_) : 0;
}

void JobUnit::push(std::uint32_t address, const tlm::tlm_generic_payload& payload, Time at) {
  if (!enabled_) {
    fail(Error::disabled, 0, "descriptor written while CTRL.enable is 0");
    return;
  }
  if (target_ == PowerTarget::off) {
    fail(Error::disabled, 0, "descriptor written while the power controller holds the unit off");
    return;
  }
  if (occupied()) {
    fail(Error::programming, 0, "descriptor written while a flash command runs: wait for IRQ_STATUS.FLASH");
    return;
  }
  if ((address & 3) != 0) {
    fail(Error::bad_descriptor, 0, fmt::format("descriptor address {:#x} is not 4-byte aligned", address));
    return;
  }
  if (queue_.size() >= parameters_.queue_depth) {
    fail(Error::queue_overflow, 0,
         fmt::format("descriptor {:#x} written to a full queue of {}: read STATUS first", address,
                     parameters_.queue_depth));
    return;
  }
  queue_.push_back({address, at, call_site_of(payload)});
  work_.notify(sc_core::sc_time::from_value(at - now()));
}

bool JobUnit::request(std::uint32_t descriptor, Time at) {
  if (!enabled_ || target_ == PowerTarget::off || (descriptor & 3) != 0 || queue_.size() >= parameters_.queue_depth) {
    return false;
  }
  queue_.push_back({descriptor, at, 0});
  work_.notify(sc_core::sc_time::from_value(at - now()));
  return true;
}

std::uint32_t JobUnit::read(std::uint32_t offset, bool debug) {
  switch (offset) {
    case reg::id:
      return parameters_.id;
    case reg::ctrl:
      return enabled_ ? reg::ctrl_enable : 0;
    case reg::status:
      return (busy_ || !queue_.empty() ? reg::status_busy : 0) |
             (queue_.size() >= parameters_.queue_depth ? reg::status_full : 0) |
             (error_ != Error::none ? reg::status_error : 0) |
             static_cast<std::uint32_t>(std::min<std::size_t>(queue_.size(), 255) << 8);
    case reg::irq_status:
      return irq_status_;
    case reg::irq_enable:
      return irq_enable_;
    case reg::done_count:
      return done_;
    case reg::last_tag:
      return last_tag_;
    case reg::error_code:
      return static_cast<std::uint32_t>(error_);
    case reg::error_tag:
      return error_tag_;
    default:
      break;
  }
  constexpr std::uint32_t first = reg::counter_lo;
  if (offset >= first && offset < first + 8 * counter_count) {
    if ((offset & 4) != 0) {
      return high_word_;
    }
    const auto which = static_cast<Counter>((offset - first) / 8);
    const std::uint64_t value = is_time(which) ? counter(which) / parameters_.cycle : counter(which);
    if (!debug) {
      high_word_ = static_cast<std::uint32_t>(value >> 32);
    }
    return static_cast<std::uint32_t>(value);
  }
  return read_register(offset);
}

void JobUnit::write(std::uint32_t offset, std::uint32_t value, const tlm::tlm_generic_payload& payload, Time at) {
  switch (offset) {
    case reg::ctrl:
      enabled_ = (value & reg::ctrl_enable) != 0;
      if ((value & reg::ctrl_soft_reset) != 0) {
        reset();
      }
      break;
    case reg::queue:
      push(value, payload, at);
      break;
    case reg::irq_status:
      irq_status_ &= ~value;
      update_interrupt();
      break;
    case reg::irq_enable:
      irq_enable_ = value & (reg::irq_enable_done | reg::irq_enable_error | reg::irq_enable_flash);
      update_interrupt();
      break;
    default:
      writing_ = &payload;
      write_time_ = at;
      write_register(offset, value);
      writing_ = nullptr;
      break;
  }
}

bool JobUnit::serve(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay, bool debug) {
  if (payload.get_byte_enable_ptr() != nullptr) {
    payload.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    return false;
  }
  const std::uint64_t offset = payload.get_address() - parameters_.base;
  if (payload.get_address() < parameters_.base || offset + payload.get_data_length() > parameters_.window) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return false;
  }
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  if (access_buffer(payload, delay, debug)) {
    return payload.is_response_ok();
  }
  if (payload.get_data_length() != 4 || (offset & 3) != 0) {
    payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
    return false;
  }
  const Time at = now() + delay.value();
  std::uint32_t value = 0;
  if (payload.is_read()) {
    value = read(static_cast<std::uint32_t>(offset), debug);
    std::memcpy(payload.get_data_ptr(), &value, 4);
  } else if (payload.is_write()) {
    std::memcpy(&value, payload.get_data_ptr(), 4);
    write(static_cast<std::uint32_t>(offset), value, payload, at);
  }
  return true;
}

void JobUnit::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  serve(payload, delay, false);
}

unsigned JobUnit::transport_dbg(tlm::tlm_generic_payload& payload) {
  sc_core::sc_time none;
  if (payload.is_write() && payload.get_address() - parameters_.base < 0x8000) {
    return 0;  // a debugger looks at registers; writing them would start work
  }
  return serve(payload, none, true) ? payload.get_data_length() : 0;
}

}  // namespace tessera::job_unit
