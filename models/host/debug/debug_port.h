// SPDX-License-Identifier: Apache-2.0
// The debug port of the hart: halt, run and step, registers, CSRs, memory, breakpoints and watchpoints. SystemC-free.
//
// The debugger's protocol sits on top (GdbStub); whoever owns the core calls run() in place of Core::run and serves the
// debugger when halt_of() says that the hart stands. A debugged program executes the same instructions at the same
// cycles as one that is not: stepping lets interrupts happen as they would, a stop costs nothing.
// Not modelled: watchpoints on what other initiators (tiles, DMA) do; the debug CSRs and triggers of the RISC-V debug
// specification.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "models/host/core.h"
#include "models/host/debug/debug_hooks.h"

namespace tessera::host {

/// Memory beyond the core's own, looked at without side effects.
class DebugMemory {
 public:
  DebugMemory() = default;
  DebugMemory(const DebugMemory&) = delete;
  DebugMemory& operator=(const DebugMemory&) = delete;
  virtual ~DebugMemory() = default;
  /// @return bytes read from the beginning of `to`; fewer than asked: what follows is not mapped or not readable
  virtual std::size_t debug_read(std::uint32_t address, std::span<std::uint8_t> to) = 0;
  /// @return bytes written
  virtual std::size_t debug_write(std::uint32_t address, std::span<const std::uint8_t> from) = 0;
};

/// POSIX numbers as GDB's remote protocol uses them.
enum class Signal : std::uint8_t {
  none = 0,
  interrupt = 2,
  illegal = 4,
  trap = 5,
  abort = 6,
  kill = 9,
  bus = 10,
  segmentation = 11,
  stop = 17,
  cpu_time = 24
};

/// What a debugger of an application processor would see for a RISC-V exception.
[[nodiscard]] Signal signal_of(std::uint32_t cause);

struct Halt {
  enum class Reason : std::uint8_t {
    request,  ///< Ctrl-C, or the debugger has just come
    breakpoint,
    hardware_breakpoint,
    write_watch,
    read_watch,
    access_watch,
    step,
    exception,
    stuck  ///< the run would end here with an error
  };
  Reason reason = Reason::request;
  Signal signal = Signal::trap;
  std::uint32_t address = 0;  ///< of a watchpoint's access, inside of the watched bytes
  friend bool operator==(const Halt&, const Halt&) = default;
};

class DebugPort final : private DebugHooks {
 public:
  static constexpr std::uint32_t pc_register = 32;
  static constexpr std::uint32_t first_csr_register = 65;  ///< register number of CSR 0
  static constexpr std::size_t most_points = 1024;         ///< of each kind

  enum class Point : std::uint8_t { software, hardware, write, read, access };
  enum class Going : std::uint8_t { on, step, range };

  /// @param outside  everything but the core's private memory
  DebugPort(Core& core, DebugMemory& outside) : core_(core), outside_(outside) {}
  ~DebugPort() override { detach(); }
  DebugPort(const DebugPort&) = delete;
  DebugPort& operator=(const DebugPort&) = delete;

  /// Exceptions stop the hart from here on.
  void attach();
  /// Takes every breakpoint and watchpoint back; the program goes on undisturbed.
  void detach();
  [[nodiscard]] bool attached() const { return attached_; }

  // --- state of the halted hart
  /// 0..31 x, 32 pc, 65 + n: CSR n. @return false: no such register, or it cannot be written
  [[nodiscard]] bool read_register(std::uint32_t number, std::uint32_t& value);
  bool write_register(std::uint32_t number, std::uint32_t value);
  /// @return bytes done before the first that is not mapped
  std::size_t read_memory(std::uint64_t address, std::span<std::uint8_t> to);
  std::size_t write_memory(std::uint64_t address, std::span<const std::uint8_t> from);

  // --- breakpoints and watchpoints; inserting one twice, or removing one that is not there, changes nothing
  /// @return false: too many, or a length of 0 or beyond the end of the address space
  bool insert(Point kind, std::uint64_t address, std::uint64_t length);
  bool remove(Point kind, std::uint64_t address, std::uint64_t length);
  /// Shall synchronous exceptions other than ecall stop the hart? Yes, until told otherwise.
  void catch_exceptions(bool on) { catching_ = on; }
  [[nodiscard]] bool catches_exceptions() const { return catching_; }

  // --- run control
  /// What the next run() calls do.
  /// @param deliver  the exception that stopped the hart is taken; otherwise its instruction is tried again
  /// @param begin,end  Going::range: steps while begin <= pc < end
  void resume(Going going, bool deliver = true, std::uint32_t begin = 0, std::uint32_t end = 0);
  /// In place of Core::run. Stop::none: call again.
  Stop run(std::uint64_t cycle_limit, bool exact);
  /// The halt that a stop of run() means, if it is the debugger's business.
  [[nodiscard]] std::optional<Halt> halt_of(Stop stop) const;
  /// The hart stands before an exception that has not been taken.
  [[nodiscard]] bool at_exception() const { return at_exception_ && caught_pc_ == core_.pc(); }
  /// The exception that stopped the hart.
  [[nodiscard]] std::uint32_t caught_cause() const { return caught_cause_; }
  [[nodiscard]] std::uint32_t caught_value() const { return caught_value_; }

 private:
  struct Watchpoint {
    Point kind;
    std::uint32_t address;
    std::uint64_t length;
    friend bool operator==(const Watchpoint&, const Watchpoint&) = default;
  };
  bool access(std::uint32_t address, std::uint32_t bytes, bool reads, bool writes) override;
  bool exception(std::uint32_t cause, std::uint32_t value) override;
  [[nodiscard]] bool has_breakpoint(std::uint32_t pc) const;
  void update_watchpoints();
  Stop run_step(std::uint64_t cycle_limit, bool exact);
  Stop run_interrupt(std::uint64_t cycle_limit, bool exact);
  /// One instruction, whatever breakpoint it has.
  Stop step_over();
  void leave_interrupt();

  Core& core_;
  DebugMemory& outside_;
  bool attached_ = false;
  bool catching_ = true;
  std::vector<std::uint32_t> software_, hardware_;
  std::vector<Watchpoint> watchpoints_;

  Going going_ = Going::on;
  std::uint32_t range_begin_ = 0, range_end_ = 0;
  bool first_ = false;         ///< nothing was executed since resume()
  bool delivering_ = false;    ///< first of all, take the exception that stopped the hart
  bool stepped_ = false;       ///< the step is done, its stop not yet told
  bool in_interrupt_ = false;  ///< a step waits for the end of an interrupt handler
  std::uint32_t return_pc_ = 0, return_sp_ = 0;

  Halt watch_halt_;
  bool at_watch_ = false;  ///< the hart stands before a watched access
  bool muted_ = false;     ///< that access is let through
  std::uint32_t watch_pc_ = 0;
  bool at_exception_ = false;  ///< the hart stands before an exception
  std::uint32_t caught_pc_ = 0, caught_cause_ = 0, caught_value_ = 0;
};

}  // namespace tessera::host
