/* SPDX-License-Identifier: Apache-2.0 */
/* The environment that public instruction-set suites give their tests, in a form of our own: probes of state that a hart
 * may lack (each trap goes on behind the probe), a return from a trap into the mode that the test asks for, an end by
 * ecall, and a handler that turns it into `tohost`. s11 holds the number of the check under way: the code of a failure. */
#ifndef SUITE_H
#define SUITE_H

#define CAUSE_ILLEGAL 2
#define CAUSE_BREAKPOINT 3
#define CAUSE_USER_ECALL 8
#define CAUSE_SUPERVISOR_ECALL 9
#define CAUSE_MACHINE_ECALL 11
#define MSTATUS_MIE 0x8
#define MSTATUS_MPP 0x1800

/* Tries one or more CSR accesses; the first one that traps ends the attempt. */
#define SUITE_PROBE(...) \
  la t0, 1f;             \
  csrw mtvec, t0;        \
  __VA_ARGS__;           \
  .balign 4;             \
  1:

/* `mode`: MSTATUS_MPP for machine mode, 0 for user mode where there is one. */
#define SUITE_BEGIN(mode)                                          \
  .section .virt.start, "ax", @progbits;                           \
  .balign 64;                                                      \
  .globl _start;                                                   \
  _start:                                                          \
  j suite_reset;                                                   \
  .balign 4;                                                       \
  suite_trap:                                                      \
  csrr t5, mcause;                                                 \
  li t6, CAUSE_USER_ECALL;                                         \
  beq t5, t6, suite_end;                                           \
  li t6, CAUSE_SUPERVISOR_ECALL;                                   \
  beq t5, t6, suite_end;                                           \
  li t6, CAUSE_MACHINE_ECALL;                                      \
  beq t5, t6, suite_end;                                           \
  .weak suite_handler;                                             \
  la t5, suite_handler;                                            \
  beqz t5, 1f;                                                     \
  jr t5;                                                           \
  1 : slli s11, s11, 1;                                            \
  ori s11, s11, 0x401; /* unexpected trap: the check's number with 512 added */ \
  suite_end:                                                       \
  la t5, tohost;                                                   \
  sw s11, 0(t5);                                                   \
  sw zero, 4(t5);                                                  \
  j suite_end;                                                     \
  suite_reset:                                                     \
  csrr a0, mhartid;                                                \
  1 : bnez a0, 1b;                                                 \
  SUITE_PROBE(csrwi 0x744, 8);            /* mnstatus */           \
  SUITE_PROBE(csrwi satp, 0);                                      \
  SUITE_PROBE(li t1, 0x7fffffff; csrw pmpaddr0, t1; csrwi pmpcfg0, 31); \
  csrwi mie, 0;                                                    \
  SUITE_PROBE(csrwi medeleg, 0; csrwi mideleg, 0);                 \
  li s11, 0;                                                       \
  la t0, suite_trap;                                               \
  csrw mtvec, t0;                                                  \
  csrwi mstatus, 0;                                                \
  li a0, mode;                                                     \
  csrs mstatus, a0;                                                \
  la t0, 1f;                                                       \
  csrw mepc, t0;                                                   \
  mret;                                                            \
  .text;                                                           \
  .balign 4;                                                       \
  1:

/* Runs the instructions, then demands a value in a register. t6 is the harness's own. */
#define CHECK(number, register, expected, ...) \
  li s11, number;                              \
  __VA_ARGS__;                                 \
  li t6, expected;                             \
  bne register, t6, suite_fail

#define SUITE_END \
  suite_pass:     \
  fence;          \
  li s11, 1;      \
  ecall;          \
  suite_fail:     \
  fence;          \
  slli s11, s11, 1; \
  ori s11, s11, 1;  \
  ecall;            \
  unimp;            \
  .section .tohost, "aw", @progbits; \
  .balign 64;       \
  .globl tohost;    \
  .size tohost, 8;  \
  tohost:           \
  .dword 0;         \
  .balign 64;       \
  .globl fromhost;  \
  .size fromhost, 8; \
  fromhost:         \
  .dword 0;         \
  .data;            \
  .balign 16

#endif
