/* SPDX-License-Identifier: Apache-2.0 */
#include "tsr_status.h"

#include "tessera_registers.h"
#include "tsr_port.h"

const char* tsr_status_text(tsr_status status) {
  switch (status) {
    case TSR_OK:
      return "ok";
    case TSR_BUSY:
      return "busy";
    case TSR_BAD_ARGUMENT:
      return "bad argument";
    case TSR_NO_DEVICE:
      return "no such device";
    case TSR_END:
      return "end of stream";
    case TSR_UNIT_ERROR:
      return "unit error";
    case TSR_TIMEOUT:
      return "timeout";
  }
  return "unknown status";
}

void tsr_exit(uint32_t code) {
  const uint32_t word = code == 0
                            ? TSR_FINISHER_FINISH_ACTION_PASS
                            : (code & 0xFFFFu) << TSR_FINISHER_FINISH_CODE_SHIFT | TSR_FINISHER_FINISH_ACTION_FAIL;
  (void)tsr_interrupts_disable();
  tsr_write32(TSR_FINISHER_BASE + TSR_FINISHER_FINISH, word);
#ifndef TSR_HOST
  for (;;) { /* the platform may need some instructions to stop */
    tsr_wait_for_interrupt();
  }
#endif
}
