/* SPDX-License-Identifier: Apache-2.0 */
/* Start-up: from reset to main, and main's return value to the finisher. */

  .section .tessera.start, "ax", @progbits
  .globl _start
  .type _start, @function
_start:
  csrci mstatus, 8                /* no interrupts yet */
  la    t0, tsr_trap_entry
  csrw  mtvec, t0                 /* direct mode */
  la    t0, __trap_stack_top
  csrw  mscratch, t0
  csrw  mie, zero
  csrr  t0, mhartid
  bnez  t0, park                  /* one hart runs the program */
  .option push
  .option norelax                 /* gp does not hold what relaxation would use it for */
  la    gp, __global_pointer$
  .option pop
  la    tp, __tls_base            /* thread-local variables, such as errno of a C library */
  la    sp, __stack_top

  la    a0, __data_start          /* a program that runs where it was loaded has nothing to copy */
  la    a1, __data_load
  la    a2, __data_end
  beq   a0, a1, clear
  bgeu  a0, a2, clear
copy:
  lw    t0, 0(a1)
  sw    t0, 0(a0)
  addi  a0, a0, 4
  addi  a1, a1, 4
  bltu  a0, a2, copy
clear:
  la    a0, __bss_start
  la    a1, __bss_end
  bgeu  a0, a1, run
zero_loop:
  sw    zero, 0(a0)
  addi  a0, a0, 4
  bltu  a0, a1, zero_loop
run:
  la    s0, __init_array_start
  la    s1, __init_array_end
constructors:
  bgeu  s0, s1, call_main
  lw    t0, 0(s0)
  jalr  t0
  addi  s0, s0, 4
  j     constructors
call_main:
  li    a0, 0
  li    a1, 0
  call  main
  call  tsr_exit                  /* does not return */
park:
  wfi
  j     park
  .size _start, . - _start
