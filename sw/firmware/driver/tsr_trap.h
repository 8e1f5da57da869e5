/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tsr_trap.h
 * @brief What happens on traps. The start-up code installs the vector before main: nothing needs to be called.
 *
 * Interrupts go to tsr_plic_dispatch, tsr_timer_dispatch and the software handler, on a stack of their own, so that a
 * program with a ruined stack pointer still gets its report. Any exception ends the run: one line on the UART
 *
 *   tessera: fatal trap: load access fault, cause 5, mepc 0x80000123, mtval 0xf0000000, ra 0x..., sp 0x...
 *
 * and FAIL with TSR_EXIT_TRAP + cause.
 */
#ifndef TSR_TRAP_H
#define TSR_TRAP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What startup/trap.S saves. */
typedef struct tsr_trap_frame {
  uint32_t ra, sp;
  uint32_t t[7];
  uint32_t a[8];
  uint32_t epc;
} tsr_trap_frame;

/** Called by startup/trap.S with mcause and mtval. */
void tsr_trap_handle(tsr_trap_frame* frame, uint32_t cause, uint32_t value);

/** Function for the machine software interrupt (CLINT.MSIP); it must clear MSIP. NULL: the interrupt is masked. */
void tsr_trap_on_software(void (*call)(void));

/** Name of an exception, such as "load access fault". */
const char* tsr_trap_text(uint32_t cause);

#ifdef __cplusplus
}
#endif
#endif
