// SPDX-License-Identifier: Apache-2.0
#include "models/job_unit/job_unit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "tessera_registers.hpp"

namespace tessera::job_unit {

using interconnect::AtPort;

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
      power_(this->name(), parameters.power, lane_, probe) {
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

void JobUnit::use(AtPort& port) {
  port_ = &port;
  port.completed = [this](AtPort::Channel channel, const interconnect::PooledPayload& payload) {
    if (payload.is_response_ok()) {
      add(Counter::bus_wait, payload.context.bus_wait);
      add(channel == AtPort::Channel::write ? Counter::bytes_out : Counter::bytes_in, payload.get_data_length());
    }
  };
}

Time JobUnit::fetch(std::uint32_t address, std::span<std::uint8_t> bytes, Time at, bool pipelined) {
  if (port_ == nullptr) {
    return transfer(false, address, bytes, at, pipelined);
  }
  port_->read(address, static_cast<std::uint32_t>(bytes.size()), at, context_);
  return at;
}

Time JobUnit::fetched(Time at, Ticket ticket) {
  if (port_ == nullptr || ticket == 0) {
    return at;
  }
  return port_->wait_done(AtPort::Channel::read, ticket) ? std::max(at, now()) : 0;
}

JobUnit::Pending JobUnit::post(std::uint32_t address, std::span<std::uint8_t> bytes, Time at, bool pipelined) {
  if (port_ == nullptr) {
    context_.at_once = true;  // the sender goes on
    const Time done = transfer(true, address, bytes, at, pipelined);
    context_.at_once = false;
    return {done, 0};
  }
  return {0, port_->write(address, bytes, at, context_)};
}

Time JobUnit::settled(const Pending& pending, Time none) {
  if (port_ == nullptr) {
    return pending.done;
  }
  if (pending.ticket == 0) {
    return std::max(none, pending.done);
  }
  return port_->wait_done(AtPort::Channel::write, pending.ticket) ? now() : 0;
}

void JobUnit::drain() {
  if (port_ != nullptr) {
    for (const AtPort::Channel channel : {AtPort::Channel::read, AtPort::Channel::write}) {
      static_cast<void>(port_->wait_done(channel, port_->last(channel)));
    }
    port_->clear_errors();
  }
}

Time JobUnit::transfer(bool write, std::uint32_t address, std::span<std::uint8_t> bytes, Time at, bool pipelined) {
  if (port_ != nullptr) {
    const auto channel = write ? AtPort::Channel::write : AtPort::Channel::read;
    const Ticket ticket = write ? port_->write(address, bytes, at, context_)
                                : port_->read(address, static_cast<std::uint32_t>(bytes.size()), at, context_, bytes);
    return port_->wait_done(channel, ticket) ? now() : 0;
  }
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
  const Time begin = std::max(at, now());  // long transfers let time pass, maybe beyond what comes next
  sc_core::sc_time delay = sc_core::sc_time::from_value(begin - now());
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
    settle_power();
    const Job job = queue_.front();
    queue_.pop_front();
    busy_ = true;
    cancelled_ = false;
    // Fetching the descriptor already belongs to the code that started the job.
    context_.scope = probe_.scope({.call_site = job.call_site});
    enter(probe::PowerState::active);

    probe::JobRecord record;
    record.lane = lane_;
    record.kind = parameters_.kind;
    record.submitted = job.submitted;
    record.begin = now();
    const std::array<std::uint64_t, counter_count> before = counters_;
    const Outcome outcome = execute(job, record);
    if (outcome.error != Error::none) {
      drain();
    }
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
    power_.enter(probe::PowerState::idle, record.end, record.scope);
    last_scope_ = record.scope;
    busy_ = false;
    if (outcome.error != Error::none && !cancelled_) {
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
  powered_off();
}

void JobUnit::book(Time until) {
  power_.book(until, busy_ ? scope() : power_.state() == probe::PowerState::program ? program_scope_ : wake_scope_);
}

// --- power -----------------------------------------------------------------------------------------------------------

void JobUnit::settle_power() {
  using probe::PowerState;
  for (;;) {
    const bool job = !queue_.empty();
    const PowerState in = power_.state();
    if (in != PowerState::sleep && in != PowerState::program) {
      const PowerTarget want = job ? PowerTarget::on : target_;
      if (want == PowerTarget::on && in == PowerState::standby) {
        wake(parameters_.standby_wake, PowerState::idle);
        continue;
      }
      if (want == PowerTarget::on && in == PowerState::off) {
        wake(parameters_.off_wake, PowerState::idle);
        continue;
      }
      if (want == PowerTarget::standby && in == PowerState::off) {
        // The supply comes up; references stay down.
        wake(parameters_.off_wake - std::min(parameters_.off_wake, parameters_.standby_wake), PowerState::standby);
        continue;
      }
      if (want == PowerTarget::standby && in == PowerState::idle) {
        enter(PowerState::standby);
      } else if (want == PowerTarget::off && in != PowerState::off) {
        enter(PowerState::off);
        powered_off();
      }
      if (job) {
        return;
      }
    }
    wait(work_);
  }
}

void JobUnit::enter(probe::PowerState state, probe::ScopeId until_now) {
  power_.enter(state, now(), until_now);
  if (power_changed) {
    power_changed();
  }
}

void JobUnit::wake(Time duration, probe::PowerState then) {
  enter(probe::PowerState::waking);
  wake_scope_ = queue_.empty() ? probe::idle_scope : scope_of(queue_.front());
  wait_until(now() + duration);
  const probe::ScopeId woken_for = std::exchange(wake_scope_, probe::idle_scope);
  enter(then, woken_for);
}

probe::ScopeId JobUnit::scope_of(const Job& job) {
  std::array<std::uint8_t, 6> raw{};  // every descriptor begins with tag and layer
  if (!functional().read(job.address, raw)) {
    return probe_.scope({.call_site = job.call_site});
  }
  std::uint32_t tag = 0;
  std::uint16_t layer = 0;
  std::memcpy(&tag, raw.data(), sizeof tag);
  std::memcpy(&layer, raw.data() + sizeof tag, sizeof layer);
  return probe_.scope({static_cast<std::int16_t>(layer), tag, job.call_site});
}

bool JobUnit::power_settled() const {
  using probe::PowerState;
  switch (power_.state()) {
    case PowerState::idle:
    case PowerState::active:
      return target_ == PowerTarget::on;
    case PowerState::standby:
      return target_ == PowerTarget::standby;
    case PowerState::off:
      return target_ == PowerTarget::off;
    case PowerState::sleep:
      return true;
    case PowerState::waking:
    case PowerState::program:
      return false;
  }
  return false;
}

void JobUnit::set_power(PowerTarget target, Time at) {
  target_ = target;
  work_.notify(sc_core::sc_time::from_value(at - now()));
}

void JobUnit::sleep(Time at) {
  power_.enter(probe::PowerState::sleep, at);
  powered_off();
}

void JobUnit::wake_up(Time at) {
  power_.enter(probe::PowerState::off, at);
  work_.notify(sc_core::SC_ZERO_TIME);
}

void JobUnit::begin_program(Time at, probe::ScopeId scope, probe::Cause cause) {
  program_scope_ = scope;
  power_.enter(probe::PowerState::program, at);
  power_.set_program_cause(cause);
}

void JobUnit::end_program(Time at) {
  power_.enter(probe::PowerState::idle, at, program_scope_);
  work_.notify(sc_core::SC_ZERO_TIME);
}

probe::CallSiteId JobUnit::call_site_of(const tlm::tlm_generic_payload& payload) {
  interconnect::TransactionContext* context = nullptr;
  payload.get_extension(context);
  return context != nullptr ? probe_.call_site(context->pc, context->return_address) : 0;
}

probe::CallSiteId JobUnit::writer() {
  return writing_ != nullptr ? call_site_of(*writing_) : 0;
}

void JobUnit::raise(std::uint32_t bits, probe::ScopeId scope) {
  last_scope_ = scope;
  irq_status_ |= bits;
  update_interrupt();
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
