// SPDX-License-Identifier: Apache-2.0
// RV32IMAC_Zicsr_Zifencei_Zicntr instruction-set simulator, machine mode, with exact counters, cycles and energy.
//
// Private memory is reached by pointer; everything else goes through a CorePort. Whatever the guest does ends in a trap
// of the guest, never in an error of the host. Cycles and energy come from tables by instruction class and are summed
// per block of code; they are exact at every instruction that looks at them.
//
// Not modelled: pipeline hazards beyond the class table, the extra cycle of a misaligned access, debug mode.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "models/host/block_cache.h"
#include "models/host/call_events.h"
#include "models/host/core_port.h"
#include "models/host/cpu_parameters.h"
#include "models/host/csr_file.h"
#include "models/host/debug/debug_hooks.h"
#include "models/host/fault_record.h"
#include "models/host/instruction_listener.h"

namespace tessera::host {

/// Why Core::run came back.
enum class Stop : std::uint8_t {
  limit,         ///< the cycle limit is reached
  none,          ///< nothing special; run() goes on, only step() returns it
  wfi,           ///< waiting for an interrupt; run again once one is pending in mip & mie
  breakpoint,    ///< before an instruction that has a debugger breakpoint
  trap_loop,     ///< the guest traps over and over without getting anywhere
  endless_loop,  ///< a jump to itself that no interrupt can leave
  requested,     ///< Core::request_stop
  spin,          ///< a jump to itself that only an interrupt can leave: Core::spin_until may skip ahead
  watchpoint,    ///< before an access that a debugger watches
  caught,        ///< before an exception that a debugger wants to see
  stepped        ///< DebugPort::run did the step that it was asked for
};

struct CoreCounts {
  std::uint64_t instructions = 0;
  std::uint64_t cycles = 0;
  std::uint64_t exceptions = 0;
  std::uint64_t interrupts = 0;
};

class Core {
 public:
  static constexpr std::uint32_t memory_base = 0x8000'0000u;

  Core(const CpuParameters& parameters, CorePort& port);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;
  ~Core();

  /// Runs until something has to be looked at, but not beyond `cycle_limit`.
  /// @param exact true: stops at the first instruction boundary at or behind the limit;
  ///        false: may stop earlier, where the next block of code would not fit
  Stop run(std::uint64_t cycle_limit, bool exact);
  /// One instruction (or the interrupt that comes before it), even one with a breakpoint.
  Stop step();
  /// Goes round a jump to itself (Stop::spin) until the first instruction boundary at or behind `cycle`.
  void spin_until(std::uint64_t cycle);
  /// Lets the present run() end exactly at an earlier cycle. For CorePort callbacks that make something due.
  void lower_limit(std::uint64_t cycle) {
    if (cycle >= limit_) {
      return;
    }
    limit_ = cycle;
    exact_ = true;
  }
  /// Makes run() return after the present instruction. For CorePort callbacks.
  void request_stop() { stop_requested_ = true; }

  // --- state
  [[nodiscard]] std::uint32_t pc() const { return pc_; }
  void set_pc(std::uint32_t pc) { pc_ = pc & ~1u; }
  [[nodiscard]] std::uint32_t x(std::uint32_t index) const { return x_[index & 31u]; }
  void set_x(std::uint32_t index, std::uint32_t value) {
    if ((index & 31u) != 0) {
      x_[index & 31u] = value;
    }
  }
  [[nodiscard]] const CsrFile& csrs() const { return csr_; }
  /// CSR access for a debugger: no side effects on counters. @return false: no such register
  [[nodiscard]] bool read_csr(std::uint32_t number, std::uint32_t& value);
  bool write_csr(std::uint32_t number, std::uint32_t value);
  /// Drives mip_msip, mip_mtip or mip_meip.
  void set_interrupt_line(std::uint32_t mip_bit, bool level) { csr_.set_line(mip_bit, level); }

  // --- private memory
  [[nodiscard]] std::uint32_t memory_size() const { return memory_size_; }
  [[nodiscard]] bool in_memory(std::uint32_t address, std::uint32_t size) const;
  /// @return false: not wholly inside the private memory, nothing was done
  bool read_memory(std::uint32_t address, std::span<std::uint8_t> bytes) const;
  bool write_memory(std::uint32_t address, std::span<const std::uint8_t> bytes);
  bool fill_zero(std::uint32_t address, std::uint32_t size);
  /// Stores into these bytes are reported by CorePort::watched_store.
  void watch(std::uint32_t address, std::uint32_t size);

  /// Null: nobody. The results of a run do not depend on it, its speed does.
  void set_instruction_listener(InstructionListener* listener) { instruction_listener_ = listener; }

  // --- for a debugger
  void set_breakpoint(std::uint32_t pc, bool on) { cache_->set_breakpoint(pc, on); }
  /// Null: nobody is interested.
  void set_debug_hooks(DebugHooks* hooks) { hooks_ = hooks; }
  /// Where the hooks have to be asked about accesses; outside of the private memory they always are.
  void set_watchpoints(std::span<const WatchRange> stores, bool loads) { cache_->set_watchpoints(stores, loads); }
  /// Enters the trap that Stop::caught announced.
  Stop take_caught();
  /// As after power-on, but memory, cycles and instructions are kept.
  void reset(std::uint32_t pc);

  // --- profiling
  /// From here on the listener hears of calls, returns and traps; null: nobody does. Costs nothing while nobody does.
  void tell_calls(CallListener* listener);
  /// Tells the listener all that has happened so far.
  void report_calls();

  // --- time and energy
  /// Absolute clock cycles since reset, sleeping included; inside CorePort calls: when the access begins.
  [[nodiscard]] std::uint64_t cycles() const { return cycles_; }
  /// The present access takes until this absolute cycle; or, outside of run(): the core slept until then.
  void stall_until(std::uint64_t cycle) { cycles_ = cycle > cycles_ ? cycle : cycles_; }
  [[nodiscard]] std::uint64_t instructions() const { return retired_; }
  /// Dynamic energy since the last call [aJ].
  std::uint64_t take_energy();
  [[nodiscard]] CoreCounts counts() const { return {retired_, cycles_, exceptions_, interrupts_}; }

  // --- what happened
  /// The last synchronous exception other than ecall, and the chain it belongs to.
  [[nodiscard]] const FaultRecord& last_fault() const { return fault_; }
  /// No handler has returned since the last exception.
  [[nodiscard]] bool fault_open() const { return fault_open_; }
  /// Registers, branches and pc as they are now, for a report of a run that ended without an exception.
  [[nodiscard]] FaultRecord snapshot() const;

 private:
  /// The interpreter, from operation `op` of `block`; time and energy are what they were at the block's entry.
  /// @return the operation it could not do, at its place in left_block_; null: pc_ says where to go on. With a null
  /// block: only fills handlers_.
  const Op* execute(Block* block, const Op* op, std::uint64_t cycle_limit);
  /// A plain aligned load or store outside of the private memory that no debugger watches, which is what drivers do all
  /// day. @return where the interpreter goes on, time and energy turned back to the entry of `block`; `op` itself: it
  /// is not such an access, nothing is done; null: done, but the world has to be looked at first, and `stop` says why
  [[nodiscard]] const Op* port_access(const Block& block, const Op* op, Stop& stop);
  /// Behind another load or store: may the interpreter simply go on in the block? Then time and energy are turned back
  /// to its entry.
  [[nodiscard]] bool goes_on(const Block& block, const Op& op);
  /// The instruction that the interpreter would not do; the state is that before it.
  [[nodiscard]] Stop slow_path(const Block& block, const Op& op);
  Stop slow_load(const Place& place, const Op& op);
  Stop slow_store(const Place& place, const Op& op);
  Stop atomic(const Place& place, const Op& op);
  Stop csr_access(const Place& place, const Op& op);
  Stop told_branch(const Place& place, const Op& op);
  Stop self_loop(const Place& place);
  Stop machine_return(const Place& place);
  [[nodiscard]] Block* fetch_single(Stop& stop);

  /// Reads or writes `bytes` at any address, in aligned pieces outside of memory.
  /// @return true; false: bus error at `fault_address`
  [[nodiscard]] bool load_any(std::uint32_t address, std::uint32_t bytes, Access kind, std::uint32_t& value);
  [[nodiscard]] bool store_any(std::uint32_t address, std::uint32_t bytes, std::uint32_t value);
  void retire(const Place& place);
  Stop trap(std::uint32_t cause, std::uint32_t value, const Place* place);
  Stop enter_exception(std::uint32_t cause, std::uint32_t value, const Cost& own);
  [[nodiscard]] bool watched(std::uint32_t address, std::uint32_t bytes, bool reads, bool writes) {
    return hooks_ != nullptr && hooks_->access(address, bytes, reads, writes);
  }
  void take_interrupt(std::uint32_t cause);
  [[nodiscard]] bool repeats(std::uint32_t cause);
  void record_fault(std::uint32_t cause, std::uint32_t value);
  [[nodiscard]] CounterInputs counters(std::uint32_t own_cycles);

  // What the interpreter touches stands together.
  Registers x_{};
  std::uint32_t pc_ = memory_base;
  std::uint32_t memory_size_;
  // Not cycles_ beside retired_: the compiler would add to both by one access of 16 bytes, which has to wait for the
  // two stores of 8 bytes that the interpreter has just done.
  std::uint64_t cycles_ = 0;
  std::uint64_t energy_ = 0;
  std::uint64_t retired_ = 0;
  std::unique_ptr<std::uint8_t[]> memory_;
  Exit* pending_exit_ = nullptr;  ///< left by it, not linked yet
  Block* left_block_ = nullptr;   ///< the block of the operation that execute() returned
  BranchRing branches_;
  const void* const* handlers_ = nullptr;
  CallEvent* event_ = nullptr;  ///< the next to be written
  CallEvent* event_end_ = nullptr;
  CallListener* listener_ = nullptr;
  std::int64_t division_by_zero_refund_ = 0;  ///< cycles that a division by zero does not take
  std::uint64_t division_by_zero_energy_ = 0;

  CorePort& port_;
  CsrFile csr_;
  std::unique_ptr<BlockCache> cache_;
  std::uint32_t interrupt_latency_;
  Cost jump_cost_;
  Cost taken_cost_;
  std::vector<CallEvent> events_;
  std::uint64_t limit_ = 0;  ///< of the present run()
  bool exact_ = false;
  bool stop_requested_ = false;
  bool reserved_ = false;
  std::uint32_t reservation_ = 0;
  std::uint32_t fault_address_ = 0;
  std::uint32_t watch_begin_ = 0;
  std::uint32_t watch_end_ = 0;
  std::uint64_t exceptions_ = 0;
  std::uint64_t interrupts_ = 0;

  InstructionListener* instruction_listener_ = nullptr;
  DebugHooks* hooks_ = nullptr;
  struct Caught {
    std::uint32_t cause = 0, value = 0;
    Cost own;
  } caught_;

  FaultRecord fault_;
  bool fault_open_ = false;  ///< no handler has returned since
  struct Repetition {
    std::uint32_t cause = 0, pc = 0;
    std::uint64_t retired = 0;    ///< at the last trap
    std::uint32_t same = 0;       ///< traps in a row of the same cause and pc that did not get anywhere
    bool returned = false;        ///< mret came in between
    bool returned_to_it = false;  ///< and went back to the trapping instruction
  } repetition_;
};

}  // namespace tessera::host
