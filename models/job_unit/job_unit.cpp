// SPDX-License-Identifier: Apache-2.0
#include "models/job_unit/job_unit.h"

#include <fmt/format.h>

#include <cstring>

#include "tessera_registers.hpp"

namespace tessera::job_unit {
namespace {

namespace reg = registers::job_unit;

constexpr std::array<std::string_view, counter_count> counter_names = {
    "active",      "products",        "conversions", "clipped",  "saturated", "load_stall",
    "store_stall", "converter_stall", "bus_wait",    "bytes_in", "bytes_out"};

std::string_view unit_of(Counter counter) {
  if (is_time(counter)) {
    return "cycles";
  }
  return counter >= Counter::bytes_in ? "bytes" : "events";
}

}  // namespace

bool JobUnit::FunctionalPort::read(std::uint32_t address, std::span<std::uint8_t> to) {
  tlm::tlm_generic_payload payload;
  payload.set_command(tlm::TLM_READ_COMMAND);
  payload.set_address(address);
  payload.set_data_ptr(to.data());
  payload.set_data_length(static_cast<unsigned>(to.size()));
  payload.set_streaming_width(static_cast<unsigned>(to.size()));
  return unit_.memory->transport_dbg(payload) == to.size();
}

bool JobUnit::FunctionalPort::write(std::uint32_t address, std::span<const std::uint8_t> from) {
  tlm::tlm_generic_payload payload;
  payload.set_command(tlm::TLM_WRITE_COMMAND);
  payload.set_address(address);
  payload.set_data_ptr(const_cast<std::uint8_t*>(from.data()));
  payload.set_data_length(static_cast<unsigned>(from.size()));
  payload.set_streaming_width(static_cast<unsigned>(from.size()));
  return unit_.memory->transport_dbg(payload) == from.size();
}

JobUnit::JobUnit(const sc_core::sc_module_name& name, const JobUnitParameters& parameters, probe::Probe& probe)
    : sc_module(name),
      registers("registers"),
      memory("memory"),
      parameters_(parameters),
      probe_(probe),
      lane_(probe.add_lane(this->name())),
      static_component_(probe.add_component(std::string(this->name()) + ".static", probe::Category::statics)) {
  registers.register_b_transport(this, &JobUnit::b_transport);
  registers.register_transport_dbg(this, &JobUnit::transport_dbg);
  payload_.set_extension(&context_);
  context_.lane = lane_;
  for (std::size_t i = 0; i < counter_count; ++i) {
    const auto which = static_cast<Counter>(i);
    counter_ids_[i] = probe.add_counter(fmt::format("{}.{}", this->name(), counter_names[i]), unit_of(which),
                                        is_time(which) ? "bus clock cycles" : "since reset");
  }
  SC_HAS_PROCESS(JobUnit);
  SC_THREAD(run);
}

JobUnit::~JobUnit() {
  payload_.clear_extension(&context_);
}

Time JobUnit::transfer(bool write, std::uint32_t address, std::span<std::uint8_t> bytes, Time at, bool pipelined) {
  payload_.set_command(write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  payload_.set_address(address);
  payload_.set_data_ptr(bytes.data());
  payload_.set_data_length(static_cast<unsigned>(bytes.size()));
  payload_.set_streaming_width(static_cast<unsigned>(bytes.size()));
  payload_.set_byte_enable_ptr(nullptr);
  payload_.set_dmi_allowed(false);
  payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  context_.pipelined = pipelined;
  context_.bus_wait = 0;
  sc_core::sc_time delay = sc_core::sc_time::from_value(at - now());
  memory->b_transport(payload_, delay);
  if (!payload_.is_response_ok()) {
    return 0;
  }
  add(Counter::bus_wait, context_.bus_wait);
  add(write ? Counter::bytes_out : Counter::bytes_in, bytes.size());
  return now() + delay.value();
}

void JobUnit::wait_until(Time at) {
  if (at > now()) {
    wait(sc_core::sc_time::from_value(at - now()));
  }
}

void JobUnit::run() {
  for (;;) {
    while (queue_.empty()) {
      wait(work_);
    }
    const Job job = queue_.front();
    queue_.pop_front();
    busy_ = true;
    cancelled_ = false;
    context_.scope = probe::idle_scope;
    book_static(now(), probe::idle_scope, parameters_.idle_W);

    probe::JobRecord record;
    record.lane = lane_;
    record.kind = parameters_.kind;
    record.submitted = job.submitted;
    record.begin = now();
    const std::array<std::uint64_t, counter_count> before = counters_;
    const Outcome outcome = execute(job, record);
    record.end = now();
    record.scope = scope();
    add(Counter::active, record.end - record.begin);
    const auto spent = [&](Counter which) { return counter(which) - before[static_cast<std::size_t>(which)]; };
    record.bus_wait = spent(Counter::bus_wait);
    record.bytes_in = spent(Counter::bytes_in);
    record.bytes_out = spent(Counter::bytes_out);
    record.conversions = spent(Counter::conversions);
    record.clipped = spent(Counter::clipped);
    record.saturated = spent(Counter::saturated);
    record.load_stall = spent(Counter::load_stall);
    record.store_stall = spent(Counter::store_stall);
    record.converter_stall = spent(Counter::converter_stall);
    book_static(record.end, record.scope, parameters_.active_W);
    last_scope_ = record.scope;
    busy_ = false;
    if (outcome.error != Error::none) {
      fail(outcome.error, last_tag_, outcome.reason);
      continue;
    }
    probe_.job(record);
    if (cancelled_) {
      continue;  // a soft reset while it ran: the work is done, nobody is told
    }
    ++done_;
    if (outcome.interrupt) {
      irq_status_ |= reg::irq_status_done;
      update_interrupt();
    }
  }
}

void JobUnit::fail(Error error, std::uint32_t tag, const std::string& reason) {
  if (error_ == Error::none) {
    error_ = error;
    error_tag_ = tag;
  }
  if (report_error) {
    report_error(fmt::format("{}: job {}: {}", name(), tag, reason));
  }
  irq_status_ |= reg::irq_status_error;
  update_interrupt();
}

void JobUnit::update_interrupt() {
  const bool level = (irq_status_ & irq_enable_) != 0;
  if (level != line_) {
    line_ = level;
    if (interrupt) {
      interrupt(level);
    }
  }
}

void JobUnit::reset() {
  queue_.clear();
  cancelled_ = busy_;
  counters_.fill(0);
  error_ = Error::none;
  error_tag_ = 0;
  irq_status_ = 0;
  done_ = 0;
  last_tag_ = 0;
  soft_reset();
  update_interrupt();
}

void JobUnit::restart() {
  enabled_ = true;
  irq_enable_ = 0;
  reset();
}

void JobUnit::book_static(Time until, probe::ScopeId scope, double watts) {
  if (until > static_booked_) {
    probe_.power(static_component_, probe::Cause::standby, scope, static_booked_, until, watts);
    static_booked_ = until;
  }
}

void JobUnit::book(Time until) {
  if (!busy_) {
    book_static(until, probe::idle_scope, parameters_.idle_W);
  } else {
    book_static(until, scope(), parameters_.active_W);
  }
}

void JobUnit::dump(Time until) {
  for (std::size_t i = 0; i < counter_count; ++i) {
    const std::uint64_t value = counters_[i];
    probe_.counter(counter_ids_[i], is_time(static_cast<Counter>(i)) ? value / parameters_.cycle : value, until);
  }
}

void JobUnit::push(std::uint32_t address, const tlm::tlm_generic_payload& payload, Time at) {
  if (!enabled_) {
    fail(Error::disabled, 0, "descriptor written while CTRL.enable is 0");
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
  interconnect::TransactionContext* context = nullptr;
  payload.get_extension(context);
  const probe::CallSiteId site = context != nullptr ? probe_.call_site(context->pc, context->return_address) : 0;
  queue_.push_back({address, at, site});
  work_.notify(sc_core::sc_time::from_value(at - now()));
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
      irq_enable_ = value & (reg::irq_enable_done | reg::irq_enable_error);
      update_interrupt();
      break;
    default:
      write_register(offset, value);
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
