/* SPDX-License-Identifier: Apache-2.0 */
#include "executor.h"

#include <stddef.h>

#include "softmax.h"
#include "tsr_clint.h"
#include "tsr_port.h"
#include "tsr_stream.h"
#include "tsr_system.h"
#include "tsr_wait.h"

#define STUCK_TICKS (10u * TSR_TICKS_PER_SECOND) /* far beyond any real layer */
#define SILENT_TICKS 50u                         /* jobs without interrupt are looked at every 5 us */
#define ROOM_TICKS 100u                          /* a full queue is looked at every 10 us */

static bool fail(rt_executor* executor, rt_failure_kind kind, const rt_unit* state) {
  executor->failure.kind = kind;
  if (state != NULL) {
    executor->failure.unit = state->unit;
  }
  return false;
}

static bool fail_unit(rt_executor* executor, const rt_unit* state) {
  tsr_unit_fault fault;
  (void)tsr_unit_get_fault(&state->unit, &fault);
  executor->failure.code = fault.code;
  executor->failure.tag = fault.tag;
  return fail(executor, RT_UNIT_FAILED, state);
}

static bool fail_stuck(rt_executor* executor, const rt_unit* state) {
  executor->failure.tag = state->in_flight_tag;
  executor->failure.found = tsr_unit_done(&state->unit);
  executor->failure.expected = state->unit.submitted;
  return fail(executor, RT_UNIT_STUCK, state);
}

/* --- submitting */

typedef struct attempt {
  tsr_unit* unit;
  uint32_t address;
  tsr_status status;
} attempt;

static bool try_submit(void* context) {
  attempt* job = (attempt*)context;
  job->status = tsr_unit_submit(job->unit, job->address);
  return job->status != TSR_BUSY;
}

static bool submit(rt_executor* executor, uint32_t slot, uint32_t address, uint32_t tag, bool interrupts) {
  rt_unit* state = &executor->units[slot];
  attempt job = {&state->unit, address, TSR_OK};
  if (!try_submit(&job) && tsr_wait_until(try_submit, &job, STUCK_TICKS, ROOM_TICKS) != TSR_OK) {
    return fail_stuck(executor, state);
  }
  if (job.status != TSR_OK) {
    return fail_unit(executor, state);
  }
  state->in_flight_tag = tag;
  executor->silent_count += (interrupts ? 0u : 1u) - (state->pending && state->silent ? 1u : 0u);
  state->silent = !interrupts;
  if (!state->pending) {
    state->pending = true;
    executor->pending[executor->pending_count++] = (uint16_t)slot;
  }
  return true;
}

/* --- waiting */

/* True when nothing is pending any more, or something failed. Takes finished units off the list. */
static bool settled(void* context) {
  rt_executor* executor = (rt_executor*)context;
  for (uint32_t i = 0; i < executor->pending_count; i++) {
    if ((executor->units[executor->pending[i]].unit.signals & TSR_JOB_UNIT_IRQ_STATUS_ERROR) != 0) {
      return true;
    }
  }
  while (executor->pending_count > 0) {
    rt_unit* state = &executor->units[executor->pending[executor->pending_count - 1u]];
    const tsr_status status = tsr_unit_poll(&state->unit);
    if (status != TSR_OK) {
      return status != TSR_BUSY;
    }
    state->pending = false;
    state->unit.signals = 0;
    executor->silent_count -= state->silent ? 1u : 0u;
    executor->pending_count--;
  }
  return true;
}

static bool barrier(rt_executor* executor) {
  if (executor->pending_count == 0) {
    return true;
  }
  const uint32_t period = executor->silent_count > 0 ? SILENT_TICKS : 0u;
  const tsr_status status = tsr_wait_until(settled, executor, STUCK_TICKS, period);
  if (executor->pending_count == 0) {
    return true;
  }
  for (uint32_t i = 0; i < executor->pending_count; i++) {
    const rt_unit* state = &executor->units[executor->pending[i]];
    if (tsr_unit_poll(&state->unit) == TSR_UNIT_ERROR) {
      return fail_unit(executor, state);
    }
  }
  const rt_unit* last = &executor->units[executor->pending[executor->pending_count - 1u]];
  return status == TSR_TIMEOUT ? fail_stuck(executor, last) : fail_unit(executor, last);
}

/* --- one inference */

static void execute_cpu_job(uint32_t address) {
  const td_cpu_job* job = (const td_cpu_job*)tsr_memory(address, sizeof(td_cpu_job));
  const uint32_t bytes = job->rows * job->columns;
  tsr_softmax_int8((const int8_t*)tsr_memory(job->src, bytes), (int8_t*)tsr_memory(job->dst, bytes), job->rows,
                   job->columns, job->multiplier, job->shift, job->diff_min);
}

static bool execute(rt_executor* executor) {
  for (uint32_t i = 0; i < executor->step_count; i++) {
    const rt_step* step = &executor->steps[i];
    switch (step->opcode) {
      case TD_OP_TILE:
      case TD_OP_VECTOR:
      case TD_OP_DMA:
        if (step->tag == executor->skip_tag) {
          break;
        }
        if (RT_SOFTWARE && step->opcode != TD_OP_DMA) {
          rt_software_execute(executor->software, step->opcode, executor->units[step->slot].unit.index, step->address);
          break;
        }
        if (!submit(executor, step->slot, step->address, step->tag, step->interrupts)) {
          return false;
        }
        break;
      case TD_OP_CPU:
        execute_cpu_job(step->address);
        break;
      case TD_OP_BARRIER:
        if (!barrier(executor)) {
          return false;
        }
        break;
      case TD_OP_LAYER_BEGIN:
        tsr_marker_begin(TSR_REGION_LAYER, step->layer);
        break;
      case TD_OP_LAYER_END:
        tsr_marker_end(TSR_REGION_LAYER, step->layer);
        break;
      default:
        break; /* rt_deployment_open lets no other pass */
    }
  }
  return barrier(executor);
}

static void begin(rt_executor* executor, uint32_t frame) {
  for (uint32_t slot = 0; slot < executor->unit_count; slot++) {
    rt_unit* state = &executor->units[slot];
    state->done_at_begin = state->unit.submitted;
    if (state->unit.kind == TSR_UNIT_TILE) {
      tsr_unit_set_event(&state->unit, (uint64_t)frame * state->passes);
    }
  }
}

/* The units say what they did; the deployment says what they should have done. */
static bool verify(rt_executor* executor, uint32_t frame) {
  for (uint32_t slot = 0; slot < executor->unit_count; slot++) {
    const rt_unit* state = &executor->units[slot];
    if (RT_SOFTWARE && state->unit.kind != TSR_UNIT_DMA) {
      continue; /* the unit had nothing to do */
    }
    const uint32_t done = tsr_unit_done(&state->unit) - state->done_at_begin;
    if (done != state->jobs) {
      executor->failure.tag = state->last_tag;
      executor->failure.code = tsr_unit_last_tag(&state->unit);
      executor->failure.found = done;
      executor->failure.expected = state->jobs;
      return fail(executor, RT_JOBS_LOST, state);
    }
    if (state->unit.kind == TSR_UNIT_TILE) {
      const uint64_t event = tsr_unit_event(&state->unit);
      const uint64_t expected = ((uint64_t)frame + 1u) * state->passes;
      if (event != expected) {
        executor->failure.tag = state->last_tag;
        executor->failure.found = event;
        executor->failure.expected = expected;
        return fail(executor, RT_EVENTS_DIFFER, state);
      }
    }
  }
  return true;
}

static bool move_input(rt_executor* executor) {
  const rt_deployment* deployment = executor->deployment;
  if (executor->input_slot == RT_NO_SLOT) {
    tsr_stream_read(tsr_memory(deployment->input_address, deployment->input_bytes), deployment->input_bytes);
    return true;
  }
  return submit(executor, executor->input_slot, executor->input_job, RT_TAG_INPUT, true) && barrier(executor);
}

static bool move_output(rt_executor* executor) {
  const rt_deployment* deployment = executor->deployment;
  if (executor->input_slot == RT_NO_SLOT) {
    tsr_stream_write(tsr_memory(deployment->output_address, deployment->output_bytes), deployment->output_bytes);
    return true;
  }
  return submit(executor, executor->input_slot, executor->output_job, RT_TAG_OUTPUT, true) && barrier(executor);
}

/* Only in programs that want it: a second caller of the functions above would change the code of the runtime. */
#ifdef RT_IN_PLACE
bool rt_executor_run_in_place(rt_executor* executor, uint32_t frame) {
  begin(executor, frame);
  if (executor->input_slot != RT_NO_SLOT) {
    executor->units[executor->input_slot].done_at_begin--; /* the frame is there: as if its job had been done */
  }
  return execute(executor) && verify(executor, frame);
}
#endif

bool rt_executor_run(rt_executor* executor, uint32_t frame) {
  begin(executor, frame);
  return move_input(executor) && execute(executor) && verify(executor, frame) && move_output(executor);
}
