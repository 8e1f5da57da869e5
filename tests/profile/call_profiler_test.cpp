// SPDX-License-Identifier: Apache-2.0
// Call stacks from jumps: calls, tail calls, interrupts, longjmp, tasks with stacks of their own. Whatever the program
// does, the sums over all nodes are what the core spent.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "models/host/call_profiler.h"
#include "tests/host/core_bench.h"

namespace tessera::host {
namespace {

using namespace rv;  // NOLINT(google-build-using-namespace)

constexpr std::uint32_t base = 0x8000'0000;

/// Functions of 256 bytes, one letter each: a at base, b at base + 0x100, ...
std::uint32_t at(char function) {
  return base + 0x100u * static_cast<std::uint32_t>(function - 'a');
}

SymbolTable letters(char last) {
  std::vector<Symbol> symbols;
  for (char c = 'a'; c <= last; ++c) {
    symbols.push_back({at(c), 0x100, std::string(1, c), true});
  }
  return SymbolTable(std::move(symbols));
}

struct Profiled {
  explicit Profiled(SymbolTable symbols = letters('h')) : profiler(symbols, base) {}
  Profiled& put(std::uint32_t address, std::initializer_list<std::uint32_t> instructions) {
    Program p(address);
    for (const std::uint32_t bits : instructions) {
      p.word(bits);
    }
    bench.core.write_memory(address, p.bytes());
    return *this;
  }
  /// Runs from `base` to the jump to itself that every program here ends with.
  Profiled& run(std::uint64_t most = 100'000) {
    bench.core.set_pc(base);
    bench.core.tell_calls(&profiler);
    Stop stop = Stop::none;
    while (stop != Stop::endless_loop && stop != Stop::spin && bench.core.cycles() < most) {
      stop = bench.core.run(bench.core.cycles() + 50, true);
    }
    bench.core.report_calls();
    return *this;
  }
  /// "a;b;c" -> own instructions' cycles, where there are any.
  [[nodiscard]] std::map<std::string, std::uint64_t> cycles() const {
    std::map<std::string, std::uint64_t> by_path;
    for (std::uint32_t id = 1; id < profiler.nodes().size(); ++id) {
      if (profiler.nodes()[id].cycles != 0) {
        by_path[path(id)] += profiler.nodes()[id].cycles;
      }
    }
    return by_path;
  }
  [[nodiscard]] std::string path(std::uint32_t id) const {
    const auto& node = profiler.nodes()[id];
    const std::string own = profiler.functions().name(node.function);
    return node.parent == CallProfiler::root ? own : path(node.parent) + ";" + own;
  }
  [[nodiscard]] std::uint64_t calls(const std::string& wanted) const {
    std::uint64_t sum = 0;
    for (std::uint32_t id = 1; id < profiler.nodes().size(); ++id) {
      sum += path(id) == wanted ? profiler.nodes()[id].calls : 0;
    }
    return sum;
  }
  void expect_exact() {
    std::uint64_t all_cycles = 0;
    CallProfiler::Wide energy = 0;
    for (const auto& node : profiler.nodes()) {
      all_cycles += node.cycles;
      energy += node.energy;
    }
    EXPECT_EQ(all_cycles, bench.core.cycles());
    EXPECT_EQ(static_cast<std::uint64_t>(energy), bench.core.take_energy());
  }

  Bench bench;
  CallProfiler profiler;
};

std::int32_t to(std::uint32_t from, std::uint32_t target) {
  return static_cast<std::int32_t>(target - from);
}

using Paths = std::map<std::string, std::uint64_t>;
constexpr std::uint32_t here = 0x6F;  // jal x0, 0

TEST(CallProfiler, CallsAndReturns) {
  Profiled p;
  p.put(at('a'), {nop, jal(ra, to(at('a') + 4, at('b'))), nop, jal(ra, to(at('a') + 12, at('b'))), here});
  p.put(at('b'), {addi(s0, ra, 0), jal(ra, to(at('b') + 4, at('c'))), jalr(0, s0, 0)});
  p.put(at('c'), {op(1, 0, a0, a0, a0), jalr(0, ra, 0)});
  p.run().expect_exact();
  // a: two nops and two calls; b, twice: move, call, return (through s0: found by address and sp); c: mul, return
  EXPECT_EQ(p.cycles(), (Paths{{"a", 2 + 4}, {"a;b", 2 * (1 + 2 + 2)}, {"a;b;c", 2 * (3 + 2)}}));
  EXPECT_EQ(p.calls("a;b"), 2u);
  EXPECT_EQ(p.calls("a;b;c"), 2u);
}

TEST(CallProfiler, ATailCallReplacesItsCaller) {
  Profiled p;
  p.put(at('a'), {jal(ra, to(at('a'), at('b'))), nop, here});
  p.put(at('b'), {nop, jal(0, to(at('b') + 4, at('c')))});
  p.put(at('c'), {auipc(t1, 0), jalr(0, t1, 0x100)});  // to d through a register
  p.put(at('d'), {nop, beq(0, 0, to(at('d') + 4, at('e')))});
  p.put(at('e'), {jalr(0, ra, 0)});
  p.run().expect_exact();
  EXPECT_EQ(p.cycles(), (Paths{{"a", 2 + 1}, {"a;b", 1 + 2}, {"a;c", 1 + 2}, {"a;d", 1 + 3}, {"a;e", 2}}));
}

TEST(CallProfiler, FallingIntoTheNextFunctionIsSeen) {
  Profiled p;
  p.put(at('a'), {jal(ra, to(at('a'), at('c') - 8)), here});
  p.put(at('c') - 8, {nop, nop});
  p.put(at('c'), {nop, jalr(0, ra, 0)});
  p.run().expect_exact();
  EXPECT_EQ(p.cycles(), (Paths{{"a", 2}, {"a;b", 2}, {"a;c", 1 + 2}}));
}

TEST(CallProfiler, LoopsAndSwitchTablesStayInside) {
  Profiled p;
  p.put(at('a'), {addi(a0, 0, 5), addi(a0, a0, -1), bne(a0, 0, -4), auipc(t1, 0), jalr(0, t1, 12), nop, here});
  p.run().expect_exact();
  EXPECT_EQ(p.cycles(), (Paths{{"a", 1 + 5 + 4 * 3 + 1 + 1 + 2}}));
  EXPECT_EQ(p.calls("a"), 1u);
}

TEST(CallProfiler, RecursionReturnsOneLevelAtATime) {
  Profiled p;
  // b(n): if (n != 0) b(n - 1)
  p.put(at('a'), {lui(sp, 0x80008), addi(a0, 0, 3), jal(ra, to(at('a') + 8, at('b'))), here});
  p.put(at('b'), {beq(a0, 0, 28), addi(sp, sp, -16), sw(ra, sp, 0), addi(a0, a0, -1),
                  jal(ra, to(at('b') + 16, at('b'))), lw(ra, sp, 0), addi(sp, sp, 16), jalr(0, ra, 0)});
  p.run().expect_exact();
  const std::uint64_t level = 1 + 1 + 2 + 1 + 2 + 2 + 1 + 2;
  EXPECT_EQ(p.cycles(), (Paths{{"a", 4}, {"a;b", level}, {"a;b;b", level}, {"a;b;b;b", level}, {"a;b;b;b;b", 3 + 2}}));
}

TEST(CallProfiler, EndlessRecursionIsBounded) {
  Profiled p;
  p.put(at('a'), {jal(ra, to(at('a'), at('a')))});
  p.run(100'000).expect_exact();
  EXPECT_LT(p.profiler.nodes().size(), 600u);
}

TEST(CallProfiler, InterruptsAreRootsAndExceptionsBelongToTheirCode) {
  Profiled p;
  p.put(at('a'), {jal(ra, to(at('a'), at('b'))), nop, here});
  p.put(at('b'), {ecall, nop, nop, jalr(0, ra, 0)});
  // The handler calls d, which skips the ecall; interrupts leave mepc alone.
  p.put(at('c'), {csrrw(sp, csr::mscratch, sp), addi(sp, sp, -16), sw(ra, sp, 0), jal(ra, to(at('c') + 12, at('d'))),
                  lw(ra, sp, 0), addi(sp, sp, 16), csrrw(sp, csr::mscratch, sp), mret});
  p.put(at('d'), {csrrs(t0, csr::mcause, 0), b_type(16, 0, t0, 4), csrrs(t0, csr::mepc, 0), addi(t0, t0, 4),
                  csrrw(0, csr::mepc, t0), csrrci(0, csr::mie, 0), csrrw(0, csr::mie, 0), jalr(0, ra, 0)});
  p.bench.core.set_x(sp, base + 0x8000);
  p.bench.core.write_csr(csr::mscratch, base + 0x9000);
  p.bench.core.write_csr(csr::mtvec, at('c'));
  p.run().expect_exact();
  const auto before = p.cycles();
  EXPECT_EQ(before.count("a;b;[exception: ecall];c"), 1u);
  EXPECT_EQ(before.count("a;b;[exception: ecall];c;d"), 1u);
  EXPECT_EQ(before.at("a;b"), 1u + 2 + 2) << "ecall, two nops, return";

  // Now an interrupt in the same place.
  Profiled q;
  q.put(at('a'), {jal(ra, to(at('a'), at('b'))), nop, here});
  q.put(at('b'), {csrrsi(0, csr::mstatus, 8), nop, jalr(0, ra, 0)});
  q.put(at('c'), {jal(t2, 4), csrrw(0, csr::mie, 0), mret});
  q.bench.core.set_x(sp, base + 0x8000);
  q.bench.core.write_csr(csr::mtvec, at('c'));
  q.bench.core.write_csr(csr::mie, mip_mtip);
  q.bench.core.set_interrupt_line(mip_mtip, true);
  q.run().expect_exact();
  const auto after = q.cycles();
  EXPECT_EQ(after.at("a;b"), 1u + 1 + 2);
  EXPECT_EQ(after.at("[interrupt: timer];c"), 12u + 2 + 1 + 2) << "the latency is the handler's";
  EXPECT_EQ(q.calls("[interrupt: timer]"), 1u);
  EXPECT_EQ(after.at("a"), 2u + 1);
}

TEST(CallProfiler, LongjmpDropsTheFramesBelow) {
  Profiled p;
  // a calls b (setjmp: keeps ra and sp); a calls c, c calls d, d jumps back behind a's call of b with a's sp.
  p.put(at('a'), {lui(sp, 0x80008), addi(a1, 0, 0), jal(ra, to(at('a') + 8, at('b'))), bne(a1, 0, 12), addi(a1, 0, 1),
                  jal(ra, to(at('a') + 20, at('c'))), nop, here});
  p.put(at('b'), {addi(s0, ra, 0), addi(s1, sp, 0), jalr(0, ra, 0)});
  p.put(at('c'), {addi(sp, sp, -32), jal(ra, to(at('c') + 4, at('d')))});
  p.put(at('d'), {addi(sp, sp, -32), addi(ra, s0, 0), addi(sp, s1, 0), jalr(0, ra, 0)});
  p.run().expect_exact();
  const auto cycles = p.cycles();
  EXPECT_EQ(cycles.count("a;c;d"), 1u);
  EXPECT_EQ(cycles.at("a"), 1u + 1 + 2 + 1 + 1 + 2 + 3 + 1) << "all of a's instructions are a's";
  EXPECT_EQ(cycles.size(), 4u) << "nothing ends up elsewhere";
}

TEST(CallProfiler, TasksKeepTheirOwnStacks) {
  Profiled p;
  // e(from = a0, to = a1): switches stacks: stores ra and sp at a0, loads them from a1, returns. a starts task c on a
  // stack of its own by switching to it; c and a then yield to each other through b and d.
  const std::uint32_t save_a = 0x80004;
  p.put(at('a'), {lui(sp, 0x80008), lui(s0, save_a), addi(s1, s0, 16), lui(t1, 0x8000C), sw(t1, s1, 4), auipc(t1, 0),
                  addi(t1, t1, to(at('a') + 20, at('c'))), sw(t1, s1, 0), jal(ra, to(at('a') + 32, at('b'))),
                  jal(ra, to(at('a') + 36, at('b'))), nop, here});
  p.put(at('b'), {addi(sp, sp, -16), sw(ra, sp, 0), addi(a0, s0, 0), addi(a1, s1, 0),
                  jal(ra, to(at('b') + 16, at('e'))), lw(ra, sp, 0), addi(sp, sp, 16), jalr(0, ra, 0)});
  p.put(at('c'), {nop, nop, jal(ra, to(at('c') + 8, at('d'))), jal(ra, to(at('c') + 12, at('d'))), here});
  p.put(at('d'), {addi(sp, sp, -16), sw(ra, sp, 0), addi(a0, s1, 0), addi(a1, s0, 0),
                  jal(ra, to(at('d') + 16, at('e'))), lw(ra, sp, 0), addi(sp, sp, 16), jalr(0, ra, 0)});
  p.put(at('e'), {sw(ra, a0, 0), sw(sp, a0, 4), lw(ra, a1, 0), lw(sp, a1, 4), jalr(0, ra, 0)});
  p.run().expect_exact();
  const std::uint64_t yield = 1 + 2 + 1 + 1 + 2 + 2 + 1 + 2;
  const std::uint64_t swap = 2 + 2 + 2 + 2 + 2;
  EXPECT_EQ(p.cycles(), (Paths{{"a", 4 + 2 + 1 + 1 + 2 + 2 + 2 + 1},
                               {"a;b", 2 * yield},
                               {"a;b;e", 2 * swap},
                               {"c", 2 + 2 + 2},
                               {"c;d", 2 * yield - 1 - 2 - 2},  // the last one never comes back
                               {"c;d;e", 2 * swap}}));
}

TEST(CallProfiler, CodeWithoutSymbolsIsNamedByWhereItIsCalled) {
  Profiled p(SymbolTable{});
  p.put(at('a'), {jal(ra, to(at('a'), at('b'))), here});
  p.put(at('b'), {nop, jal(0, 8), nop, jalr(0, ra, 0)});
  p.run().expect_exact();
  EXPECT_EQ(p.cycles(), (Paths{{"[0x80000000]", 2}, {"[0x80000000];[0x80000100]", 1 + 2 + 2}}));
}

TEST(CallProfiler, ColdPartsAndLabelsBelongToTheirFunctions) {
  FunctionMap map(SymbolTable({{0x100, 0x20, "f", true},
                               {0x120, 0x10, "f.cold", true},
                               {0x110, 0, "inner", false, true},
                               {0x140, 0, "start", false, true},
                               {0x148, 0, "loop", false, false},
                               {0x160, 0x10, "g", true}}));
  EXPECT_EQ(map.name(map.at(0x100)), "f");
  EXPECT_EQ(map.at(0x124), map.at(0x100));
  EXPECT_EQ(map.at(0x114), map.at(0x100));
  EXPECT_EQ(map.at(0x130), FunctionMap::unknown);
  EXPECT_EQ(map.name(map.at(0x14C)), "start") << "a local label is no function";
  EXPECT_EQ(map.name(map.at(0x15C)), "start");
  EXPECT_EQ(map.name(map.at(0x160)), "g");
  EXPECT_EQ(map.at(0x170), FunctionMap::unknown);
}

/// Random jumps all over, links in odd registers, traps, moving stack pointers: nothing is lost, nothing grows.
TEST(CallProfiler, SumsAreExactForRandomCode) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const auto pick = [&random](std::uint32_t below) {
      return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(random);
    };
    Profiled p;
    for (std::uint32_t address = base; address < base + 0x800; address += 4) {
      const std::uint32_t target = base + 4 * pick(0x200);
      const std::uint32_t link = std::array<std::uint32_t, 4>{0, ra, t0, t2}[pick(4)];
      std::uint32_t bits = addi(a0, a0, 1);
      switch (pick(8)) {
        case 0:
          bits = target == address ? nop : jal(link, to(address, target));
          break;
        case 1:
          bits = jalr(link, std::array<std::uint32_t, 3>{ra, t0, s0}[pick(3)], 0);
          break;
        case 2:
          bits = b_type(to(address, target), a1, a0, 4 + pick(4));
          break;
        case 3:
          bits = std::array<std::uint32_t, 4>{ecall, mret, ebreak, 0xFFFF'FFFF}[pick(4)];
          break;
        case 4:
          bits = addi(sp, sp, 16 * static_cast<std::int32_t>(pick(9)) - 64);
          break;
        default:
          break;
      }
      p.put(address, {bits});
    }
    for (const std::uint32_t r : {ra, t0, s0}) {
      p.bench.core.set_x(r, base + 4 * pick(0x200));
    }
    p.bench.core.write_csr(csr::mepc, base + 4 * pick(0x200));
    p.bench.core.write_csr(csr::mtvec, base + 0x80);
    p.bench.core.set_x(sp, base + 0x8000);
    p.run(20'000).expect_exact();
    EXPECT_LE(p.profiler.nodes().size(), std::size_t{1} << 16);
  }
}

}  // namespace
}  // namespace tessera::host
