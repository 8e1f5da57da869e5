// SPDX-License-Identifier: Apache-2.0
#include "models/host/instruction_trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/host/decoder.h"
#include "models/host/disassembler.h"

namespace tessera::host {
namespace {

std::string microseconds(std::uint64_t ps) {
  return fmt::format("{}.{:06} us", ps / 1'000'000, ps % 1'000'000);
}

}  // namespace

InstructionTrace::InstructionTrace(const Core& core, double clock_Hz, const SymbolTable& symbols,
                                   InstructionTraceOptions options, Write write)
    : core_(core), clock_(clock_Hz), symbols_(symbols), options_(std::move(options)), write_(std::move(write)) {}

bool InstructionTrace::wanted(std::uint32_t pc) const {
  const std::uint64_t now = clock_.time(core_.cycles());
  if (full() || now < options_.from_ps || now > options_.to_ps) {
    return false;
  }
  if (options_.functions.empty()) {
    return true;
  }
  const Symbol* const function = symbols_.function(pc);
  return function != nullptr &&
         std::find(options_.functions.begin(), options_.functions.end(), function->name) != options_.functions.end();
}

void InstructionTrace::instruction(std::uint32_t pc, std::uint32_t raw) {
  complete();
  if (!wanted(pc)) {
    return;
  }
  decoded_ = decode(raw, pc);
  address_ = core_.x(decoded_.rs1) + (is_amo(decoded_.op) ? 0u : static_cast<std::uint32_t>(decoded_.imm));
  line_ = fmt::format("{:>18}  {:08x}  {:<28}  {:<36}", microseconds(clock_.time(core_.cycles())), pc,
                      symbols_.describe(pc), disassemble(decoded_, symbols_));
  if (is_store(decoded_.op)) {
    const std::uint32_t value = core_.x(decoded_.rs2);
    line_ += decoded_.op == Opcode::sw   ? fmt::format("  [{:08x}]={:08x}", address_, value)
             : decoded_.op == Opcode::sh ? fmt::format("  [{:08x}]={:04x}", address_, value & 0xFFFFu)
                                         : fmt::format("  [{:08x}]={:02x}", address_, value & 0xFFu);
  } else if (is_load(decoded_.op) || is_amo(decoded_.op)) {
    line_ += fmt::format("  [{:08x}]", address_);
  }
  open_ = true;
}

void InstructionTrace::complete() {
  if (!open_) {
    return;
  }
  open_ = false;
  const bool writes = decoded_.rd != 0 && decoded_.op != Opcode::nop && decoded_.op != Opcode::fence_i &&
                      !is_store(decoded_.op) && !is_branch(decoded_.op) && decoded_.op != Opcode::illegal;
  if (writes) {
    line_ += fmt::format("  {}={:08x}", register_name(decoded_.rd), core_.x(decoded_.rd));
  }
  line_.erase(line_.find_last_not_of(' ') + 1);
  emit(line_);
}

void InstructionTrace::trap(std::uint32_t cause, std::uint32_t epc, std::uint32_t value) {
  if ((cause & interrupt_flag) == 0 && open_) {
    open_ = false;  // it wrote nothing
    line_.erase(line_.find_last_not_of(' ') + 1);
    emit(line_);
  }
  complete();
  if (wanted(epc)) {
    emit(fmt::format("{:>18}  {:08x}  {:<28}  -- {}{}", microseconds(clock_.time(core_.cycles())), epc,
                     symbols_.describe(epc), cause_name(cause),
                     (cause & interrupt_flag) != 0 ? "" : fmt::format(", mtval {:08x}", value)));
  }
}

void InstructionTrace::emit(std::string_view line) {
  if (full()) {
    return;
  }
  write_(line);
  if (++written_ == options_.lines) {
    write_(fmt::format("-- {} lines: the trace ends here, the run goes on", options_.lines));
    if (options_.when_full) {
      options_.when_full();
    }
  }
}

void InstructionTrace::finish() {
  complete();
}

}  // namespace tessera::host
