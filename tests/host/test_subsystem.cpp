// SPDX-License-Identifier: Apache-2.0
// The host as a SystemC module: devices, interrupts, exact timer, ends of a run, ledger postings.
#include <gtest/gtest.h>

#include "tests/host/subsystem_bench.h"

namespace tessera::host {
namespace {

using namespace rv;  // NOLINT(google-build-using-namespace): an assembler reads badly with prefixes

void append_exit(Program& p, std::uint32_t status) {
  p.li(t0, 0x0010'0000).li(t1, status).word(sw(t1, t0, 0));
  p.word(jal(zero, 0));
}

TEST(Subsystem, PrintsAndPasses) {
  SubsystemBench bench;
  Program p(0x8000'0000);
  p.li(t0, 0x1000'0000).li(t1, 'T').word(sb(t1, t0, 0));
  append_exit(p, 0x5555);
  bench.load(p).run();
  EXPECT_EQ(bench.output, "T");
  EXPECT_EQ(bench.host.result().kind, RunEnd::finisher_pass);
  EXPECT_TRUE(bench.host.result().passed());
}

TEST(Subsystem, FailureCodeIsReported) {
  SubsystemBench bench;
  Program p(0x8000'0000);
  append_exit(p, 0x002A'3333);
  bench.load(p).run();
  EXPECT_EQ(bench.host.result().kind, RunEnd::finisher_fail);
  EXPECT_EQ(bench.host.result().exit_code, 0x2Au);
  EXPECT_FALSE(bench.host.result().passed());
}

}  // namespace
}  // namespace tessera::host
