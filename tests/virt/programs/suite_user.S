/* SPDX-License-Identifier: Apache-2.0 */
/* A test that asks for user mode: a hart without one stays in machine mode, and the end by ecall is the same. NUMBER 0
 * passes; another one is the check that fails. */
#include "suite.inc"

SUITE_BEGIN(0)
  CHECK(2, a0, 0x80000000, li a1, 0x7fffffff; addi a0, a1, 1)
  CHECK(3, a0, -6, li a1, 2; li a2, -3; mul a0, a1, a2)
  /* In user mode this would trap; in machine mode the previous mode reads as machine mode, the only one. */
  CHECK(4, a0, MSTATUS_MPP, csrr a0, mstatus; li a1, MSTATUS_MPP; and a0, a0, a1)
#if NUMBER
  CHECK(NUMBER, a0, 1, li a0, 2)
#endif
SUITE_END
