/* SPDX-License-Identifier: Apache-2.0 */
/* Trap entry of the kernel. A task's registers are saved on its own stack; handlers run on an interrupt stack, and a
 * handler that is interrupted keeps its frame there. The outermost handler may leave with another task. */
  .equ FRAME, 128

  .macro save_all
  sw x1, 4(sp)
  sw x3, 12(sp)
  sw x4, 16(sp)
  sw x5, 20(sp)
  sw x6, 24(sp)
  sw x7, 28(sp)
  sw x8, 32(sp)
  sw x9, 36(sp)
  sw x10, 40(sp)
  sw x11, 44(sp)
  sw x12, 48(sp)
  sw x13, 52(sp)
  sw x14, 56(sp)
  sw x15, 60(sp)
  sw x16, 64(sp)
  sw x17, 68(sp)
  sw x18, 72(sp)
  sw x19, 76(sp)
  sw x20, 80(sp)
  sw x21, 84(sp)
  sw x22, 88(sp)
  sw x23, 92(sp)
  sw x24, 96(sp)
  sw x25, 100(sp)
  sw x26, 104(sp)
  sw x27, 108(sp)
  sw x28, 112(sp)
  sw x29, 116(sp)
  sw x30, 120(sp)
  sw x31, 124(sp)
  csrr t0, mepc
  sw t0, 0(sp)
  csrr t0, mstatus
  sw t0, 8(sp)
  .endm

  .text
  /* Vectored mode: an interrupt enters at 4 x its number, an exception at the base. Nothing else may come. */
  .globl trap_table
  .balign 256
  .option push
  .option norvc
trap_table:
  j    trap_entry             /* exceptions: ecall */
  j    trap_stray
  j    trap_stray
  j    trap_entry             /* software */
  j    trap_stray
  j    trap_stray
  j    trap_stray
  j    trap_entry             /* timer */
  j    trap_stray
  j    trap_stray
  j    trap_stray
  j    trap_entry             /* external */
  .option pop
trap_stray:
  li   a0, 4
  call virt_exit

  .globl trap_entry
  .balign 4
trap_entry:
  addi sp, sp, -FRAME
  save_all
  la   t0, depth
  lw   t1, 0(t0)
  addi t2, t1, 1
  sw   t2, 0(t0)
  mv   s0, sp                 /* the frame; s0 survives the call */
  mv   s1, t1
  bnez t1, 1f
  la   t0, current
  lw   t0, 0(t0)
  sw   sp, 0(t0)              /* task->sp */
  la   sp, interrupt_stack_top
1:
  csrr a0, mcause
  mv   a1, s0
  call kernel_trap
  csrci mstatus, 8            /* a handler may have let interrupts through */
  la   t0, depth
  sw   s1, 0(t0)
  mv   sp, s0
  bnez s1, restore
  call kernel_choose          /* outermost: who runs now? on the task's own stack, interrupts off */
  .globl restore_current
restore_current:
  la   t0, current
  lw   t0, 0(t0)
  lw   sp, 0(t0)
restore:
  lw t0, 0(sp)
  csrw mepc, t0
  lw t0, 8(sp)
  csrw mstatus, t0
  lw x1, 4(sp)
  lw x3, 12(sp)
  lw x4, 16(sp)
  lw x5, 20(sp)
  lw x6, 24(sp)
  lw x7, 28(sp)
  lw x8, 32(sp)
  lw x9, 36(sp)
  lw x10, 40(sp)
  lw x11, 44(sp)
  lw x12, 48(sp)
  lw x13, 52(sp)
  lw x14, 56(sp)
  lw x15, 60(sp)
  lw x16, 64(sp)
  lw x17, 68(sp)
  lw x18, 72(sp)
  lw x19, 76(sp)
  lw x20, 80(sp)
  lw x21, 84(sp)
  lw x22, 88(sp)
  lw x23, 92(sp)
  lw x24, 96(sp)
  lw x25, 100(sp)
  lw x26, 104(sp)
  lw x27, 108(sp)
  lw x28, 112(sp)
  lw x29, 116(sp)
  lw x30, 120(sp)
  lw x31, 124(sp)
  addi sp, sp, FRAME
  mret

  .bss
  .balign 16
  .space 8192
interrupt_stack_top:
  .section .sbss, "aw", @nobits
  .globl depth
  .balign 4
depth:
  .space 4
