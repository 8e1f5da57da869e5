// SPDX-License-Identifier: Apache-2.0
// An exact profile of a program: cycles and CPU energy by call stack, from every jump the core reports.
//
// The call stack follows links (jal, jalr with ra or t0), returns, tail calls (jumps that leave their function),
// longjmp (frames below the new sp are gone), traps and switches between the stacks of an operating system (a jump to
// another sp suspends one stack and resumes, or begins, another). An interrupt handler is a root of its own,
// "[interrupt: timer]"; the handler of an exception is called by the code that caused it. Wrong guesses about odd code
// only misplace costs, they never lose or double them: whatever the core spends is booked to exactly one node.
//
// Memory is bounded whatever the program does: depth, number of nodes and of suspended stacks have limits.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "models/host/call_events.h"
#include "models/host/function_map.h"

namespace tessera::host {

class CallProfiler final : public CallListener {
 public:
  using NodeId = std::uint32_t;
  __extension__ typedef unsigned __int128 Wide;
  static constexpr NodeId root = 0;

  struct Node {
    NodeId parent = root;
    FunctionId function = FunctionMap::unknown;
    std::uint32_t depth = 0;
    std::uint64_t calls = 0;   ///< how often it was entered
    std::uint64_t cycles = 0;  ///< of its own, without what it called
    Wide energy = 0;           ///< the same for the CPU's instructions [aJ]
  };

  CallProfiler(const SymbolTable& symbols, std::uint32_t entry);

  // --- CallListener
  [[nodiscard]] bool leaves(std::uint32_t from, std::uint32_t to) override;
  void jumps(std::span<const CallEvent> events) override;
  void spent(std::uint64_t cycles, std::uint64_t energy) override {
    Node& node = nodes_[here_];
    node.cycles += cycles - cycles_;
    node.energy += energy - energy_;
    cycles_ = cycles;
    energy_ = energy;
  }
  void energy_taken() override { energy_ = 0; }
  void trap(std::uint32_t cause, std::uint32_t pc, std::uint32_t sp, std::uint32_t handler) override;
  void trap_return(std::uint32_t pc, std::uint32_t sp) override;

  /// The core slept until this cycle: booked to "[wfi]" under the present stack.
  void slept(std::uint64_t cycles);

  /// Where the program is, as of the last report: call Core::report_calls first.
  [[nodiscard]] NodeId here() const { return here_; }
  /// A node below `parent` for something that is no function of the program.
  [[nodiscard]] NodeId pseudo(NodeId parent, std::string_view name) { return child(parent, functions_.pseudo(name)); }
  [[nodiscard]] NodeId wfi_here() { return pseudo(here_, "[wfi]"); }

  /// Parents come before their children. Node 0 is the root: nothing is spent there.
  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  [[nodiscard]] const FunctionMap& functions() const { return functions_; }

 private:
  struct Frame {
    NodeId node;
    FunctionId function;
    std::uint32_t link;  ///< where it returns to
    std::uint32_t sp;    ///< when it was called
  };
  struct Stack {
    std::vector<Frame> frames;
    bool by_trap = false;  ///< suspended by a trap: comes back at pc; else by a jump: comes back as a return
    std::uint32_t pc = 0, sp = 0;
  };

  [[nodiscard]] NodeId child(NodeId parent, FunctionId function);
  NodeId enter(NodeId parent, FunctionId function);
  void push(NodeId parent, std::uint32_t target, std::uint32_t link, std::uint32_t sp);
  void call(const CallEvent& event);
  void back(const CallEvent& event);
  void jump(std::uint32_t source, std::uint32_t target);
  void replace_top(FunctionId function);
  void pop(std::uint32_t target);
  bool unwind(const CallEvent& event);
  bool resume_by_jump(std::uint32_t target, std::uint32_t sp);
  void suspend(bool by_trap, std::uint32_t pc, std::uint32_t sp);
  void begin_stack(NodeId parent, std::uint32_t pc);

  FunctionMap functions_;
  std::vector<Node> nodes_;
  std::unordered_map<std::uint64_t, NodeId> children_;  ///< parent << 32 | function; looked up only, never iterated
  Stack stack_;
  std::vector<Stack> suspended_;  ///< latest last
  NodeId here_ = root;
  std::uint64_t cycles_ = 0;
  std::uint64_t energy_ = 0;
};

}  // namespace tessera::host
