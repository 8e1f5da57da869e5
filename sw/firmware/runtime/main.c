/* SPDX-License-Identifier: Apache-2.0 */
/* The inference runtime: executes the deployment in the ROM for each frame of the stream port. */
#include <stddef.h>

#include "calibration.h"
#include "deployment.h"
#include "executor.h"
#include "report.h"
#include "tsr_clint.h"
#include "tsr_plic.h"
#include "tsr_port.h"
#include "tsr_stream.h"
#include "tsr_system.h"
#include "tsr_uart.h"

#ifndef RT_SKIP_TAG /* fault injection of the tests: leave out the job with this tag */
#define RT_SKIP_TAG 0
#endif

#ifndef RT_CALIBRATE /* 1: converters are calibrated before the first frame */
#define RT_CALIBRATE 0
#endif

extern uint8_t __free_start[]; /* linker script: RAM behind the program */
extern uint8_t __free_end[];

static rt_chip chip;
static rt_deployment deployment;
static rt_executor executor;
static rt_results results;
static rt_software software;

/* Weights first, the executor's tables behind them. */
static bool unpack_weights(uint8_t** memory, uint32_t* bytes) {
  const rt_software_status status = rt_software_init(&software, &deployment, TD_ROM_BASE, memory, bytes);
  if (status != RT_SOFTWARE_OK) {
    tsr_printf("tessera: %s\n", status == RT_SOFTWARE_NO_MEMORY
                                    ? "the weights do not fit into CPU memory; raise cpu.memory_B"
                                    : "the deployment ROM does not hold the cells of every tile job");
  }
  return status == RT_SOFTWARE_OK;
}

/* Before the executor takes the units: the tiles are idle, and nothing is in the shared SRAM yet. */
#if RT_CALIBRATE
static int calibrate(void) {
  static rt_calibration calibration;
  tsr_interrupts_enable();
  const tsr_status status = rt_calibrate(&calibration, &deployment);
  if (status != TSR_OK) {
    tsr_printf("tessera: calibration of tile %u: %s\n", (unsigned)calibration.failed_tile,
               status == TSR_NO_DEVICE      ? "the ROM does not hold the levels of the cells"
               : status == TSR_BAD_ARGUMENT ? "malformed regions, or more than 64 regions or 512 converters"
                                            : tsr_status_text(status));
    return status == TSR_NO_DEVICE || status == TSR_BAD_ARGUMENT ? TSR_EXIT_REFUSED : TSR_EXIT_UNIT;
  }
  tsr_printf("tessera: %u converters of %u tiles calibrated, %u bad\n",
             (unsigned)(calibration.converters - calibration.bad), (unsigned)calibration.tiles,
             (unsigned)calibration.bad);
  return 0;
}
#else
static int calibrate(void) {
  return 0;
}
#endif

static int start(void) {
  tsr_uart_init();
  tsr_plic_init();
  if (!tsr_system_present()) {
    tsr_printf("tessera: system control does not answer; this runtime needs a Tessera chip\n");
    return TSR_EXIT_REFUSED;
  }
  chip.platform_hash = tsr_system_platform_hash();
  chip.tiles = tsr_system_tiles();
  chip.dma_channels = tsr_system_dma_channels();
  chip.dram_bytes = tsr_system_dram_bytes();
  chip.vector_present = tsr_system_vector_present();
  chip.frame_bytes = tsr_stream_frame_bytes();
  rt_problem problem;
  if (!rt_deployment_open(&deployment, TD_ROM_BASE, &chip, &problem)) {
    rt_report_problem(&problem);
    return TSR_EXIT_REFUSED;
  }
  const tsr_status status = tsr_stream_init(deployment.output_bytes, true);
  if (status != TSR_OK) {
    tsr_printf("tessera: stream port: %s\n", tsr_status_text(status));
    return TSR_EXIT_REFUSED;
  }
  const int uncalibrated = calibrate();
  if (uncalibrated != 0) {
    return uncalibrated;
  }
  uint8_t* memory = __free_start;
  uint32_t bytes = (uint32_t)(__free_end - __free_start);
  if (RT_SOFTWARE && !unpack_weights(&memory, &bytes)) {
    return TSR_EXIT_REFUSED;
  }
  if (!rt_executor_init(&executor, &deployment, &chip, memory, bytes)) {
    return (int)rt_report_failure(&executor.failure, RT_NO_FRAME);
  }
  executor.skip_tag = RT_SKIP_TAG;
  executor.software = RT_SOFTWARE ? &software : NULL;
  tsr_interrupts_enable();
  tsr_printf("tessera: runtime ready: %u x %u tiles, %u in use, %u commands, frame %u bytes, result %u bytes\n",
             (unsigned)tsr_system_grid_rows(), (unsigned)tsr_system_grid_columns(),
             (unsigned)deployment.sections[TD_SECTION_TILES].count, (unsigned)executor.step_count,
             (unsigned)deployment.input_bytes, (unsigned)deployment.output_bytes);
  return 0;
}

int main(void) {
  const int refused = start();
  if (refused != 0) {
    return refused;
  }
  uint32_t frame = 0;
  tsr_status status = tsr_stream_wait(&frame, TSR_FOREVER);
  while (status == TSR_OK) {
    if (tsr_stream_frame_bytes() != deployment.input_bytes) {
      rt_results_flush(&results);
      tsr_printf("tessera: frame %u has %u bytes, the network's input %u\n", (unsigned)frame,
                 (unsigned)tsr_stream_frame_bytes(), (unsigned)deployment.input_bytes);
      return TSR_EXIT_REFUSED;
    }
    const uint64_t begin = tsr_time();
    tsr_marker_begin(TSR_REGION_INFERENCE, frame);
    if (!rt_executor_run(&executor, frame)) {
      rt_results_flush(&results);
      return (int)rt_report_failure(&executor.failure, frame);
    }
    tsr_stream_done();
    tsr_marker_end(TSR_REGION_INFERENCE, frame);
    const uint64_t end = tsr_time();
    rt_results_add(&results, frame, (const int8_t*)tsr_memory(deployment.output_address, deployment.output_bytes),
                   deployment.output_bytes, end - begin);
    status = tsr_stream_wait(&frame, TSR_FOREVER);
  }
  rt_results_flush(&results);
  rt_results_summary(&results);
  if (tsr_plic_unserved() != 0) {
    tsr_printf("tessera: %u interrupts of sources without handler\n", (unsigned)tsr_plic_unserved());
  }
  return 0;
}
