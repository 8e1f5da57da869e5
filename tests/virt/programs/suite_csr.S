/* SPDX-License-Identifier: Apache-2.0 */
/* Machine CSRs: identity, every access instruction, and what a machine-mode hart answers about modes that it lacks. */
#include "suite.inc"

SUITE_BEGIN(MSTATUS_MPP)
  CHECK(2, a0, 1, csrr a0, misa; srli a0, a0, 30)
  CHECK(3, a0, 0, csrr a0, mhartid)
  csrr a0, mvendorid
  csrr a0, marchid
  csrr a0, mimpid
  csrwi mscratch, 3
  CHECK(4, a0, 3, csrr a0, mscratch)
  CHECK(5, a1, 3, csrrci a1, mscratch, 1)
  CHECK(6, a2, 2, csrrsi a2, mscratch, 4)
  CHECK(7, a3, 6, csrrwi a3, mscratch, 2)
  CHECK(8, a1, 2, li a0, 0x0bad1dea; csrrw a1, mscratch, a0)
  CHECK(9, a0, 0x0bad1dea, li a0, 0x1dea; csrrc a0, mscratch, a0)
  CHECK(10, a0, 0x0bad0000, li a0, 0xbeef; csrrs a0, mscratch, a0)
  CHECK(11, a0, 0x0badbeef, csrr a0, mscratch)
  /* No S and no U in misa, and the previous mode keeps reading as machine mode. */
  CHECK(12, a0, 0, csrr a0, misa; li a1, (1 << 18) | (1 << 20); and a0, a0, a1)
  CHECK(13, a0, MSTATUS_MPP, li a1, MSTATUS_MPP; csrc mstatus, a1; csrr a0, mstatus; and a0, a0, a1)
  /* mepc keeps no odd address, and with compressed code every even one. */
  CHECK(14, a0, 0x80000002, li a1, 0x80000003; csrw mepc, a1; csrr a0, mepc)
  /* Vectored mode is there, and its base is kept. */
  CHECK(15, a0, 0x80001001, csrr a2, mtvec; li a1, 0x80001001; csrw mtvec, a1; csrr a0, mtvec; csrw mtvec, a2)
  /* A hart without a trigger says so by reading 0 behind whatever was written. */
  CHECK(16, a0, 0, li a1, 5; csrw tselect, a1; csrr a0, tdata1)
SUITE_END
