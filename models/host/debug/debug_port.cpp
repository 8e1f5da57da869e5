// SPDX-License-Identifier: Apache-2.0
#include "models/host/debug/debug_port.h"

#include <algorithm>

namespace tessera::host {
namespace {

constexpr std::uint64_t address_space = std::uint64_t{1} << 32;
constexpr std::uint32_t csr_count = 4096;

}  // namespace

Signal signal_of(std::uint32_t cause) {
  switch (cause) {
    case cause_illegal:
      return Signal::illegal;
    case cause_breakpoint:
      return Signal::trap;
    case cause_fetch_misaligned:
    case cause_load_misaligned:
    case cause_store_misaligned:
      return Signal::bus;
    default:
      return Signal::segmentation;
  }
}

void DebugPort::attach() {
  attached_ = true;
  core_.set_debug_hooks(this);
}

void DebugPort::detach() {
  if (!attached_) {
    return;
  }
  leave_interrupt();
  for (const std::vector<std::uint32_t>* list : {&software_, &hardware_}) {
    for (const std::uint32_t pc : *list) {
      core_.set_breakpoint(pc, false);
    }
  }
  software_.clear();
  hardware_.clear();
  watchpoints_.clear();
  update_watchpoints();
  core_.set_debug_hooks(nullptr);
  attached_ = false;
  going_ = Going::on;
  first_ = delivering_ = stepped_ = at_watch_ = at_exception_ = false;
}

// --- state -----------------------------------------------------------------------------------------------------------

bool DebugPort::read_register(std::uint32_t number, std::uint32_t& value) {
  if (number < pc_register) {
    value = core_.x(number);
    return true;
  }
  if (number == pc_register) {
    value = core_.pc();
    return true;
  }
  const std::uint32_t csr_number = number - first_csr_register;
  return csr_number < csr_count && core_.read_csr(csr_number, value);
}

bool DebugPort::write_register(std::uint32_t number, std::uint32_t value) {
  if (number < pc_register) {
    core_.set_x(number, value);
    return true;
  }
  if (number == pc_register) {
    core_.set_pc(value);
    return true;
  }
  const std::uint32_t csr_number = number - first_csr_register;
  return csr_number < csr_count && core_.write_csr(csr_number, value);
}

std::size_t DebugPort::read_memory(std::uint64_t address, std::span<std::uint8_t> to) {
  std::size_t done = 0;
  while (done < to.size() && address + done < address_space) {
    const auto at = static_cast<std::uint32_t>(address + done);
    std::span<std::uint8_t> rest = to.subspan(done);
    rest = rest.first(static_cast<std::size_t>(std::min<std::uint64_t>(rest.size(), address_space - at)));
    const std::uint32_t offset = at - Core::memory_base;
    if (offset < core_.memory_size()) {
      rest = rest.first(std::min<std::size_t>(rest.size(), core_.memory_size() - offset));
      core_.read_memory(at, rest);
      done += rest.size();
      continue;
    }
    if (at < Core::memory_base) {
      rest = rest.first(std::min<std::size_t>(rest.size(), Core::memory_base - at));
    }
    const std::size_t read = outside_.debug_read(at, rest);
    done += read;
    if (read < rest.size()) {
      break;
    }
  }
  return done;
}

std::size_t DebugPort::write_memory(std::uint64_t address, std::span<const std::uint8_t> from) {
  std::size_t done = 0;
  while (done < from.size() && address + done < address_space) {
    const auto at = static_cast<std::uint32_t>(address + done);
    std::span<const std::uint8_t> rest = from.subspan(done);
    rest = rest.first(static_cast<std::size_t>(std::min<std::uint64_t>(rest.size(), address_space - at)));
    const std::uint32_t offset = at - Core::memory_base;
    if (offset < core_.memory_size()) {
      rest = rest.first(std::min<std::size_t>(rest.size(), core_.memory_size() - offset));
      core_.write_memory(at, rest);
      done += rest.size();
      continue;
    }
    if (at < Core::memory_base) {
      rest = rest.first(std::min<std::size_t>(rest.size(), Core::memory_base - at));
    }
    const std::size_t written = outside_.debug_write(at, rest);
    done += written;
    if (written < rest.size()) {
      break;
    }
  }
  return done;
}

// --- breakpoints and watchpoints -------------------------------------------------------------------------------------

bool DebugPort::has_breakpoint(std::uint32_t pc) const {
  const auto holds = [pc](const std::vector<std::uint32_t>& list) {
    return std::find(list.begin(), list.end(), pc) != list.end();
  };
  return holds(software_) || holds(hardware_);
}

bool DebugPort::insert(Point kind, std::uint64_t address, std::uint64_t length) {
  if (length == 0 || address >= address_space || length > address_space - address) {
    return false;
  }
  const auto at = static_cast<std::uint32_t>(address);
  if (kind == Point::software || kind == Point::hardware) {
    std::vector<std::uint32_t>& list = kind == Point::software ? software_ : hardware_;
    if (std::find(list.begin(), list.end(), at) != list.end()) {
      return true;
    }
    if (list.size() >= most_points) {
      return false;
    }
    list.push_back(at);
    core_.set_breakpoint(at, true);
    return true;
  }
  const Watchpoint watchpoint{kind, at, length};
  if (std::find(watchpoints_.begin(), watchpoints_.end(), watchpoint) != watchpoints_.end()) {
    return true;
  }
  if (watchpoints_.size() >= most_points) {
    return false;
  }
  watchpoints_.push_back(watchpoint);
  update_watchpoints();
  return true;
}

bool DebugPort::remove(Point kind, std::uint64_t address, std::uint64_t length) {
  if (address >= address_space) {
    return false;
  }
  const auto at = static_cast<std::uint32_t>(address);
  if (kind == Point::software || kind == Point::hardware) {
    std::vector<std::uint32_t>& list = kind == Point::software ? software_ : hardware_;
    list.erase(std::remove(list.begin(), list.end(), at), list.end());
    core_.set_breakpoint(at, has_breakpoint(at));
    return true;
  }
  const auto found = std::find(watchpoints_.begin(), watchpoints_.end(), Watchpoint{kind, at, length});
  if (found != watchpoints_.end()) {
    watchpoints_.erase(found);
    update_watchpoints();
  }
  return true;
}

void DebugPort::update_watchpoints() {
  std::vector<WatchRange> stores;
  bool loads = false;
  for (const Watchpoint& w : watchpoints_) {
    if (w.kind != Point::read) {
      stores.push_back({w.address, w.length});
    }
    loads = loads || w.kind != Point::write;
  }
  core_.set_watchpoints(stores, loads);
}

bool DebugPort::access(std::uint32_t address, std::uint32_t bytes, bool reads, bool writes) {
  if (muted_) {
    return false;
  }
  for (const Watchpoint& w : watchpoints_) {
    const std::uint64_t begin = std::max(address, w.address);
    const std::uint64_t end = std::min(std::uint64_t{address} + bytes, w.address + w.length);
    const bool wanted =
        w.kind == Point::access || (w.kind == Point::read && reads) || (w.kind == Point::write && writes);
    if (begin >= end || !wanted) {
      continue;
    }
    using Reason = Halt::Reason;
    watch_halt_ = {w.kind == Point::write  ? Reason::write_watch
                   : w.kind == Point::read ? Reason::read_watch
                                           : Reason::access_watch,
                   Signal::trap, static_cast<std::uint32_t>(begin)};
    at_watch_ = true;
    watch_pc_ = core_.pc();
    return true;
  }
  return false;
}

bool DebugPort::exception(std::uint32_t cause, std::uint32_t value) {
  if (!catching_ || cause == cause_ecall_m) {
    return false;
  }
  at_exception_ = true;
  caught_pc_ = core_.pc();
  caught_cause_ = cause;
  caught_value_ = value;
  return true;
}

// --- run control -----------------------------------------------------------------------------------------------------

void DebugPort::resume(Going going, bool deliver, std::uint32_t begin, std::uint32_t end) {
  leave_interrupt();
  going_ = going;
  range_begin_ = begin;
  range_end_ = end;
  first_ = true;
  stepped_ = false;
  // Trying an ebreak again would only stop again; and whoever moved the pc does not want the exception.
  delivering_ = at_exception_ && caught_pc_ == core_.pc() && (deliver || caught_cause_ == cause_breakpoint);
  at_exception_ = false;
  muted_ = false;
}

Stop DebugPort::step_over() {
  // The access before which the hart stands was told already.
  muted_ = at_watch_ && watch_pc_ == core_.pc();
  at_watch_ = false;
  const Stop stop = core_.step();
  muted_ = false;
  // Going round a jump to itself is one instruction, not a licence to skip ahead.
  return stop == Stop::spin ? Stop::none : stop;
}

Stop DebugPort::run(std::uint64_t cycle_limit, bool exact) {
  if (!attached_) {
    return core_.run(cycle_limit, exact);
  }
  if (stepped_) {
    stepped_ = false;
    return Stop::stepped;
  }
  if (delivering_) {
    delivering_ = first_ = false;
    const Stop stop = core_.take_caught();
    stepped_ = going_ == Going::step;
    return stop;
  }
  if (going_ != Going::on) {
    first_ = false;
    return run_step(cycle_limit, exact);
  }
  if (first_) {
    first_ = false;
    // The debugger knows where the hart stands: a breakpoint there is not news. If an interrupt comes first, the hart
    // will get there again.
    const bool told = has_breakpoint(core_.pc()) || (at_watch_ && watch_pc_ == core_.pc());
    if (told && core_.csrs().pending_interrupt() == 0) {
      return step_over();
    }
    at_watch_ = false;
  }
  return core_.run(cycle_limit, exact);
}

Stop DebugPort::run_step(std::uint64_t cycle_limit, bool exact) {
  do {
    if (!in_interrupt_ && core_.csrs().pending_interrupt() != 0) {
      in_interrupt_ = true;
      return_pc_ = core_.pc();
      return_sp_ = core_.x(2);
      core_.set_breakpoint(return_pc_, true);
    }
    if (in_interrupt_) {
      const Stop stop = run_interrupt(cycle_limit, exact);
      if (in_interrupt_) {
        return stop;
      }
    }
    const Stop stop = step_over();
    if (stop == Stop::watchpoint || stop == Stop::caught || stop == Stop::endless_loop || stop == Stop::trap_loop) {
      return stop;
    }
    if (going_ == Going::step || core_.pc() < range_begin_ || core_.pc() >= range_end_) {
      // A wfi sleeps before its step is told.
      stepped_ = stop == Stop::wfi;
      return stepped_ ? stop : Stop::stepped;
    }
    if (has_breakpoint(core_.pc())) {
      return Stop::breakpoint;
    }
    if (stop != Stop::none) {
      return stop;
    }
  } while (core_.cycles() < cycle_limit);
  return Stop::limit;
}

Stop DebugPort::run_interrupt(std::uint64_t cycle_limit, bool exact) {
  const Stop stop = core_.run(cycle_limit, exact);
  if (stop != Stop::breakpoint) {
    return stop;
  }
  const bool back = core_.pc() == return_pc_ && core_.x(2) == return_sp_;
  if (back) {
    leave_interrupt();
    return Stop::none;
  }
  if (core_.pc() == return_pc_ && !has_breakpoint(return_pc_)) {
    return step_over();  // the handler uses the same function
  }
  return stop;
}

void DebugPort::leave_interrupt() {
  if (in_interrupt_) {
    in_interrupt_ = false;
    core_.set_breakpoint(return_pc_, has_breakpoint(return_pc_));
  }
}

std::optional<Halt> DebugPort::halt_of(Stop stop) const {
  using Reason = Halt::Reason;
  switch (stop) {
    case Stop::breakpoint: {
      const bool software = std::find(software_.begin(), software_.end(), core_.pc()) != software_.end();
      return Halt{software ? Reason::breakpoint : Reason::hardware_breakpoint, Signal::trap, 0};
    }
    case Stop::watchpoint:
      return watch_halt_;
    case Stop::caught:
      return Halt{Reason::exception, signal_of(caught_cause_), 0};
    case Stop::stepped:
      return Halt{Reason::step, Signal::trap, 0};
    case Stop::trap_loop:
      return Halt{Reason::stuck, signal_of(core_.csrs().mcause()), 0};
    case Stop::endless_loop:
      return Halt{Reason::stuck, Signal::stop, 0};
    default:
      return std::nullopt;
  }
}

}  // namespace tessera::host
