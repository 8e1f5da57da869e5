// SPDX-License-Identifier: Apache-2.0
// Core: traps, what is remembered about them, and the detection of trap loops.
#include <algorithm>

#include "models/host/core.h"

namespace tessera::host {
namespace {

/// So many traps in a row of the same cause at the same place, none of which got anywhere, are a loop for ever.
constexpr std::uint32_t trap_loop_limit = 1000;
/// A handler that does this much between two traps is doing something.
constexpr std::uint64_t trap_loop_instructions = 256;

}  // namespace

std::string_view cause_name(std::uint32_t mcause) {
  if ((mcause & interrupt_flag) != 0) {
    switch (mcause & ~interrupt_flag) {
      case 3:
        return "machine software interrupt";
      case 7:
        return "machine timer interrupt";
      case 11:
        return "machine external interrupt";
      default:
        return "unknown interrupt";
    }
  }
  switch (mcause) {
    case cause_fetch_misaligned:
      return "instruction address misaligned";
    case cause_fetch_access:
      return "instruction access fault";
    case cause_illegal:
      return "illegal instruction";
    case cause_breakpoint:
      return "breakpoint";
    case cause_load_misaligned:
      return "load address misaligned";
    case cause_load_access:
      return "load access fault";
    case cause_store_misaligned:
      return "store/AMO address misaligned";
    case cause_store_access:
      return "store/AMO access fault";
    case cause_ecall_m:
      return "environment call from M-mode";
    default:
      return "unknown exception";
  }
}

Stop Core::trap(std::uint32_t cause, std::uint32_t value, const Place* place) {
  const Cost own = place != nullptr ? place->own : Cost{jump_cost_.energy, jump_cost_.cycles, 0};
  if (hooks_ != nullptr && hooks_->exception(cause, value)) {
    caught_ = {cause, value, own};
    return Stop::caught;
  }
  return enter_exception(cause, value, own);
}

Stop Core::take_caught() {
  return enter_exception(caught_.cause, caught_.value, caught_.own);
}

Stop Core::enter_exception(std::uint32_t cause, std::uint32_t value, const Cost& own) {
  cycles_ += own.cycles;
  energy_ += own.energy;
  ++exceptions_;
  reserved_ = false;
  record_fault(cause, value);
  const bool loop = repeats(cause);
  const std::uint32_t from = pc_;
  pc_ = csr_.enter_trap(cause, from, value);
  if (listener_ != nullptr) {
    report_calls();
    listener_->trap(cause, from, x_[2], pc_);
  }
  branches_.push(from, pc_);
  if (instruction_listener_ != nullptr) {
    instruction_listener_->trap(cause, from, value);
  }
  port_.trap_entered(false);
  return loop ? Stop::trap_loop : Stop::none;
}

void Core::take_interrupt(std::uint32_t cause) {
  report_calls();  // the latency is the handler's
  cycles_ += interrupt_latency_;
  ++interrupts_;
  reserved_ = false;
  const std::uint32_t from = pc_;
  pc_ = csr_.enter_trap(cause, from, 0);
  if (listener_ != nullptr) {
    listener_->trap(cause, from, x_[2], pc_);
  }
  branches_.push(from, pc_);
  if (instruction_listener_ != nullptr) {
    instruction_listener_->trap(cause, from, 0);
  }
  port_.trap_entered(true);
}

bool Core::repeats(std::uint32_t cause) {
  Repetition& r = repetition_;
  // Getting nowhere: either the handler trapped before it returned, or it returned to the instruction that trapped.
  const bool stuck = !r.returned || r.returned_to_it;
  const bool again = cause == r.cause && pc_ == r.pc && retired_ - r.retired <= trap_loop_instructions;
  r.same = again && stuck ? r.same + 1 : 0;
  r.cause = cause;
  r.pc = pc_;
  r.retired = retired_;
  r.returned = false;
  r.returned_to_it = false;
  return r.same >= trap_loop_limit;
}

void Core::record_fault(std::uint32_t cause, std::uint32_t value) {
  if (fault_open_) {
    // A fault inside the handler of a fault: the first one is what the firmware's author has to see.
    ++fault_.nested;
    fault_.nested_cause = cause;
    fault_.nested_pc = pc_;
    fault_.nested_value = value;
    return;
  }
  if (cause == cause_ecall_m) {
    return;
  }
  fault_open_ = true;
  fault_ = snapshot();
  fault_.cause = cause;
  fault_.value = value;
}

FaultRecord Core::snapshot() const {
  FaultRecord record;
  record.valid = true;
  record.pc = pc_;
  record.cycle = cycles_;
  record.instruction = retired_;
  std::copy_n(x_.begin(), 32, record.x.begin());
  record.branches = branches_;
  return record;
}

}  // namespace tessera::host
