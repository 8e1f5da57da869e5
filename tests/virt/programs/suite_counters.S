/* SPDX-License-Identifier: Apache-2.0 */
/* A written counter is read as written by the next instruction: the increment of the write itself is suppressed, for
 * either half. (RISC-V privileged specification, hardware performance monitor; QEMU 7.2 counts differently under -icount.) */
#include "suite.inc"

SUITE_BEGIN(MSTATUS_MPP)
  CHECK(2, a0, 0, csrwi minstret, 0; csrr a0, minstret)
  CHECK(3, a0, 0, li t0, -1; csrw minstret, t0; csrw minstreth, t0; nop; csrr a0, minstret)
  CHECK(4, a0, 0, csrr a0, minstreth)
  CHECK(5, a0, 1, csrwi minstreth, 0; li t0, -1; csrw minstret, t0; nop; csrr a0, minstreth)
  CHECK(6, a0, 7, csrwi minstret, 7; csrr a0, instret)
  /* Inhibited counters stand still and can be written. */
  CHECK(7, a0, 9, csrwi mcountinhibit, 4; csrwi minstret, 9; nop; nop; csrr a0, minstret)
  csrwi mcountinhibit, 0
  /* Cycles and time do not go backwards. */
  CHECK(8, a0, 1, csrr a1, cycle; csrr a2, cycle; sltu a0, a1, a2)
  CHECK(9, a0, 0, csrr a1, time; csrr a2, time; sltu a0, a2, a1)
  CHECK(10, a0, 0, csrwi mcycleh, 0; li t0, -16; csrw mcycle, t0; csrr a0, mcycleh)
  CHECK(11, a0, 1, nop; nop; nop; nop; nop; nop; nop; nop; nop; nop; nop; nop; nop; nop; nop; nop; csrr a0, mcycleh)
SUITE_END
