/* SPDX-License-Identifier: Apache-2.0 */
/* Trap vector. mscratch holds the stack that the next trap uses: the trap stack normally, and while a handler runs the
   fatal stack, so that a fault in a handler, or with a ruined sp, still finds memory for its report. */

  .equ FRAME, 80                  /* tsr_trap_frame, rounded up to 16 bytes */

  .section .text.tsr_trap_entry, "ax", @progbits
  .globl tsr_trap_entry
  .type tsr_trap_entry, @function
  .balign 4
  .cfi_sections .debug_frame
tsr_trap_entry:
  .cfi_startproc
  .cfi_signal_frame               /* a debugger's backtrace goes on in what was interrupted, */
  .cfi_return_column 64           /* at mepc, for which RISC-V has an alternate return column */
  csrrw sp, mscratch, sp
  addi  sp, sp, -FRAME
  sw    ra, 0(sp)
  sw    t0, 8(sp)
  sw    t1, 12(sp)
  sw    t2, 16(sp)
  sw    t3, 20(sp)
  sw    t4, 24(sp)
  sw    t5, 28(sp)
  sw    t6, 32(sp)
  sw    a0, 36(sp)
  sw    a1, 40(sp)
  sw    a2, 44(sp)
  sw    a3, 48(sp)
  sw    a4, 52(sp)
  sw    a5, 56(sp)
  sw    a6, 60(sp)
  sw    a7, 64(sp)
  la    t1, __fatal_stack_top
  csrrw t0, mscratch, t1
  sw    t0, 4(sp)                 /* the interrupted sp */
  csrr  t0, mepc
  sw    t0, 68(sp)
  .cfi_def_cfa sp, FRAME
  .cfi_offset 64, 68 - FRAME
  .cfi_offset sp, 4 - FRAME
  .cfi_offset ra, 0 - FRAME
  .cfi_offset t0, 8 - FRAME
  .cfi_offset t1, 12 - FRAME
  .cfi_offset t2, 16 - FRAME
  .cfi_offset t3, 20 - FRAME
  .cfi_offset t4, 24 - FRAME
  .cfi_offset t5, 28 - FRAME
  .cfi_offset t6, 32 - FRAME
  .cfi_offset a0, 36 - FRAME
  .cfi_offset a1, 40 - FRAME
  .cfi_offset a2, 44 - FRAME
  .cfi_offset a3, 48 - FRAME
  .cfi_offset a4, 52 - FRAME
  .cfi_offset a5, 56 - FRAME
  .cfi_offset a6, 60 - FRAME
  .cfi_offset a7, 64 - FRAME
  mv    a0, sp
  csrr  a1, mcause
  csrr  a2, mtval
  call  tsr_trap_handle
  lw    t0, 68(sp)
  csrw  mepc, t0
  lw    ra, 0(sp)
  lw    t1, 12(sp)
  lw    t2, 16(sp)
  lw    t3, 20(sp)
  lw    t4, 24(sp)
  lw    t5, 28(sp)
  lw    t6, 32(sp)
  lw    a0, 36(sp)
  lw    a1, 40(sp)
  lw    a2, 44(sp)
  lw    a3, 48(sp)
  lw    a4, 52(sp)
  lw    a5, 56(sp)
  lw    a6, 60(sp)
  lw    a7, 64(sp)
  addi  t0, sp, FRAME
  csrw  mscratch, t0
  lw    t0, 8(sp)
  lw    sp, 4(sp)
  mret
  .cfi_endproc
  .size tsr_trap_entry, . - tsr_trap_entry
