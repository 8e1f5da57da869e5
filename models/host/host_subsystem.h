// SPDX-License-Identifier: Apache-2.0
// The host CPU of the chip: RV32 core, CLINT, PLIC, UART, test finisher and private memory, and one port to the shared
// bus. SystemC shell around the plain C++ models of this folder.
//
// Time: the core runs ahead of the kernel, but never past the next instant at which anything else can happen, nor past
// its own timer. So interrupt times, register values and counters do not depend on the quantum; the quantum only bounds
// how much is computed between two looks at the rest of the world.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <functional>
#include <memory>
#include <systemc>
#include <vector>

#include "models/host/call_profiler.h"
#include "models/host/clint.h"
#include "models/host/core.h"
#include "models/host/cpu_parameters.h"
#include "models/host/cycle_clock.h"
#include "models/host/debug/async_wake.h"
#include "models/host/debug/debug_port.h"
#include "models/host/debug/debugger.h"
#include "models/host/elf_image.h"
#include "models/host/guest_calls.h"
#include "models/host/plic.h"
#include "models/host/run_result.h"
#include "models/interconnect/transaction_context.h"
#include "models/peripherals/finisher/finisher.h"
#include "models/peripherals/uart/uart.h"
#include "models/power/residency.h"
#include "models/probe/probe.h"

namespace tessera::host {

struct RunLimits {
  std::uint64_t instructions = ~std::uint64_t{0};
  probe::Time time_ps = ~probe::Time{0};
};

struct CpuCounters {
  std::uint64_t instructions = 0;
  std::uint64_t cycles = 0;      ///< clock cycles since reset, sleep included
  std::uint64_t wfi_cycles = 0;  ///< of these, asleep
  std::uint64_t interrupts = 0;  ///< taken
  std::uint64_t exceptions = 0;
};

class HostSubsystem : public sc_core::sc_module, public DebugMemory, private CorePort {
 public:
  static constexpr std::uint32_t uart_source = 10;
  static constexpr std::uint32_t bus_base = 0x2000'0000u;  ///< below are the host's own devices

  tlm_utils::simple_initiator_socket<HostSubsystem, 32> bus;

  /// What the guest writes to the UART, the semihosting console and the HTIF console.
  std::function<void(std::uint8_t)> on_uart_output;
  /// Scope that handling an interrupt of this PLIC source belongs to, from its claim to mret. May be empty.
  std::function<probe::ScopeId(std::uint32_t plic_source)> handler_scope;
  /// The processor is in a WFI that has to wait. What it does then: waits; waits in deep sleep, which resume() will
  /// end; or goes on at once, as the architecture allows.
  enum class WfiAnswer : std::uint8_t { wait, deep_sleep, go_on };
  std::function<WfiAnswer(probe::Time at)> on_wait_for_interrupt;
  /// The level of a PLIC source has changed. May be empty.
  std::function<void(std::uint32_t plic_source, bool level, probe::Time at)> on_interrupt_line;
  /// Writes program bytes that lie outside the private memory (ROM, shared SRAM). May be empty.
  std::function<bool(std::uint32_t address, std::span<const std::uint8_t> bytes)> load_outside;

  HostSubsystem(const sc_core::sc_module_name& name, const CpuParameters& parameters, probe::Probe& probe);
  ~HostSubsystem() override;

  // --- before the simulation starts
  /// Puts the program into memory and the pc at its entry.
  /// @throws ElfError  a segment lies outside of memory
  void load(const ElfImage& image, std::string_view name);
  void set_limits(const RunLimits& limits);
  /// Names a region of the bus for reports of failed accesses.
  void add_region(const MemoryRegion& region) { regions_.push_back(region); }
  /// Input may come from outside the simulation at any time: an endless sleep is then not an error.
  void expect_external_input(bool expected) { external_input_ = expected; }

  /// Profiles the run by call stack. After load(). @return lives as long as this object
  CallProfiler& profile_calls();

  // --- while it runs; from any process of the kernel
  /// The call stack that the program is in at this very instruction; only with profile_calls().
  [[nodiscard]] CallProfiler::NodeId stack_here();
  /// What happens now happens in an access of the CPU.
  [[nodiscard]] bool in_cpu_access() const { return sc_core::sc_get_current_process_handle() == cpu_process_; }
  /// Looked at every quantum: true ends the run (the user pressed Ctrl-C). Null: never.
  void stop_when(const std::atomic<bool>* asked) { stop_asked_ = asked; }

  // --- while it runs; from any process of the kernel
  /// At this instant `passed` is called, which has to end the run or set a later deadline; ~0: never. The instant may
  /// be moved at any time, by console output as well.
  void set_deadline(probe::Time at, std::function<void()> passed);
  void set_interrupt(std::uint32_t plic_source, bool level);
  /// Energy from here on belongs to `scope`; what was spent before goes to the old one.
  void set_scope(probe::ScopeId scope);
  [[nodiscard]] probe::ScopeId scope() const;
  void uart_receive(std::uint8_t byte) { uart_.receive(byte); }
  [[nodiscard]] std::size_t uart_room() const { return uart_.room(); }
  /// Deep sleep: the supply of core and private memory is up again; resume() lets the core run.
  void supply_up(probe::Time at);
  void resume();
  [[nodiscard]] const peripherals::Uart& uart() const { return uart_; }
  /// Ends the run if the user wants it; called every quantum, and by whoever lets a sleeping guest wait for a person.
  void check_stop();
  /// Ends the run at the next instruction boundary.
  void stop(RunEnd kind, std::uint32_t exit_code, std::string reason);

  // --- for a debugger (host_debug.cpp)
  /// @param debugger  must live as long as the simulation; null: none
  void set_debugger(Debugger* debugger) { debugger_ = debugger; }
  /// From any thread: a sleeping CPU asks the debugger whether it wants attention.
  void wake_debugger() { async_wake_.request(); }
  /// Everything but the private memory, without side effects and in no time. Registers of devices are read-only.
  std::size_t debug_read(std::uint32_t address, std::span<std::uint8_t> to) override;
  std::size_t debug_write(std::uint32_t address, std::span<const std::uint8_t> from) override;
  /// An access as the program would do it, with side effects, taking its time. Only while the debugger is attended.
  /// @return false: bus error, misaligned, or the simulation is over
  bool access_as_program(bool writes, std::uint32_t address, std::uint32_t bytes, std::uint32_t& value);
  /// Hart, CLINT, PLIC and UART as after power-on, the program loaded anew. Time, counters and energy go on.
  void reset(const ElfImage& image, std::string_view name);
  [[nodiscard]] std::span<const MemoryRegion> regions() const { return regions_; }

  // --- results
  [[nodiscard]] const RunResult& result() const { return result_; }
  [[nodiscard]] CpuCounters counters() const;
  /// The CPU's own time, at or ahead of the kernel's.
  [[nodiscard]] probe::Time local_time() const;
  /// Books energy spent so far and static power up to `until`.
  void book(probe::Time until);
  using sc_core::sc_module::dump;
  /// book(), and writes counters to the probe; for markers and the end of a run.
  void dump(probe::Time until);
  /// Tells the residency of the core's power states; at the end of the run.
  void report_residency();
  /// Books what is left; call once after the simulation. Decides what a starved simulation means.
  void finish();

  [[nodiscard]] Core& core() { return core_; }
  [[nodiscard]] const SymbolTable& symbols() const { return symbols_; }

 private:
  // CorePort
  bool read(std::uint32_t address, std::uint32_t bytes, Access kind, std::uint32_t& value) override;
  bool write(std::uint32_t address, std::uint32_t bytes, std::uint32_t value) override;
  [[nodiscard]] std::uint64_t time() override;
  void watched_store(std::uint32_t address, std::uint32_t bytes) override;
  bool semihosting() override;
  void trap_entered(bool interrupt) override;
  void trap_left() override;

  /// Time and energy up to date everywhere, before a debugger looks.
  void settle();
  void attend_debugger();
  /// The run cannot go on; a debugger may look at it first, and perhaps change something.
  void give_up(RunEnd kind, std::uint32_t exit_code, std::string reason);
  [[nodiscard]] std::size_t debug_bus(tlm::tlm_command command, std::uint32_t address, std::span<std::uint8_t> bytes);
  [[nodiscard]] std::size_t debug_read_device(std::uint32_t address, std::span<std::uint8_t> to);

  void load_segment(const Segment& segment, std::string_view name);
  void add_hints(FaultReport& report) const;
  void run_cpu();
  void advance();
  void pass_deadline();
  void handle(Stop stop, std::uint64_t limit);
  void sleep();
  [[nodiscard]] bool can_wake() const;
  /// The first cycle at or behind the next instant at which another process can do something.
  [[nodiscard]] std::uint64_t horizon();
  /// Lets the kernel reach the core's time.
  void catch_up();
  /// The host is little-endian like the guest (checked), so words are copied as they are.
  bool transport(tlm::tlm_command command, std::uint32_t address, std::uint32_t bytes, std::uint32_t& value);
  [[nodiscard]] bool read_device(std::uint32_t address, std::uint32_t bytes, std::uint32_t& value);
  [[nodiscard]] bool write_device(std::uint32_t address, std::uint32_t bytes, std::uint32_t value);
  [[nodiscard]] bool write_clint(std::uint32_t offset, std::uint32_t bytes, std::uint32_t value);
  void begin_handler(std::uint32_t source);
  void handle_for(probe::ScopeId owner);
  void check_guest_exit();
  void end(RunEnd kind, std::uint32_t exit_code, std::string reason);
  void post_energy();
  void post_static(probe::Time until);
  void span(std::string_view what, probe::Time until);

  CycleClock clock_;
  std::uint64_t quantum_cycles_;
  double leakage_W_, wfi_W_, memory_leakage_W_;
  std::uint32_t interrupt_latency_;  ///< cycles
  Core core_;
  Clint clint_;
  Plic plic_;
  peripherals::Uart uart_;
  peripherals::Finisher finisher_;
  GuestCalls calls_;
  std::unique_ptr<CallProfiler> profiler_;

  probe::Probe& probe_;
  probe::ComponentId component_, static_component_, memory_component_;
  probe::LaneId lane_;
  std::array<probe::CounterId, 5> counter_ids_{};

  tlm::tlm_fw_transport_if<>* fabric_ = nullptr;  ///< what `bus` is bound to
  tlm::tlm_generic_payload payload_;
  interconnect::TransactionContext context_;
  std::array<std::uint8_t, 4> data_{};
  sc_core::sc_event wake_;
  AsyncWake async_wake_;
  sc_core::sc_process_handle cpu_process_;
  Debugger* debugger_ = nullptr;
  std::uint64_t latest_;  ///< what the kernel calls the end of time [ps]
  bool asleep_ = false;
  bool deep_ = false;     ///< in deep sleep, or waking from it
  bool supplied_ = true;  ///< not in deep sleep
  power::Residency residency_;

  static_assert(std::endian::native == std::endian::little);
  static constexpr std::uint64_t no_cycle = ~std::uint64_t{0};
  probe::Time kernel_now_ = 0;            ///< the kernel's time while this process runs; it only changes in wait()
  std::uint64_t synchronised_cycle_ = 0;  ///< the kernel's time when it was last looked at
  probe::Time due_ = 0;                   ///< of the last horizon(), and
  std::uint64_t due_cycle_ = 0;           ///< the cycle that it is
  std::uint64_t horizon_ = 0;             ///< as last seen: the core does not run past it
  std::uint64_t timer_cycle_ = no_cycle;  ///< from here on the timer interrupt is up
  std::uint64_t limit_cycle_ = no_cycle;  ///< of RunLimits::time_ps
  std::uint64_t deadline_cycle_ = no_cycle;
  probe::Time deadline_ = ~probe::Time{0};
  std::function<void()> deadline_passed_;
  const std::atomic<bool>* stop_asked_ = nullptr;

  struct HandlerScope {
    probe::ScopeId scope;
    std::uint32_t depth;  ///< of traps when it began
  };
  probe::ScopeId scope_ = probe::idle_scope;
  std::vector<HandlerScope> handlers_;
  std::uint32_t trap_depth_ = 0;
  probe::Time static_until_ = 0;
  probe::Time span_begin_ = 0;
  std::uint64_t wfi_cycles_ = 0;

  RunLimits limits_;
  std::vector<MemoryRegion> regions_;
  SymbolTable symbols_;
  struct LoadedRange {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  std::vector<LoadedRange> loaded_;  ///< of private memory, with bytes of the program's file
  std::string_view float_abi_;       ///< that the program was compiled for
  bool external_input_ = false;
  bool finished_ = false;
  RunResult result_;
};

}  // namespace tessera::host
