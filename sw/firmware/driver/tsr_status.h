/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tsr_status.h
 * @brief What driver functions answer, and the codes with which our programs end a run.
 */
#ifndef TSR_STATUS_H
#define TSR_STATUS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tsr_status {
  TSR_OK = 0,
  TSR_BUSY,         /* not done yet, or no room in the queue: try again later */
  TSR_BAD_ARGUMENT, /* the call makes no sense: unaligned descriptor, index out of range */
  TSR_NO_DEVICE,    /* what answers at this address is not the expected block */
  TSR_END,          /* nothing more will come */
  TSR_UNIT_ERROR,   /* the unit reports an error: see tsr_unit_fault */
  TSR_TIMEOUT       /* waited long enough */
} tsr_status;

/** Text of a status, such as "timeout". */
const char* tsr_status_text(tsr_status status);

/** Exit codes of the finisher; main's return value is one, too (0 is PASS). */
enum tsr_exit_code {
  TSR_EXIT_GENERAL = 1,
  TSR_EXIT_REFUSED = 0x10,  /* the deployment cannot run on this chip, or is damaged */
  TSR_EXIT_UNIT = 0x11,     /* a unit reported an error */
  TSR_EXIT_LOST_JOB = 0x12, /* units did other work than the schedule says */
  TSR_EXIT_TIMEOUT = 0x13,  /* a unit did not finish */
  TSR_EXIT_TRAP = 0x20      /* + cause of the trap that nobody handles (0..15) */
};

/** Ends the run: code 0 is PASS, others (1..0xFFFF) FAIL with that code. Does not return on the target. */
void tsr_exit(uint32_t code);

#ifdef __cplusplus
}
#endif
#endif
