# SPDX-License-Identifier: Apache-2.0
# Smallest start-up for the benchmark programs: stack, zeroed .bss, main, verdict.
    .section .text.entry, "ax"
    .globl _start
_start:
    la sp, __stack_top
    la t0, __bss_start
    la t1, __bss_end
1:  bgeu t0, t1, 2f
    sw zero, 0(t0)
    addi t0, t0, 4
    j 1b
2:  call main
    li t0, 0x100000
    li t1, 0x5555
    beqz a0, 3f
    li t1, 0x13333
3:  sw t1, 0(t0)
4:  j 4b
