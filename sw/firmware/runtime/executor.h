/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file executor.h
 * @brief Executes the command list of a deployment: one call an inference. Sleeps at barriers, proves that all jobs
 * ran.
 */
#ifndef RT_EXECUTOR_H
#define RT_EXECUTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "deployment.h"
#include "software.h"
#include "tsr_unit.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Tags of the runtime's own DMA jobs. */
#define RT_TAG_INPUT 0xFFFF0001u
#define RT_TAG_OUTPUT 0xFFFF0002u

/** The compiler leaves this much room behind the arena (rounded up to 16) for the runtime's descriptors. */
#define RT_SCRATCH_BYTES 256u

typedef enum rt_failure_kind {
  RT_FINE = 0,
  RT_UNIT_FAILED,   /* a unit reported an error: `unit`, `code`, `tag` */
  RT_UNIT_STUCK,    /* a unit did not finish in time: `unit`, `tag` that it should reach, `found` jobs, `expected` */
  RT_JOBS_LOST,     /* `unit` did `found` jobs instead of `expected`; its last should be `tag`, it was `code` */
  RT_EVENTS_DIFFER, /* tile `unit` is at event `found` instead of `expected` */
  RT_NO_MEMORY,     /* needs `expected` bytes of CPU memory, there are `found` */
  RT_NO_UNIT        /* `unit` cannot be taken into use: `code` is a tsr_status */
} rt_failure_kind;

typedef struct rt_failure {
  rt_failure_kind kind;
  tsr_unit unit;
  uint32_t code;
  uint32_t tag;
  uint64_t found;
  uint64_t expected;
} rt_failure;

typedef struct rt_unit {
  tsr_unit unit;
  uint32_t jobs;          /* of one inference, input DMA included */
  uint32_t last_tag;      /* of one inference */
  uint32_t passes;        /* tiles: array passes of one inference */
  uint32_t done_at_begin; /* DONE_COUNT when the inference began */
  uint32_t in_flight_tag; /* last submitted */
  bool pending;           /* submitted since the last barrier */
  bool silent;            /* its last job raises no interrupt */
} rt_unit;

typedef struct rt_step {
  uint8_t opcode;
  bool interrupts;
  uint16_t slot; /* index into units */
  uint32_t address;
  uint32_t tag;
  uint32_t layer;
} rt_step;

typedef struct rt_executor {
  const rt_deployment* deployment;
  rt_unit* units;
  uint32_t unit_count;
  uint16_t* pending; /* slots */
  uint32_t pending_count;
  rt_step* steps;
  uint32_t step_count;
  uint32_t silent_count;
  uint16_t input_slot;            /* DMA channel that moves frames and results, or RT_NO_SLOT: the CPU does */
  uint32_t input_job, output_job; /* bus addresses of the runtime's descriptors */
  uint32_t skip_tag;              /* fault injection of the tests: the job that is left out, 0: none */
  rt_software* software;          /* with RT_SOFTWARE: executes the jobs of tiles and vector unit */
  rt_failure failure;
} rt_executor;
#define RT_NO_SLOT 0xFFFFu

/**
 * Takes all units of the deployment into use, by interrupt, and unpacks the command list into `memory`.
 * @param memory 4-byte aligned; keeps everything until the executor is no longer used
 * @return false: see executor->failure
 */
bool rt_executor_init(rt_executor* executor, const rt_deployment* deployment, const rt_chip* chip, void* memory,
                      uint32_t memory_bytes);

/** Fetches the ready frame, runs the command list and proves that it ran; then stores the result into the stream. */
bool rt_executor_run(rt_executor* executor, uint32_t frame);

/** The same for a program that has put the frame into the input tensor itself, and takes the result from the output
 * tensor. Jobs of its own must be done when it calls. Compiled with RT_IN_PLACE only. */
bool rt_executor_run_in_place(rt_executor* executor, uint32_t frame);

#ifdef __cplusplus
}
#endif
#endif
