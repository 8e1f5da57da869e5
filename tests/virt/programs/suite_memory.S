/* SPDX-License-Identifier: Apache-2.0 */
/* Misaligned accesses are done by hardware, over the border of a word, of a decoded piece and of a page; atomics answer the
 * old value; a reservation is lost to a store in between. */
#include "suite.inc"

SUITE_BEGIN(MSTATUS_MPP)
  la   s1, bytes
  CHECK(2, a0, 0x04030201, lw a0, 1(s1))
  CHECK(3, a0, 0x06050403, lw a0, 3(s1))
  CHECK(4, a0, 0x00000403, lhu a0, 3(s1))
  CHECK(5, a0, 0xffff8887, lh a0, 7(s1))
  CHECK(6, a0, 0x89888706, lw a0, 6(s1))
  la   s2, page
  li   t0, 0xa1b2c3d4
  sw   t0, -2(s2)
  CHECK(7, a0, 0xc3d40000, lw a0, -4(s2))
  CHECK(8, a0, 0x0000a1b2, lw a0, 0(s2))
  CHECK(9, a0, 0xffffb2c3, lh a0, -1(s2))
  sh   t0, 61(s2)
  CHECK(10, a0, 0xd4, lbu a0, 61(s2))
  CHECK(11, a0, 0xc3, lbu a0, 62(s2))
  la   s3, word
  li   t0, 5
  sw   t0, 0(s3)
  CHECK(12, a0, 5, li a1, 7; amoadd.w a0, a1, (s3))
  CHECK(13, a0, 12, li a1, -1; amomaxu.w a0, a1, (s3))
  CHECK(14, a0, -1, amoswap.w a0, zero, (s3))
  CHECK(15, a0, 0, lr.w a1, (s3); li a2, 9; sc.w a0, a2, (s3))
  CHECK(16, a0, 1, li a2, 10; sc.w a0, a2, (s3); snez a0, a0)
  CHECK(17, a0, 9, lw a0, 0(s3))
  /* A reservation elsewhere is none here. */
  la   s4, far
  CHECK(18, a0, 1, lr.w a1, (s4); sc.w a0, a2, (s3); snez a0, a0)
  CHECK(19, a0, 9, lw a0, 0(s3))
  j    suite_pass
SUITE_END
bytes:
  .byte 0, 1, 2, 3, 4, 5, 6, 0x87, 0x88, 0x89, 0x8a, 0x8b
  .balign 4
far:
  .word 0
  .balign 4096
  .space 4096
page:
  .space 128
  .balign 4
word:
  .word 0
