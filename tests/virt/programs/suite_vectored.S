/* SPDX-License-Identifier: Apache-2.0 */
/* Vectored mtvec: an interrupt enters at base + 4 x cause, an exception at the base; of several interrupts the external
 * one comes first, then the software, then the timer interrupt. The order of arrival is left in s5, a digit each. */
#include "suite.inc"

#define CLINT 0x02000000

SUITE_BEGIN(MSTATUS_MPP)
  la   s1, table
  ori  s1, s1, 1
  csrw mtvec, s1
  /* Software and timer pending together. */
  li   s11, 2
  li   s5, 0
  li   s6, CLINT
  li   t0, 1
  sw   t0, 0(s6)              /* msip */
  li   s7, CLINT + 0x4000     /* mtimecmp in the past */
  sw   zero, 0(s7)
  sw   zero, 4(s7)
  li   t0, 0x888
  csrw mie, t0
  csrsi mstatus, MSTATUS_MIE
  nop
  csrci mstatus, MSTATUS_MIE
  CHECK(3, s5, 0x37)
  /* An exception goes to the base though the mode is vectored. */
  li   s11, 4
  li   s5, 0
  ebreak
  CHECK(5, s5, 0xb)
  la   t0, suite_trap
  csrw mtvec, t0
  j    suite_pass

  .balign 256
  .option push
  .option norvc
table:
  j    synchronous
  j    suite_fail
  j    suite_fail
  j    software
  j    suite_fail
  j    suite_fail
  j    suite_fail
  j    timer
  j    suite_fail
  j    suite_fail
  j    suite_fail
  j    suite_fail
  .option pop
software:
  sw   zero, 0(s6)
  slli s5, s5, 4
  ori  s5, s5, 3
  mret
timer:
  li   t0, -1
  sw   t0, 4(s7)
  slli s5, s5, 4
  ori  s5, s5, 7
  mret
synchronous:
  csrr t0, mcause
  li   t1, CAUSE_BREAKPOINT
  beq  t0, t1, 1f
  j    suite_trap
1:
  slli s5, s5, 4
  ori  s5, s5, 0xb
  csrr t0, mepc
  lhu  t1, 0(t0)
  andi t1, t1, 3
  addi t2, t0, 2
  li   t3, 3
  bne  t1, t3, 1f
  addi t2, t0, 4
1:
  csrw mepc, t2
  mret
SUITE_END
