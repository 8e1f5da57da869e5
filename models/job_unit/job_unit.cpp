// SPDX-License-Identifier: Apache-2.0
#include "models/job_unit/job_unit.h"

#include <fmt/format.h>

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

}  // namespace tessera::job_unit
