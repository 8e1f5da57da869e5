/* SPDX-License-Identifier: Apache-2.0 */
/* Results in a signature, as architecture tests leave them: words between begin_signature and end_signature. */
#include "suite.inc"

SUITE_BEGIN(MSTATUS_MPP)
  la   s1, begin_signature
  li   a0, 0x01234567
  sw   a0, 0(s1)
  li   a1, -3
  li   a2, 7
  mulh a0, a1, a2
  sw   a0, 4(s1)
  div  a0, a2, zero
  sw   a0, 8(s1)
  sb   a2, 13(s1)
  j    suite_pass
SUITE_END
  .globl begin_signature
begin_signature:
  .word 0xdeadbeef, 0xdeadbeef, 0xdeadbeef, 0xdeadbeef, 0xdeadbeef
  .globl end_signature
end_signature:
