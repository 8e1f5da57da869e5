/* SPDX-License-Identifier: Apache-2.0 */
/* Before the first inference: units into use, command list unpacked, the runtime's own descriptors written. */
#include <stddef.h>

#include "executor.h"
#include "tsr_port.h"
#include "tsr_stream.h"

typedef struct arena {
  uint8_t* next;
  uint32_t left;
  uint32_t wanted; /* in total, for the message */
} arena;

static void* take(arena* memory, uint64_t bytes) {
  bytes = (bytes + 7u) & ~(uint64_t)7u;
  memory->wanted += (uint32_t)bytes;
  if (bytes > memory->left) {
    memory->left = 0;
    return NULL;
  }
  void* place = memory->next;
  memory->next += bytes;
  memory->left -= (uint32_t)bytes;
  return place;
}

static bool add_unit(rt_executor* executor, tsr_unit_kind kind, uint32_t index, uint32_t passes) {
  rt_unit* state = &executor->units[executor->unit_count];
  *state = (rt_unit){0};
  state->passes = passes;
  tsr_status status = tsr_unit_init(&state->unit, kind, index);
  if (status == TSR_OK) {
    status = tsr_unit_attach(&state->unit);
  }
  if (status != TSR_OK) {
    state->unit.kind = (uint16_t)kind;
    state->unit.index = (uint16_t)index;
    executor->failure.kind = RT_NO_UNIT;
    executor->failure.code = (uint32_t)status;
    executor->failure.unit = state->unit;
    return false;
  }
  executor->unit_count++;
  return true;
}

/* The runtime itself uses channel 0; a channel that no command names costs an inference nothing. */
static bool uses_dma(const rt_deployment* deployment, uint32_t channel) {
  const rt_table* table = &deployment->sections[TD_SECTION_COMMANDS];
  const td_command* commands = (const td_command*)tsr_memory(table->address, table->count * table->entry_bytes);
  bool named = channel == 0;
  for (uint32_t i = 0; i < table->count && !named; i++) {
    named = commands[i].opcode == TD_OP_DMA && commands[i].unit == channel;
  }
  return named;
}

/* Slots: the tiles of the deployment in its order, the vector unit if there is one, the DMA channels in use. */
static bool add_units(rt_executor* executor, const rt_chip* chip) {
  const rt_table* table = &executor->deployment->sections[TD_SECTION_TILES];
  const td_tile* tiles = (const td_tile*)tsr_memory(table->address, table->count * table->entry_bytes);
  for (uint32_t i = 0; i < table->count; i++) {
    if (!add_unit(executor, TSR_UNIT_TILE, tiles[i].tile, tiles[i].passes_per_inference)) {
      return false;
    }
  }
  if (chip->vector_present && !add_unit(executor, TSR_UNIT_VECTOR, 0, 0)) {
    return false;
  }
  for (uint32_t channel = 0; channel < chip->dma_channels; channel++) {
    if (uses_dma(executor->deployment, channel) && !add_unit(executor, TSR_UNIT_DMA, channel, 0)) {
      return false;
    }
  }
  return true;
}

static uint16_t find_slot(const rt_executor* executor, const td_command* command) {
  const uint32_t kind = command->opcode == TD_OP_TILE     ? TSR_UNIT_TILE
                        : command->opcode == TD_OP_VECTOR ? TSR_UNIT_VECTOR
                                                          : TSR_UNIT_DMA;
  const uint32_t index = kind == TSR_UNIT_VECTOR ? 0u : command->unit;
  for (uint32_t slot = 0; slot < executor->unit_count; slot++) {
    if (executor->units[slot].unit.kind == kind && executor->units[slot].unit.index == index) {
      return (uint16_t)slot;
    }
  }
  return RT_NO_SLOT;
}

static bool has_interrupt(const td_command* command) {
  if (command->opcode == TD_OP_VECTOR) {
    return (((const td_vector_job*)tsr_memory(command->address, sizeof(td_vector_job)))->flags & TD_TILE_INTERRUPT) !=
           0;
  }
  /* td_tile_job and td_dma_job begin alike: tag, layer, flags. */
  return (((const td_dma_job*)tsr_memory(command->address, sizeof(td_dma_job)))->flags & TD_TILE_INTERRUPT) != 0;
}

static bool is_unit_job(uint32_t opcode) {
  return opcode == TD_OP_TILE || opcode == TD_OP_VECTOR || opcode == TD_OP_DMA;
}

static bool unpack_commands(rt_executor* executor) {
  const rt_table* table = &executor->deployment->sections[TD_SECTION_COMMANDS];
  const td_command* commands = (const td_command*)tsr_memory(table->address, table->count * table->entry_bytes);
  for (uint32_t i = 0; i < table->count; i++) {
    const td_command command = commands[i];
    rt_step* step = &executor->steps[i];
    *step = (rt_step){command.opcode, false, RT_NO_SLOT, command.address, command.tag, command.layer};
    if (!is_unit_job(command.opcode)) {
      continue;
    }
    step->slot = find_slot(executor, &command);
    step->interrupts = has_interrupt(&command);
    executor->units[step->slot].jobs++;
    executor->units[step->slot].last_tag = command.tag;
  }
  executor->step_count = table->count;
  return true;
}

static uint32_t write_job(uint32_t address, uint32_t tag, uint32_t src, uint32_t dst, uint32_t bytes, uint16_t flags) {
  td_dma_job* job = (td_dma_job*)tsr_memory(address, sizeof(td_dma_job));
  *job = (td_dma_job){0};
  job->tag = tag;
  job->layer = TD_LAYER_RUNTIME;
  job->flags = (uint16_t)(flags | TD_TILE_INTERRUPT);
  job->src = src;
  job->dst = dst;
  job->count[0] = bytes;
  job->count[1] = 1;
  job->count[2] = 1;
  return address;
}

static void plan_transfers(rt_executor* executor, const rt_chip* chip) {
  const rt_deployment* deployment = executor->deployment;
  executor->input_slot = RT_NO_SLOT;
  if (chip->dma_channels == 0) {
    return;
  }
  const td_command first_channel = {.opcode = TD_OP_DMA, .unit = 0};
  executor->input_slot = find_slot(executor, &first_channel);
  rt_unit* dma = &executor->units[executor->input_slot];
  dma->jobs++; /* the input; the output follows after the proof */
  if (dma->jobs == 1u) {
    dma->last_tag = RT_TAG_INPUT;
  }
  const uint32_t scratch = (deployment->model.arena_base + deployment->model.arena_bytes + 15u) & ~15u;
  executor->input_job = write_job(scratch, RT_TAG_INPUT, TSR_STREAM_IN_ADDRESS, deployment->input_address,
                                  deployment->input_bytes, TD_DMA_FIXED_SRC);
  executor->output_job = write_job(scratch + (uint32_t)sizeof(td_dma_job), RT_TAG_OUTPUT, deployment->output_address,
                                   TSR_STREAM_OUT_ADDRESS, deployment->output_bytes, TD_DMA_FIXED_DST);
}
_Static_assert(2 * sizeof(td_dma_job) <= RT_SCRATCH_BYTES, "the compiler leaves room for the runtime's descriptors");

bool rt_executor_init(rt_executor* executor, const rt_deployment* deployment, const rt_chip* chip, void* memory,
                      uint32_t memory_bytes) {
  *executor = (rt_executor){0};
  executor->deployment = deployment;
  const uint32_t units =
      deployment->sections[TD_SECTION_TILES].count + (chip->vector_present ? 1u : 0u) + chip->dma_channels;
  const uint32_t steps = deployment->sections[TD_SECTION_COMMANDS].count;
  arena room = {(uint8_t*)memory, memory_bytes, 0};
  executor->units = (rt_unit*)take(&room, (uint64_t)units * sizeof(rt_unit));
  executor->pending = (uint16_t*)take(&room, (uint64_t)units * sizeof(uint16_t));
  executor->steps = (rt_step*)take(&room, (uint64_t)steps * sizeof(rt_step));
  if (executor->units == NULL || executor->pending == NULL || executor->steps == NULL) {
    executor->failure.kind = RT_NO_MEMORY;
    executor->failure.found = memory_bytes;
    executor->failure.expected = room.wanted;
    return false;
  }
  if (!add_units(executor, chip) || !unpack_commands(executor)) {
    return false;
  }
  plan_transfers(executor, chip);
  return true;
}
