/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An always-on classifier: sleeps deeply until the sensor has a window, fetches it by DMA, runs the deployed network on
 * it, and sleeps again. Ends with the sensor's recording (or with the frames of the stream port, which take the
 * results) and fails if a sample was lost.
 *
 * A window is one input of the network: the sensor's values, full scale taken as 1.0, become the input's int8 codes.
 * Region 1 of the trace is the loop without start-up: its average power is the application's.
 */
#include <stddef.h>

#include "deployment.h"
#include "executor.h"
#include "report.h"
#include "tsr_clint.h"
#include "tsr_plic.h"
#include "tsr_port.h"
#include "tsr_power.h"
#include "tsr_sensor.h"
#include "tsr_stream.h"
#include "tsr_system.h"
#include "tsr_uart.h"
#include "tsr_unit.h"

#ifndef SWITCH_UNUSED_OFF /* 1: tiles that the network does not use lose their supply */
#define SWITCH_UNUSED_OFF 0
#endif

#define LOST_SAMPLES 2
#define FETCH_TICKS (TSR_TICKS_PER_SECOND / 10u)
#define LOOP_REGION 1u

extern uint8_t __free_start[]; /* linker script: RAM behind the program */
extern uint8_t __free_end[];

static rt_chip chip;
static rt_deployment deployment;
static rt_executor executor;
static rt_results results;
static tsr_sensor_format format;
static tsr_unit dma;
static uint32_t descriptor_at; /* bus address of the descriptor that fetches a window */
static uint32_t raw_at;        /* where it puts the window */
static bool copy_is_enough;    /* u8 values to codes value - 128: one exclusive or */
static int64_t multiplier;     /* code = value * multiplier / 2^32 + zero point */
static int32_t zero_point;

static void choose_conversion(void) {
  const td_tensor* input = (const td_tensor*)tsr_memory(
      deployment.sections[TD_SECTION_TENSORS].address + deployment.model.input_tensor * (uint32_t)sizeof(td_tensor),
      sizeof(td_tensor));
  const uint32_t bits = 8u * format.value_bytes;
  const double full_scale =
      format.is_signed ? (double)((uint64_t)1 << (bits - 1u)) : (double)(((uint64_t)1 << bits) - 1u);
  const double step = 1.0 / (full_scale * (double)input->scale); /* codes a unit of the sensor */
  multiplier = (int64_t)(step * 4294967296.0 + 0.5);
  zero_point = input->zero_point;
  copy_is_enough =
      format.value_bytes == 1u && !format.is_signed && zero_point == -128 && step > 0.9999 && step < 1.0001;
}

static int64_t value_at(const uint8_t* raw, uint32_t i) {
  uint32_t word = 0;
  for (uint32_t b = 0; b < format.value_bytes; b++) {
    word |= (uint32_t)raw[i * format.value_bytes + b] << (8u * b);
  }
  const uint32_t unused = 32u - 8u * format.value_bytes;
  return format.is_signed ? (int64_t)((int32_t)(word << unused) >> unused) : (int64_t)word;
}

static void convert(void) {
  const uint32_t values = deployment.input_bytes;
  if (copy_is_enough) {
    const uint32_t words = (values + 3u) / 4u; /* both areas are 16-byte aligned and may be filled up */
    const uint32_t* from = (const uint32_t*)tsr_memory(raw_at, 4u * words);
    uint32_t* to = (uint32_t*)tsr_memory(deployment.input_address, 4u * words);
    for (uint32_t i = 0; i < words; i++) {
      to[i] = from[i] ^ 0x80808080u;
    }
    return;
  }
  const uint8_t* raw = (const uint8_t*)tsr_memory(raw_at, values * format.value_bytes);
  int8_t* to = (int8_t*)tsr_memory(deployment.input_address, values);
  for (uint32_t i = 0; i < values; i++) {
    const int64_t scaled = value_at(raw, i) * multiplier;
    const int64_t code = ((scaled + ((int64_t)1 << 31)) >> 32) + zero_point;
    to[i] = (int8_t)(code < -128 ? -128 : code > 127 ? 127 : code);
  }
}

/* Shared SRAM has lost its contents in deep sleep: the descriptor is written anew for each window. */
static bool fetch(uint32_t bytes) {
  td_dma_job* job = (td_dma_job*)tsr_memory(descriptor_at, sizeof(td_dma_job));
  *job = (td_dma_job){.tag = RT_TAG_INPUT,
                      .layer = TD_LAYER_RUNTIME,
                      .flags = TD_TILE_INTERRUPT | TD_DMA_FIXED_SRC,
                      .src = tsr_sensor_data(),
                      .dst = raw_at,
                      .count = {bytes, 1, 1}};
  return tsr_unit_submit(&dma, descriptor_at) == TSR_OK && tsr_unit_wait(&dma, FETCH_TICKS) == TSR_OK;
}

static int refuse(const char* what) {
  tsr_printf("sensor_loop: %s\n", what);
  return TSR_EXIT_REFUSED;
}

static void switch_unused_tiles_off(void) {
  const rt_table* tiles = &deployment.sections[TD_SECTION_TILES];
  (void)tsr_power_set_all(TSR_SUPPLY_OFF);
  for (uint32_t i = 0; i < tiles->count; i++) {
    const td_tile* used = (const td_tile*)tsr_memory(tiles->address + i * tiles->entry_bytes, sizeof(td_tile));
    (void)tsr_power_set(used->tile, TSR_SUPPLY_ON);
    (void)tsr_power_wait(used->tile, TSR_TICKS_PER_SECOND);
  }
}

static int start(void) {
  tsr_uart_init();
  tsr_plic_init();
  if (!tsr_system_present() || tsr_power_init() != TSR_OK) {
    return refuse("needs a Tessera chip");
  }
  chip.platform_hash = tsr_system_platform_hash();
  chip.tiles = tsr_system_tiles();
  chip.dma_channels = tsr_system_dma_channels();
  chip.dram_bytes = tsr_system_dram_bytes();
  chip.vector_present = tsr_system_vector_present();
  rt_problem problem;
  if (!rt_deployment_open(&deployment, TD_ROM_BASE, &chip, &problem)) {
    rt_report_problem(&problem);
    return TSR_EXIT_REFUSED;
  }
  if (tsr_sensor_init(&format) != TSR_OK) {
    return refuse("no sensor is connected; give one with --sensor");
  }
  const uint32_t samples = deployment.input_bytes / format.channels;
  if (samples * format.channels != deployment.input_bytes || samples > format.fifo_samples) {
    return refuse("a window of the network's input is no whole number of samples, or does not fit into the FIFO");
  }
  if (!rt_executor_init(&executor, &deployment, &chip, __free_start, (uint32_t)(__free_end - __free_start))) {
    return (int)rt_report_failure(&executor.failure, RT_NO_FRAME);
  }
  if (tsr_unit_init(&dma, TSR_UNIT_DMA, chip.dma_channels - 1u) != TSR_OK || tsr_unit_attach(&dma) != TSR_OK) {
    return refuse("no DMA channel");
  }
  /* Behind the arena and the room for the runtime's descriptors. */
  descriptor_at = (deployment.model.arena_base + deployment.model.arena_bytes + RT_SCRATCH_BYTES + 31u) & ~15u;
  raw_at = descriptor_at + 64u;
  choose_conversion();
  (void)tsr_stream_init(deployment.output_bytes, false);
#if SWITCH_UNUSED_OFF
  switch_unused_tiles_off();
#else
  (void)switch_unused_tiles_off;
#endif
  tsr_interrupts_enable();
  tsr_printf("sensor_loop: windows of %u samples at %u.%03u Hz\n", (unsigned)samples,
             (unsigned)(format.rate_mHz / 1000u), (unsigned)(format.rate_mHz % 1000u));
  return tsr_sensor_start(samples, 0, true) == TSR_OK ? 0 : refuse("the sensor does not start");
}

/* Deep sleep until a window is there. TSR_OK, or TSR_END. */
static tsr_status next_window(void) {
  tsr_status status = tsr_sensor_poll();
  while (status == TSR_BUSY) {
    tsr_sensor_arm();
    if (tsr_power_sleep(TSR_WAKE_SENSOR, 0, NULL) != TSR_OK) { /* a unit was just finishing */
      tsr_sleep(TSR_TICKS_PER_MICROSECOND);
    }
    status = tsr_sensor_poll();
  }
  return status;
}

/* Hands the result to whoever feeds the stream port. @return false: it wants no more */
static bool deliver(const void* output) {
  uint32_t frame = 0;
  if (tsr_stream_wait(&frame, 0) != TSR_OK) {
    return true; /* nobody there */
  }
  tsr_stream_write(output, deployment.output_bytes);
  tsr_stream_done();
  return tsr_stream_wait(&frame, 0) == TSR_OK;
}

int main(void) {
  const int refused = start();
  if (refused != 0) {
    return refused;
  }
  uint32_t frame = 0;
  uint32_t first = 0; /* number of the first frame: it selects the noise */
  (void)tsr_stream_wait(&first, 0);
  bool wanted = true;
  const uint64_t loop_begin = tsr_time();
  tsr_marker_begin(TSR_REGION_USER, LOOP_REGION);
  while (wanted && next_window() == TSR_OK) {
    const uint64_t begin = tsr_time();
    tsr_marker_begin(TSR_REGION_INFERENCE, first + frame);
    if (!fetch(deployment.input_bytes * format.value_bytes)) {
      return refuse("the DMA does not deliver");
    }
    convert();
    if (!rt_executor_run_in_place(&executor, first + frame)) {
      rt_results_flush(&results);
      return (int)rt_report_failure(&executor.failure, first + frame);
    }
    const int8_t* output = (const int8_t*)tsr_memory(deployment.output_address, deployment.output_bytes);
    rt_results_add(&results, first + frame, output, deployment.output_bytes, tsr_time() - begin);
    wanted = deliver(output);
    tsr_marker_end(TSR_REGION_INFERENCE, first + frame);
    frame++;
  }
  tsr_marker_end(TSR_REGION_USER, LOOP_REGION);
  const uint64_t ticks = tsr_time() - loop_begin;
  tsr_sensor_stop();
  rt_results_flush(&results);
  rt_results_summary(&results);
  const uint64_t asleep = tsr_power_sleep_time();
  tsr_printf("sensor_loop: %u windows, %u samples lost, %u deep sleeps, %u.%02u %% of the time asleep\n",
             (unsigned)frame, (unsigned)tsr_sensor_overruns(), (unsigned)tsr_power_sleeps(),
             (unsigned)(asleep * 100u / ticks), (unsigned)(asleep * 10000u / ticks % 100u));
  return tsr_sensor_overruns() == 0 ? 0 : LOST_SAMPLES;
}
