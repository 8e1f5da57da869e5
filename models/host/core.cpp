// SPDX-License-Identifier: Apache-2.0
#include "models/host/core.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "models/host/decoder.h"

namespace tessera::host {
namespace {

/// Ibex ends a division by zero after two cycles (pipeline_details.rst of lowRISC/ibex).
constexpr std::uint32_t division_by_zero_cycles = 2;

/// What a load's register gets, from what `bytes_of` bytes of memory hold. Beyond them `value` may hold anything.
std::uint32_t extended(Opcode load, std::uint32_t value) {
  switch (load) {
    case Opcode::lb:
      return static_cast<std::uint32_t>(static_cast<std::int8_t>(value));
    case Opcode::lh:
      return static_cast<std::uint32_t>(static_cast<std::int16_t>(value));
    case Opcode::lbu:
      return value & 0xFFu;
    case Opcode::lhu:
      return value & 0xFFFFu;
    default:
      return value;
  }
}

}  // namespace

Core::Core(const CpuParameters& parameters, CorePort& port)
    : memory_size_(std::max(parameters.memory_B & ~3u, 1u << BlockCache::granule_bits)),
      memory_(std::make_unique<std::uint8_t[]>(memory_size_)),
      port_(port),
      interrupt_latency_(parameters.interrupt_latency_cycles) {
  if (memory_size_ > 0u - memory_base) {
    memory_size_ = 0u - memory_base;
  }
  execute(nullptr, nullptr, 0);
  const CostTable costs(parameters);
  const Cost division = costs.of(TimingClass::div);
  const Cost two_alu{2 * costs.of(TimingClass::alu).energy, division_by_zero_cycles, 1};
  division_by_zero_refund_ = division.cycles > two_alu.cycles ? division.cycles - two_alu.cycles : 0;
  division_by_zero_energy_ = division.energy > two_alu.energy ? division.energy - two_alu.energy : 0;
  jump_cost_ = costs.of(TimingClass::jump);
  taken_cost_ = costs.branch_taken();
  cache_ = std::make_unique<BlockCache>(memory_.get(), memory_base, memory_size_, costs, handlers_);
}

Core::~Core() = default;

Stop Core::run(std::uint64_t cycle_limit, bool exact) {
  limit_ = cycle_limit;
  exact_ = exact;
  Exit* left_by = nullptr;
  bool progress = false;
  while (!stop_requested_) {
    const std::uint32_t interrupt = csr_.pending_interrupt();
    if (interrupt != 0) {
      take_interrupt(interrupt);
    }
    if (cycles_ >= limit_) {
      return Stop::limit;
    }

    const std::uint64_t generation = cache_->generation();
    Block* block = cache_->find(pc_);
    if (block != nullptr && left_by != nullptr && cache_->generation() == generation) {
      BlockCache::link(*left_by, *block);
    }
    left_by = nullptr;
    const bool fits = block != nullptr && block->worst_cycles <= static_cast<std::int64_t>(limit_ - cycles_);
    const bool single = !fits || instruction_listener_ != nullptr;
    if (single) {
      if (block != nullptr && !fits && !exact_ && progress) {
        return Stop::limit;
      }
      if (block != nullptr ? block->ops.front().opcode == Opcode::breakpoint : cache_->breakpoint_at(pc_)) {
        return Stop::breakpoint;
      }
      Stop stop = Stop::none;
      block = fetch_single(stop);
      if (block == nullptr) {
        if (stop != Stop::none) {
          return stop;
        }
        continue;
      }
      if (instruction_listener_ != nullptr) {
        instruction_listener_->instruction(pc_, block->places.front().raw);
      }
    }
    if (event_ == event_end_ && listener_ != nullptr) {
      report_calls();
    }
    progress = true;
    pending_exit_ = nullptr;
    // With a listener the loop must not go on into the next block by itself: no cycles are left for it.
    const Op* op = execute(block, block->ops.data(), instruction_listener_ != nullptr ? cycles_ : limit_);
    while (op != nullptr) {
      Block* const at = left_block_;
      Stop stop = Stop::none;
      const Op* next = op;
      if (!single && hooks_ == nullptr) {
        next = port_access(*at, op, stop);
      }
      if (next == op) {
        const std::uint64_t blocks = cache_->generation();
        stop = slow_path(*at, *op);
        const bool same = !single && stop == Stop::none && cache_->generation() == blocks;
        next = same && goes_on(*at, *op) ? op + 1 : nullptr;
      }
      op = next;
      if (stop != Stop::none) {
        return stop;
      }
      if (op != nullptr) {
        op = execute(at, op, limit_);
      }
    }
    // Only an exit that has no successor yet is worth a link; one whose successor did not fit keeps it.
    if (!single && pending_exit_ != nullptr && pending_exit_->target == cache_->unlinked()) {
      left_by = pending_exit_;
    }
  }
  stop_requested_ = false;
  return Stop::requested;
}

Stop Core::step() {
  const std::uint32_t interrupt = csr_.pending_interrupt();
  if (interrupt != 0) {
    take_interrupt(interrupt);
    return Stop::none;
  }
  Stop stop = Stop::none;
  Block* const block = fetch_single(stop);
  if (block == nullptr) {
    return stop;
  }
  if (event_ == event_end_ && listener_ != nullptr) {
    report_calls();
  }
  if (instruction_listener_ != nullptr) {
    instruction_listener_->instruction(pc_, block->places.front().raw);
  }
  const Op* const op = execute(block, block->ops.data(), cycles_);
  return op == nullptr ? Stop::none : slow_path(*left_block_, *op);
}

const Op* Core::port_access(const Block& block, const Op* op, Stop& stop) {
  const auto which = static_cast<std::uint32_t>(op->opcode) - static_cast<std::uint32_t>(Opcode::lb);
  if (which >= access_sizes.size()) {
    return op;
  }
  const std::uint32_t bytes = access_sizes[which];
  const std::uint32_t offset = x_[op->rs1] + static_cast<std::uint32_t>(op->imm);
  if (offset < memory_size_ || (offset & (bytes - 1)) != 0) {
    return op;
  }
  const Place& place = block.places[static_cast<std::size_t>(op - block.ops.data())];
  const std::uint64_t generation = cache_->generation();
  cycles_ += place.before.cycles;
  energy_ += place.before.energy;
  retired_ += place.before.instructions;
  pc_ = place.pc;
  const std::uint32_t address = offset + memory_base;
  if (is_load(op->opcode)) {
    std::uint32_t value = 0;
    if (!port_.read(address, bytes, Access::load, value)) [[unlikely]] {
      stop = trap(cause_load_access, address, &place);
      return nullptr;
    }
    x_[op->rd] = bytes == 4 ? value : extended(op->opcode, value);
  } else if (!port_.write(address, bytes, x_[op->rs2] & mask_of(bytes))) [[unlikely]] {
    stop = trap(cause_store_access, address, &place);
    return nullptr;
  }
  const std::uint64_t entry = cycles_ - place.before.cycles;
  // Not: the access ended the run or changed the code, made an interrupt or something else due, or the time that it
  // took leaves too little for the block.
  if (cache_->generation() == generation && !stop_requested_ && csr_.pending_interrupt() == 0 && limit_ > entry &&
      block.worst_cycles <= static_cast<std::int64_t>(limit_ - entry) && cycles_ + place.own.cycles < limit_) {
    cycles_ = entry;
    energy_ -= place.before.energy;
    retired_ -= place.before.instructions;
    return op + 1;
  }
  retire(place);
  return nullptr;
}

Block* Core::fetch_single(Stop& stop) {
  std::uint32_t bits = 0;
  bool good = load_any(pc_, 2, Access::fetch, bits);
  if (good && is_wide(bits)) {
    std::uint32_t upper = 0;
    good = load_any(pc_ + 2, 2, Access::fetch, upper);
    bits |= upper << 16;
  }
  if (good) {
    return cache_->single(pc_, bits);
  }
  stop = trap(cause_fetch_access, fault_address_, nullptr);
  return nullptr;
}

Stop Core::slow_path(const Block& block, const Op& op) {
  // A store may drop this very block; it is only freed by the next look-up.
  const Place& place = block.places[static_cast<std::size_t>(&op - block.ops.data())];
  cycles_ += place.before.cycles;
  energy_ += place.before.energy;
  retired_ += place.before.instructions;
  pc_ = place.pc;
  if (is_load(op.opcode)) [[likely]] {
    return slow_load(place, op);
  }
  if (is_store(op.opcode)) [[likely]] {
    return slow_store(place, op);
  }
  if (is_amo(op.opcode)) {
    return atomic(place, op);
  }
  switch (op.opcode) {
    case Opcode::csr:
      return csr_access(place, op);
    case Opcode::mret:
      return machine_return(place);
    case Opcode::branch_told:
      return told_branch(place, op);
    case Opcode::self_loop:
      return self_loop(place);
    case Opcode::breakpoint:
      return Stop::breakpoint;
    case Opcode::fence_i:
      // Stores into code already dropped what was decoded from it.
      retire(place);
      return Stop::none;
    case Opcode::wfi:
      retire(place);
      return csr_.wakes() ? Stop::none : Stop::wfi;
    case Opcode::ecall:
      return trap(cause_ecall_m, 0, &place);
    case Opcode::ebreak:
      if (port_.semihosting()) {
        retire(place);
        return Stop::none;
      }
      return trap(cause_breakpoint, place.pc, &place);
    default:
      return trap(cause_illegal, place.raw, &place);
  }
}

bool Core::goes_on(const Block& block, const Op& op) {
  if (!is_load(op.opcode) && !is_store(op.opcode)) {
    return false;
  }
  const Place& next = block.places[static_cast<std::size_t>(&op - block.ops.data()) + 1];
  if (pc_ != next.pc || stop_requested_ || cycles_ >= limit_ || csr_.pending_interrupt() != 0) {
    return false;
  }
  const std::uint64_t entry = cycles_ - next.before.cycles;
  if (block.worst_cycles > static_cast<std::int64_t>(limit_ - entry)) {
    return false;
  }
  cycles_ = entry;
  energy_ -= next.before.energy;
  retired_ -= next.before.instructions;
  return true;
}

void Core::retire(const Place& place) {
  cycles_ += place.own.cycles;
  energy_ += place.own.energy;
  retired_ += 1;
  pc_ = place.pc + place.length;
}

Stop Core::slow_load(const Place& place, const Op& op) {
  const std::uint32_t address = x_[op.rs1] + static_cast<std::uint32_t>(op.imm) + memory_base;
  const std::uint32_t bytes = bytes_of(op.opcode);
  if (watched(address, bytes, true, false)) {
    return Stop::watchpoint;
  }
  std::uint32_t value = 0;
  if (!load_any(address, bytes, Access::load, value)) {
    return trap(cause_load_access, fault_address_, &place);
  }
  x_[op.rd] = extended(op.opcode, value);
  retire(place);
  return Stop::none;
}

Stop Core::slow_store(const Place& place, const Op& op) {
  const std::uint32_t address = x_[op.rs1] + static_cast<std::uint32_t>(op.imm) + memory_base;
  const std::uint32_t bytes = bytes_of(op.opcode);
  if (watched(address, bytes, false, true)) {
    return Stop::watchpoint;
  }
  if (!store_any(address, bytes, x_[op.rs2])) {
    return trap(cause_store_access, fault_address_, &place);
  }
  retire(place);
  return Stop::none;
}

Stop Core::csr_access(const Place& place, const Op& op) {
  const auto number = static_cast<std::uint32_t>(op.imm);
  const std::uint32_t operation = op.rs2 & 3u;  // 1 write, 2 set, 3 clear
  const bool immediate = (op.rs2 & 4u) != 0;
  const std::uint32_t source = immediate ? op.rs1 : x_[op.rs1];
  const bool writes = operation == 1 || op.rs1 != 0;
  const CounterInputs now = counters(place.own.cycles);
  std::uint32_t old = 0;
  // The top bits of a CSR's number say that it is read-only.
  if ((writes && number >> 10 == 3) || !csr_.read(number, now, old)) {
    return trap(cause_illegal, place.raw, &place);
  }
  if (writes) {
    const std::uint32_t value = operation == 1 ? source : operation == 2 ? old | source : old & ~source;
    if (!csr_.write(number, now, value)) {
      return trap(cause_illegal, place.raw, &place);
    }
  }
  x_[op.rd] = old;
  retire(place);
  return Stop::none;
}

Stop Core::told_branch(const Place& place, const Op& op) {
  const std::uint32_t a = x_[op.rs1];
  const std::uint32_t b = x_[op.rs2];
  const auto sa = static_cast<std::int32_t>(a);
  const auto sb = static_cast<std::int32_t>(b);
  const Decoded branch = decode(place.raw, place.pc);
  const bool taken = branch.op == Opcode::beq    ? a == b
                     : branch.op == Opcode::bne  ? a != b
                     : branch.op == Opcode::blt  ? sa < sb
                     : branch.op == Opcode::bge  ? sa >= sb
                     : branch.op == Opcode::bltu ? a < b
                                                 : a >= b;
  if (!taken) {
    retire(place);
    return Stop::none;
  }
  const auto target = static_cast<std::uint32_t>(branch.imm);
  cycles_ += taken_cost_.cycles;
  energy_ += taken_cost_.energy;
  retired_ += 1;
  pc_ = target;
  branches_.push(place.pc, target);
  report_calls();
  const CallEvent event{place.pc, target, 0, x_[2], 0, CallEvent::direct, cycles_, energy_};
  listener_->jumps({&event, 1});
  return Stop::none;
}

Stop Core::self_loop(const Place& place) {
  if (!csr_.interrupts_on()) {
    return Stop::endless_loop;
  }
  // Nothing but an interrupt can change anything: go round as often as fits.
  retire(place);
  pc_ = place.pc;
  return Stop::spin;
}

void Core::spin_until(std::uint64_t cycle) {
  if (cycles_ >= cycle) {
    return;
  }
  const std::uint64_t rounds = (cycle - cycles_ + jump_cost_.cycles - 1) / jump_cost_.cycles;
  cycles_ += rounds * jump_cost_.cycles;
  energy_ += rounds * jump_cost_.energy;
  retired_ += rounds;
}

Stop Core::machine_return(const Place& place) {
  retire(place);
  pc_ = csr_.leave_trap();
  if (listener_ != nullptr) {
    report_calls();
    listener_->trap_return(pc_, x_[2]);
  }
  reserved_ = false;
  branches_.push(place.pc, pc_);
  fault_open_ = false;
  repetition_.returned = true;
  repetition_.returned_to_it = pc_ == repetition_.pc;
  port_.trap_left();
  return Stop::none;
}

void Core::reset(std::uint32_t pc) {
  if (listener_ != nullptr) {
    report_calls();
    listener_->trap_return(pc & ~1u, 0);  // no stack goes on: a new one begins
  }
  x_ = {};
  pc_ = pc & ~1u;
  csr_ = CsrFile{};
  reserved_ = false;
  branches_ = {};
  fault_ = {};
  fault_open_ = false;
  repetition_ = {};
}

void Core::tell_calls(CallListener* listener) {
  report_calls();
  listener_ = listener;
  constexpr std::size_t buffered = 256;
  events_.resize(listener != nullptr ? buffered : 0);
  event_ = events_.data();
  event_end_ = events_.data() + events_.size();
  cache_->tell_calls(listener);
}

void Core::report_calls() {
  if (listener_ == nullptr) {
    return;
  }
  listener_->jumps({events_.data(), event_});
  event_ = events_.data();
  listener_->spent(cycles_, energy_);
}

std::uint64_t Core::take_energy() {
  report_calls();
  if (listener_ != nullptr) {
    listener_->energy_taken();
  }
  const std::uint64_t energy = energy_;
  energy_ = 0;
  return energy;
}

CounterInputs Core::counters(std::uint32_t own_cycles) {
  return {cycles_, retired_, own_cycles, port_.time()};
}

bool Core::read_csr(std::uint32_t number, std::uint32_t& value) {
  return csr_.read(number, counters(0), value);
}

bool Core::write_csr(std::uint32_t number, std::uint32_t value) {
  CounterInputs now = counters(0);
  now.retired -= 1;  // no instruction does this write
  return number >> 10 != 3 && csr_.write(number, now, value);
}

}  // namespace tessera::host
