// SPDX-License-Identifier: Apache-2.0
#include "models/host/call_profiler.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "models/host/isa.h"

namespace tessera::host {
namespace {

constexpr std::uint32_t no_sp = 0xFFFF'FFFFu;  ///< of a stack's first frame: nothing lies above it
constexpr std::uint32_t deepest_node = 512;
constexpr std::size_t most_nodes = std::size_t{1} << 16;
constexpr std::size_t most_frames = 4096;
constexpr std::size_t most_suspended = 64;

bool is_link(std::uint32_t reg) {
  return reg == 1 || reg == 5;
}

std::string_view trap_name(std::uint32_t cause) {
  if ((cause & interrupt_flag) != 0) {
    switch (cause & ~interrupt_flag) {
      case 3:
        return "[interrupt: software]";
      case 7:
        return "[interrupt: timer]";
      default:
        return "[interrupt: external]";
    }
  }
  switch (cause) {
    case cause_ecall_m:
      return "[exception: ecall]";
    case cause_breakpoint:
      return "[exception: breakpoint]";
    case cause_illegal:
      return "[exception: illegal instruction]";
    case cause_fetch_access:
      return "[exception: fetch]";
    case cause_load_access:
    case cause_load_misaligned:
      return "[exception: load]";
    default:
      return "[exception: store]";
  }
}

}  // namespace

CallProfiler::CallProfiler(const SymbolTable& symbols, std::uint32_t entry) : functions_(symbols) {
  nodes_.push_back({root, functions_.pseudo("(all)"), 0, 0, 0, 0});
  begin_stack(root, entry);
}

CallProfiler::NodeId CallProfiler::child(NodeId parent, FunctionId function) {
  const std::uint64_t key = std::uint64_t{parent} << 32 | function;
  const auto found = children_.find(key);
  if (found != children_.end()) {
    return found->second;
  }
  const std::uint32_t depth = nodes_[parent].depth + 1;
  const FunctionId deeper = functions_.pseudo("[deeper]");
  const FunctionId more = functions_.pseudo("[more]");
  if (nodes_[parent].function == deeper || nodes_[parent].function == more) {
    return parent;
  }
  if (depth > deepest_node && function != deeper) {
    return child(parent, deeper);
  }
  if (nodes_.size() >= most_nodes && function != more) {
    return child(root, more);
  }
  const auto id = static_cast<NodeId>(nodes_.size());
  nodes_.push_back({parent, function, depth, 0, 0, 0});
  children_.emplace(key, id);
  return id;
}

CallProfiler::NodeId CallProfiler::enter(NodeId parent, FunctionId function) {
  const NodeId node = child(parent, function);
  ++nodes_[node].calls;
  return node;
}

void CallProfiler::push(NodeId parent, std::uint32_t target, std::uint32_t link, std::uint32_t sp) {
  if (stack_.frames.size() >= most_frames) {
    // The oldest go: their nodes stay the ancestors of what is above.
    stack_.frames.erase(stack_.frames.begin(), stack_.frames.begin() + most_frames / 2);
  }
  const FunctionId function = functions_.entry(target);
  here_ = enter(parent, function);
  stack_.frames.push_back({here_, function, link, sp});
}

void CallProfiler::begin_stack(NodeId parent, std::uint32_t pc) {
  stack_ = {};
  push(parent, pc, 0, no_sp);
}

bool CallProfiler::leaves(std::uint32_t from, std::uint32_t to) {
  return functions_.at(from) != functions_.at(to);
}

void CallProfiler::jumps(std::span<const CallEvent> events) {
  for (const CallEvent& event : events) {
    spent(event.cycles, event.energy);
    const FunctionId function = functions_.at(event.source);
    if (function != FunctionMap::unknown && function != stack_.frames.back().function) {
      replace_top(function);  // came here in a way that no jump showed, such as over the end of a function
    }
    const bool links = is_link(event.rd);
    const bool returns = is_link(event.rs1) && event.rs1 != event.rd;
    if (returns) {
      back(event);
    }
    if (links) {
      call(event);
    } else if (!returns) {
      const Frame& top = stack_.frames.back();
      if (event.rs1 != CallEvent::direct && event.target == top.link && event.sp == top.sp) {
        pop(event.target);
      } else {
        jump(event.source, event.target);
      }
    }
  }
}

void CallProfiler::call(const CallEvent& event) {
  push(stack_.frames.back().node, event.target, event.link, event.sp);
}

void CallProfiler::pop(std::uint32_t target) {
  const NodeId above = nodes_[stack_.frames.back().node].parent;
  stack_.frames.pop_back();
  if (!stack_.frames.empty()) {
    here_ = stack_.frames.back().node;
    return;
  }
  // More returns than calls, or the frames were too many to be kept.
  const FunctionId function = functions_.entry(target);
  here_ = nodes_[above].function == function ? above : child(root, function);
  stack_.frames.push_back({here_, function, 0, no_sp});
}

void CallProfiler::back(const CallEvent& event) {
  const Frame& top = stack_.frames.back();
  if (event.target == top.link && event.sp == top.sp) {
    pop(event.target);
  } else if (resume_by_jump(event.target, event.sp)) {
    return;
  } else if (event.target == top.link) {
    pop(event.target);  // a helper that moves sp, such as one that saves registers for its caller
  } else if (!unwind(event)) {
    if (event.sp == top.sp || top.sp == no_sp) {
      jump(event.source, event.target);
    } else {
      // A stack never seen before: a task begins.
      suspend(false, event.source, event.sp);
      begin_stack(root, event.target);
    }
  }
}

bool CallProfiler::unwind(const CallEvent& event) {
  std::vector<Frame>& frames = stack_.frames;
  const FunctionId function = functions_.at(event.target);
  for (std::size_t i = frames.size(); i-- > 0;) {
    if (frames[i].link == event.target && frames[i].sp == event.sp) {
      frames.resize(i + 1);
      pop(event.target);
      return true;
    }
    const bool inside = frames[i].sp >= event.sp && (i + 1 == frames.size() || frames[i + 1].sp <= event.sp);
    if (inside && function != FunctionMap::unknown && frames[i].function == function) {
      frames.resize(i + 1);
      here_ = frames.back().node;
      return true;
    }
  }
  return false;
}

void CallProfiler::jump(std::uint32_t source, std::uint32_t target) {
  const FunctionId from = functions_.at(source);
  const FunctionId to = functions_.at(target);
  if (from != to) {
    replace_top(to == FunctionMap::unknown ? functions_.entry(target) : to);
    ++nodes_[here_].calls;
  }
}

void CallProfiler::replace_top(FunctionId function) {
  Frame& top = stack_.frames.back();
  if (top.function != function) {
    here_ = child(nodes_[top.node].parent, function);
    top.node = here_;
    top.function = function;
  }
}

// --- several stacks --------------------------------------------------------------------------------------------------

void CallProfiler::suspend(bool by_trap, std::uint32_t pc, std::uint32_t sp) {
  if (suspended_.size() >= most_suspended) {
    suspended_.erase(suspended_.begin());
  }
  stack_.by_trap = by_trap;
  stack_.pc = pc;
  stack_.sp = sp;
  suspended_.push_back(std::move(stack_));
}

bool CallProfiler::resume_by_jump(std::uint32_t target, std::uint32_t sp) {
  const auto matches = [target, sp](const Stack& stack) {
    const Frame& top = stack.frames.back();
    return stack.by_trap ? stack.pc == target && stack.sp == sp : top.link == target && top.sp == sp;
  };
  const auto found = std::find_if(suspended_.rbegin(), suspended_.rend(), matches);
  if (found == suspended_.rend()) {
    return false;
  }
  Stack resumed = std::move(*found);
  suspended_.erase(std::next(found).base());
  suspend(false, target, sp);
  stack_ = std::move(resumed);
  if (stack_.by_trap) {
    here_ = stack_.frames.back().node;
  } else {
    pop(target);
  }
  return true;
}

void CallProfiler::trap(std::uint32_t cause, std::uint32_t pc, std::uint32_t sp, std::uint32_t handler) {
  const bool interrupt = (cause & interrupt_flag) != 0;
  const NodeId base = enter(interrupt ? root : here_, functions_.pseudo(trap_name(cause)));
  suspend(true, pc, sp);
  begin_stack(base, handler);
}

void CallProfiler::trap_return(std::uint32_t pc, std::uint32_t sp) {
  const FunctionId function = functions_.at(pc);
  // The nearest match, best kind first.
  const auto quality = [&](const Stack& stack) {
    const Frame& top = stack.frames.back();
    if (!stack.by_trap) {
      return top.link == pc && top.sp == sp ? 4 : 0;
    }
    if (stack.sp != sp) {
      return 0;
    }
    return stack.pc == pc ? 4 : top.function == function && function != FunctionMap::unknown ? 3 : 1;
  };
  auto best = suspended_.rend();
  int best_quality = 0;
  for (auto at = suspended_.rbegin(); at != suspended_.rend(); ++at) {
    const int q = quality(*at);
    if (q > best_quality) {
      best = at;
      best_quality = q;
    }
  }
  if (best == suspended_.rend()) {
    begin_stack(root, pc);
    return;
  }
  Stack resumed = std::move(*best);
  suspended_.erase(std::next(best).base());
  stack_ = std::move(resumed);
  if (!stack_.by_trap) {
    pop(pc);
    return;
  }
  here_ = stack_.frames.back().node;
  if (best_quality == 1) {
    jump(stack_.pc, pc);  // the handler sends the program elsewhere
  }
}

void CallProfiler::slept(std::uint64_t cycles) {
  const NodeId wfi = wfi_here();
  if (cycles > cycles_) {
    nodes_[wfi].cycles += cycles - cycles_;
    ++nodes_[wfi].calls;
    cycles_ = cycles;
  }
}

}  // namespace tessera::host
