// SPDX-License-Identifier: Apache-2.0
// Fuzzing of the debugger's protocol: packet layer, stub and debug port on a real core with memory that runs a program.
//
// Input: a byte that says what the run looks like, then what the client sends. Byte 0xFE among it (which no protocol
// text holds unescaped) lets the program run for a while. Whatever comes, the run must go on: after the client has
// gone, the program must still reach its end.
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "tests/host/stub_bench.h"

namespace {

using namespace tessera::host;      // NOLINT(google-build-using-namespace)
using namespace tessera::host::rv;  // NOLINT(google-build-using-namespace)

constexpr std::uint32_t base = 0x8000'0000;
constexpr std::uint8_t run_mark = 0xFE;
constexpr std::uint64_t slice = 300;

void require(bool good) {
  if (!good) {
    std::abort();
  }
}

/// Memory of both kinds, calls, atomics, an exception now and then, a handler.
Program busy() {
  Program p(base);
  p.li(sp, base + 0x8000).li(s0, base + 0x800).li(s1, RecordingPort::base);
  p.words(addi(a0, a0, 3), sw(a0, s0, 0), lw(a1, s0, 0), sw(a1, s1, 4), lhu(a2, s1, 6), amo(0, a3, s0, a1));
  p.words(amo(2, a3, s0, 0), amo(3, a4, s0, a1), csrrs(a5, csr::mcycle, 0), jal(ra, 12), wfi, jal(0, -44));
  p.half(c_nop).half(c_nop).word(ebreak).word(jalr(0, ra, 0));
  return p;
}

Program handler() {
  Program p(base + 0x400);
  p.words(csrrs(t0, csr::mepc, 0), addi(t0, t0, 4), csrrw(0, csr::mepc, t0), addi(s1, s1, 0), mret);
  return p;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  CpuParameters parameters;
  parameters.memory_B = 64u << 10;
  static const std::string description(9'000, 'x');  // making the real one takes longer than all the rest
  StubBench bench(parameters, description);
  bench.load(busy());
  const Program trap = handler();
  bench.core.write_memory(trap.base(), trap.bytes());
  bench.core.write_csr(csr::mtvec, trap.base());
  bench.core.write_csr(csr::mie, mip_mtip);
  bench.core.write_csr(csr::mstatus, CsrFile::mstatus_mie);
  bench.quantum = 1 + data[0] % 64;
  int naps = 0;
  bench.on_sleep = [&] { bench.core.set_interrupt_line(mip_mtip, (++naps & 1) != 0); };
  bench.stub.monitor = [](std::string_view command) { return std::string(command); };

  std::size_t begin = 1;
  for (std::size_t i = 1; i <= size; ++i) {
    if (i < size && data[i] != run_mark) {
      continue;
    }
    bench.stub.receive({data + begin, i - begin});
    begin = i + 1;
    bench.run(slice);
    const std::string wire = bench.stub.take_output();
    // Whatever the client did, what it gets are well-formed packets and acknowledgements.
    RspReader reader(1u << 20);
    for (const char c : wire) {
      const RspReader::Event event = reader.take(static_cast<std::uint8_t>(c));
      require(event != RspReader::Event::damaged && event != RspReader::Event::noise &&
              event != RspReader::Event::too_long);
    }
    if (bench.stub.intruder()) {
      bench.stub.disconnected();
    }
    bench.killed = false;
  }

  bench.stub.disconnected();
  require(bench.stub.state() == GdbStub::State::detached);
  require(!bench.debug.attached());
  // No breakpoint and no watchpoint is left behind: nothing but the limit, or what the program does itself, stops it.
  for (int i = 0; i < 20; ++i) {
    const Stop stop = bench.debug.run(bench.core.cycles() + slice, true);
    require(stop != Stop::breakpoint && stop != Stop::watchpoint && stop != Stop::caught && stop != Stop::stepped);
    if (stop == Stop::wfi) {
      bench.core.stall_until(bench.core.cycles() + 10);
    }
  }
  return 0;
}
