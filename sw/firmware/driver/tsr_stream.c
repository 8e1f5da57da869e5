/* SPDX-License-Identifier: Apache-2.0 */
#include "tsr_stream.h"

#include "tsr_clint.h"
#include "tsr_plic.h"
#include "tsr_port.h"
#include "tsr_wait.h"

/* Without interrupt the port is looked at once a millisecond. */
#define CHECK_TICKS (1000u * TSR_TICKS_PER_MICROSECOND)

static bool interrupts;

static uint32_t read_register(uint32_t offset) {
  return tsr_read32(TSR_STREAM_BASE + offset);
}
static void write_register(uint32_t offset, uint32_t value) {
  tsr_write32(TSR_STREAM_BASE + offset, value);
}

/* The line stays high while the frame is there: one wake-up is enough. */
static void on_interrupt(void* context) {
  (void)context;
  write_register(TSR_STREAM_IRQ_ENABLE, 0);
}
static tsr_plic_handler handler = {on_interrupt, 0, 0};

tsr_status tsr_stream_init(uint32_t result_bytes, bool by_interrupt) {
  if (read_register(TSR_STREAM_ID) != TSR_STREAM_ID_RESET) {
    return TSR_NO_DEVICE;
  }
  write_register(TSR_STREAM_IRQ_ENABLE, 0);
  write_register(TSR_STREAM_RESULT_BYTES, result_bytes);
  interrupts = by_interrupt;
  return by_interrupt ? tsr_plic_attach(TSR_STREAM_IRQ, 1, &handler) : TSR_OK;
}

uint32_t tsr_stream_frame_bytes(void) {
  return read_register(TSR_STREAM_FRAME_BYTES);
}

static bool ready_or_end(void* context) {
  uint32_t* status = (uint32_t*)context;
  *status = read_register(TSR_STREAM_STATUS);
  if ((*status & (TSR_STREAM_STATUS_READY | TSR_STREAM_STATUS_END)) != 0) {
    return true;
  }
  if (interrupts) { /* the handler switched it off, or it was never on */
    write_register(TSR_STREAM_IRQ_ENABLE, TSR_STREAM_IRQ_ENABLE_READY | TSR_STREAM_IRQ_ENABLE_END);
  }
  return false;
}

tsr_status tsr_stream_wait(uint32_t* index, uint64_t timeout) {
  uint32_t status = 0;
  if (tsr_wait_until(ready_or_end, &status, timeout, CHECK_TICKS) != TSR_OK) {
    return TSR_TIMEOUT;
  }
  if ((status & TSR_STREAM_STATUS_READY) == 0) {
    return TSR_END;
  }
  *index = read_register(TSR_STREAM_FRAME_INDEX);
  return TSR_OK;
}

void tsr_stream_read(void* bytes, uint32_t count) {
  uint8_t* out = (uint8_t*)bytes;
  for (; count >= 4u; count -= 4u, out += 4) {
    const uint32_t word = tsr_read32(TSR_STREAM_IN_ADDRESS);
    out[0] = (uint8_t)word;
    out[1] = (uint8_t)(word >> 8);
    out[2] = (uint8_t)(word >> 16);
    out[3] = (uint8_t)(word >> 24);
  }
  for (; count > 0; count--) {
    *out++ = tsr_read8(TSR_STREAM_IN_ADDRESS);
  }
}

void tsr_stream_write(const void* bytes, uint32_t count) {
  const uint8_t* in = (const uint8_t*)bytes;
  for (; count >= 4u; count -= 4u, in += 4) {
    tsr_write32(TSR_STREAM_OUT_ADDRESS,
                (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24);
  }
  for (; count > 0; count--) {
    tsr_write8(TSR_STREAM_OUT_ADDRESS, *in++);
  }
}

void tsr_stream_done(void) {
  write_register(TSR_STREAM_FRAME_DONE, 1);
}
