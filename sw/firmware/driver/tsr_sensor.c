/* SPDX-License-Identifier: Apache-2.0 */
#include "tsr_sensor.h"

#include <stddef.h>

#include "tessera_registers.h"
#include "tsr_clint.h"
#include "tsr_plic.h"
#include "tsr_port.h"
#include "tsr_wait.h"

/* Without interrupt the FIFO is looked at this often. */
#define POLL_TICKS (100u * TSR_TICKS_PER_MICROSECOND)

static bool interrupts;

static uint32_t read_register(uint32_t offset) {
  return tsr_read32(TSR_SENSOR_BASE + offset);
}
static void write_register(uint32_t offset, uint32_t value) {
  tsr_write32(TSR_SENSOR_BASE + offset, value);
}

/* The line stays high while the window is there: one wake-up is enough. */
static void on_interrupt(void* context) {
  (void)context;
  write_register(TSR_SENSOR_IRQ_ENABLE, 0);
}
static tsr_plic_handler handler = {on_interrupt, 0, 0};

void tsr_sensor_arm(void) {
  write_register(TSR_SENSOR_IRQ_ENABLE, TSR_SENSOR_IRQ_ENABLE_WATERMARK | TSR_SENSOR_IRQ_ENABLE_END);
}

tsr_status tsr_sensor_init(tsr_sensor_format* format) {
  if (read_register(TSR_SENSOR_ID) != TSR_SENSOR_ID_RESET ||
      (read_register(TSR_SENSOR_STATUS) & TSR_SENSOR_STATUS_PRESENT) == 0) {
    return TSR_NO_DEVICE;
  }
  write_register(TSR_SENSOR_IRQ_ENABLE, 0);
  write_register(TSR_SENSOR_CTRL, TSR_SENSOR_CTRL_FLUSH);
  if (interrupts) {
    tsr_plic_detach(TSR_SENSOR_IRQ, &handler);
    interrupts = false;
  }
  if (format != NULL) {
    const uint32_t word = read_register(TSR_SENSOR_FORMAT);
    format->value_bytes = word & TSR_SENSOR_FORMAT_BYTES;
    format->channels = (word & TSR_SENSOR_FORMAT_CHANNELS) >> TSR_SENSOR_FORMAT_CHANNELS_SHIFT;
    format->is_signed = (word & TSR_SENSOR_FORMAT_SIGNED) != 0;
    format->window_samples = read_register(TSR_SENSOR_WINDOW_SAMPLES);
    format->fifo_samples = read_register(TSR_SENSOR_FIFO_SAMPLES);
    format->rate_mHz = read_register(TSR_SENSOR_RATE);
  }
  return TSR_OK;
}

tsr_status tsr_sensor_start(uint32_t watermark, uint32_t rate_mHz, bool by_interrupt) {
  if (watermark == 0 || watermark > read_register(TSR_SENSOR_FIFO_SAMPLES)) {
    return TSR_BAD_ARGUMENT;
  }
  write_register(TSR_SENSOR_WATERMARK, watermark);
  if (rate_mHz != 0) {
    write_register(TSR_SENSOR_RATE, rate_mHz);
  }
  if (by_interrupt && !interrupts) {
    const tsr_status status = tsr_plic_attach(TSR_SENSOR_IRQ, 1, &handler);
    if (status != TSR_OK) {
      return status;
    }
    interrupts = true;
  }
  if (interrupts) {
    tsr_sensor_arm();
  }
  const uint32_t dma = read_register(TSR_SENSOR_CTRL) & TSR_SENSOR_CTRL_DMA;
  write_register(TSR_SENSOR_CTRL, TSR_SENSOR_CTRL_ENABLE | dma);
  return TSR_OK;
}

void tsr_sensor_stop(void) {
  write_register(TSR_SENSOR_IRQ_ENABLE, 0);
  write_register(TSR_SENSOR_CTRL, 0);
}

tsr_status tsr_sensor_dma(uint32_t channel, uint32_t first, uint32_t second) {
  if (first == 0 || ((first | second) & 3u) != 0) {
    return TSR_BAD_ARGUMENT;
  }
  write_register(TSR_SENSOR_DMA_CHANNEL, channel);
  write_register(TSR_SENSOR_DMA_DESCRIPTOR, first);
  write_register(TSR_SENSOR_DMA_DESCRIPTOR + TSR_SENSOR_DMA_DESCRIPTOR_STRIDE, second);
  tsr_fence(); /* the channel must see the descriptors as we wrote them */
  write_register(TSR_SENSOR_CTRL, (read_register(TSR_SENSOR_CTRL) & TSR_SENSOR_CTRL_ENABLE) | TSR_SENSOR_CTRL_DMA);
  return TSR_OK;
}

tsr_status tsr_sensor_poll(void) {
  const uint32_t status = read_register(TSR_SENSOR_STATUS);
  if ((status & TSR_SENSOR_STATUS_WATERMARK) != 0) {
    return TSR_OK;
  }
  return (status & TSR_SENSOR_STATUS_END) != 0 ? TSR_END : TSR_BUSY;
}

static bool ready(void* context) {
  tsr_status* status = (tsr_status*)context;
  *status = tsr_sensor_poll();
  if (*status == TSR_BUSY && interrupts) {
    tsr_sensor_arm(); /* the handler switched it off */
  }
  return *status != TSR_BUSY;
}

tsr_status tsr_sensor_wait(uint64_t timeout) {
  tsr_status status = TSR_BUSY;
  if (tsr_wait_until(ready, &status, timeout, interrupts ? 0 : POLL_TICKS) != TSR_OK) {
    return TSR_TIMEOUT;
  }
  return status;
}

uint32_t tsr_sensor_data(void) {
  return TSR_SENSOR_BASE + TSR_SENSOR_DATA;
}

void tsr_sensor_read(void* to, uint32_t bytes) {
  uint8_t* out = (uint8_t*)to;
  for (; bytes >= 4u; bytes -= 4u, out += 4) {
    const uint32_t word = tsr_read32(tsr_sensor_data());
    out[0] = (uint8_t)word;
    out[1] = (uint8_t)(word >> 8);
    out[2] = (uint8_t)(word >> 16);
    out[3] = (uint8_t)(word >> 24);
  }
  for (; bytes > 0; bytes--) {
    *out++ = tsr_read8(tsr_sensor_data());
  }
}

uint32_t tsr_sensor_level(void) {
  return read_register(TSR_SENSOR_LEVEL);
}
uint32_t tsr_sensor_overruns(void) {
  return read_register(TSR_SENSOR_OVERRUNS);
}
uint32_t tsr_sensor_underruns(void) {
  return read_register(TSR_SENSOR_UNDERRUNS);
}

uint64_t tsr_sensor_samples(void) {
  const bool enabled = tsr_interrupts_disable();
  const uint32_t low = read_register(TSR_SENSOR_SAMPLES_LO); /* latches the high word */
  const uint32_t high = read_register(TSR_SENSOR_SAMPLES_HI);
  tsr_interrupts_restore(enabled);
  return (uint64_t)high << 32 | low;
}
