/* SPDX-License-Identifier: Apache-2.0 */
#include "tsr_trap.h"

#include <stddef.h>

#include "tsr_clint.h"
#include "tsr_plic.h"
#include "tsr_port.h"
#include "tsr_status.h"
#include "tsr_uart.h"

#define INTERRUPT 0x80000000u
#define SOFTWARE 3u
#define TIMER 7u
#define EXTERNAL 11u

static void (*on_software)(void);
static uint32_t fatal_depth;

void tsr_trap_on_software(void (*call)(void)) {
  on_software = call;
  if (call != NULL) {
    tsr_interrupts_unmask(TSR_MIE_SOFTWARE);
  } else {
    tsr_interrupts_mask(TSR_MIE_SOFTWARE);
  }
}

const char* tsr_trap_text(uint32_t cause) {
  static const char* const names[16] = {"instruction address misaligned",
                                        "instruction access fault",
                                        "illegal instruction",
                                        "breakpoint",
                                        "load address misaligned",
                                        "load access fault",
                                        "store address misaligned",
                                        "store access fault",
                                        "environment call from U-mode",
                                        "environment call from S-mode",
                                        "reserved exception 10",
                                        "environment call from M-mode",
                                        "instruction page fault",
                                        "load page fault",
                                        "reserved exception 14",
                                        "store page fault"};
  return cause < 16u ? names[cause] : "unknown trap";
}

static void fatal(const tsr_trap_frame* frame, uint32_t cause, uint32_t value) {
  const uint32_t code = cause & ~INTERRUPT;
  const uint32_t exit_code = TSR_EXIT_TRAP + (code < 15u ? code : 15u);
  if (fatal_depth++ == 0) { /* a trap while reporting: give up talking */
    tsr_printf("\ntessera: fatal trap: %s, cause %u, mepc 0x%08x, mtval 0x%08x, ra 0x%08x, sp 0x%08x\n",
               (cause & INTERRUPT) != 0 ? "interrupt without handler" : tsr_trap_text(code), (unsigned)code,
               (unsigned)frame->epc, (unsigned)value, (unsigned)frame->ra, (unsigned)frame->sp);
  }
  tsr_exit(exit_code);
}

void tsr_trap_handle(tsr_trap_frame* frame, uint32_t cause, uint32_t value) {
  if (cause == (INTERRUPT | EXTERNAL)) {
    tsr_plic_dispatch();
  } else if (cause == (INTERRUPT | TIMER)) {
    tsr_timer_dispatch();
  } else if (cause == (INTERRUPT | SOFTWARE) && on_software != NULL) {
    on_software();
  } else {
    fatal(frame, cause, value);
  }
}
