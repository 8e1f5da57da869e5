/* SPDX-License-Identifier: Apache-2.0 */
/* Every way into the handler that a program can take by itself: cause, mepc, mtval, and the return. The handler takes the
 * expected cause from s0 and the expected pc from s1, counts in s2, keeps mtval in s3, and goes on at s4. */
#include "suite.inc"

/* The instruction at label `bad` must trap; `number`+0 counts, s3 is checked by the caller. */
#define TRAPS(number, cause, ...)      \
  li s0, cause;                        \
  la s1, 1f;                           \
  la s4, 2f;                           \
  li s11, number;                      \
  li s2, 0;                            \
  1 : __VA_ARGS__;                     \
  j suite_fail;                        \
  2 : li t6, 1;                        \
  bne s2, t6, suite_fail

SUITE_BEGIN(MSTATUS_MPP)
  .option push
  .option norvc
  TRAPS(2, CAUSE_ILLEGAL, .word 0)
  TRAPS(3, CAUSE_ILLEGAL, .word 0xffffffff)
  CHECK(4, s3, 0xffffffff)
  TRAPS(5, CAUSE_BREAKPOINT, ebreak)
  /* Bit 5 of a shift's amount is reserved on RV32: slli, srli, srai with 32. */
  TRAPS(6, CAUSE_ILLEGAL, .word 0x02051513)
  TRAPS(7, CAUSE_ILLEGAL, .word 0x02055513)
  TRAPS(8, CAUSE_ILLEGAL, .word 0x42055513)
  CHECK(9, s3, 0x42055513)
  /* What a hart without these modes and extensions does not know. */
  TRAPS(10, CAUSE_ILLEGAL, sfence.vma)
  TRAPS(11, CAUSE_ILLEGAL, sret)
  TRAPS(12, CAUSE_ILLEGAL, csrr a0, sstatus)
  TRAPS(13, CAUSE_ILLEGAL, csrr a0, satp)
  TRAPS(14, CAUSE_ILLEGAL, .word 0x00b57553) /* fadd.s */
  TRAPS(15, CAUSE_ILLEGAL, .word 0x20a52533) /* sh1add */
  /* A counter that is only to be read. */
  TRAPS(16, CAUSE_ILLEGAL, csrw cycle, zero)
  /* A jump to half a word is no trap on a hart with short instructions, and bit 0 of jalr's target is dropped. */
  li   s11, 17
  li   s0, -1
  la   t0, 1f
  jalr t1, t0, 2
1:
  .option rvc
  c.j  suite_fail_near
  c.j  2f
  .option norvc
suite_fail_near:
  j    suite_fail
2:
  li   s11, 18
  la   t0, 1f
  jalr t1, t0, 1
1:
  j    3f
  j    suite_fail
3:
  .option pop
  j    suite_pass

  .balign 4
  .globl suite_handler
suite_handler:
  csrr t0, mcause
  bne  t0, s0, suite_fail
  csrr t0, mepc
  bne  t0, s1, suite_fail
  csrr s3, mtval
  addi s2, s2, 1
  csrw mepc, s4
  mret
SUITE_END
