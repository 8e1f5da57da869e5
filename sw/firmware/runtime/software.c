/* SPDX-License-Identifier: Apache-2.0 */
#include "software.h"

#include <stddef.h>

#include "tile_job.h"
#include "tsr_port.h"
#include "vector_job.h"

static const td_tile_job* tile_job(uint32_t address) {
  return (const td_tile_job*)tsr_memory(address, sizeof(td_tile_job));
}

static bool same_cells(const td_tile_job* a, const td_tile_job* b) {
  return a->row0 == b->row0 && a->rows == b->rows && a->pair0 == b->pair0 && a->outputs == b->outputs &&
         a->slices == b->slices;
}

/* Levels of all cells, or NULL. */
static const uint8_t* find_cells(uint32_t base, uint32_t* bytes) {
  const td_header* header = (const td_header*)tsr_memory(base, sizeof(td_header));
  const td_section* table = (const td_section*)tsr_memory(base + (uint32_t)sizeof(td_header),
                                                          header->section_count * (uint32_t)sizeof(td_section));
  for (uint32_t i = 0; i < header->section_count; i++) {
    if (table[i].kind == TD_SECTION_CELLS) {
      const uint8_t* cells = (const uint8_t*)tsr_memory(base + table[i].offset, table[i].bytes);
      *bytes = table[i].bytes;
      return rt_crc32(0, cells, table[i].bytes) == table[i].crc32 ? cells : NULL;
    }
  }
  return NULL;
}

/* The region of the tile that holds the job's rectangle, or NULL. */
static const td_region* find_region(const rt_deployment* deployment, uint32_t tile, const td_tile_job* job) {
  const rt_table* table = &deployment->sections[TD_SECTION_REGIONS];
  const td_region* regions = (const td_region*)tsr_memory(table->address, table->count * table->entry_bytes);
  for (uint32_t i = 0; i < table->count; i++) {
    const td_region* r = &regions[i];
    const uint32_t each = (r->coding & TD_CODING_SINGLE_COLUMNS) != 0 ? 1u : 2u;
    const uint32_t column0 = each * job->pair0;
    const uint32_t columns = each * job->outputs * job->slices;
    const uint32_t rows = job->rows * ((r->coding & TD_CODING_ROW_PAIRS) != 0 ? 2u : 1u);
    if (r->tile == tile && job->row0 >= r->row0 && job->row0 + rows <= (uint32_t)r->row0 + r->rows &&
        column0 >= r->column0 && column0 + columns <= (uint32_t)r->column0 + r->columns) {
      return r;
    }
  }
  return NULL;
}

static void* take(uint8_t** memory, uint32_t* bytes, uint32_t wanted) {
  const uint32_t rounded = (wanted + 7u) & ~7u;
  if (rounded > *bytes) {
    return NULL;
  }
  void* place = *memory;
  *memory += rounded;
  *bytes -= rounded;
  return place;
}

static const rt_software_weights* find(const rt_software* software, uint16_t tile, const td_tile_job* job) {
  for (uint32_t i = 0; i < software->count; i++) {
    if (software->entries[i].tile == tile && same_cells(tile_job(software->entries[i].descriptor), job)) {
      return &software->entries[i];
    }
  }
  return NULL;
}

/* Room for the sums of the largest group of jobs on analog lanes, addressed as partial sums are. */
static uint32_t lane_bytes(const td_command* commands, uint32_t count) {
  uint32_t most = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (commands[i].opcode == TD_OP_TILE) {
      const td_tile_job* job = tile_job(commands[i].address);
      const uint64_t bytes = ((uint64_t)job->product_first + job->product_count) * job->outputs * sizeof(int32_t);
      if ((job->flags & TD_TILE_LANE_DRIVE) != 0 && bytes > most) {
        most = bytes > UINT32_MAX / 2u ? UINT32_MAX / 2u : (uint32_t)bytes;
      }
    }
  }
  return most;
}

rt_software_status rt_software_init(rt_software* software, const rt_deployment* deployment, uint32_t base,
                                    uint8_t** memory, uint32_t* bytes) {
  uint32_t cell_bytes = 0;
  const uint8_t* cells = find_cells(base, &cell_bytes);
  const rt_table* table = &deployment->sections[TD_SECTION_COMMANDS];
  const td_command* commands = (const td_command*)tsr_memory(table->address, table->count * table->entry_bytes);
  *software = (rt_software){0};
  software->entries = (rt_software_weights*)take(memory, bytes, table->count * (uint32_t)sizeof(rt_software_weights));
  software->codes = (uint8_t*)take(memory, bytes, UINT16_MAX);
  software->lanes = (int32_t*)take(memory, bytes, lane_bytes(commands, table->count));
  if (software->entries == NULL || software->codes == NULL || software->lanes == NULL) {
    return RT_SOFTWARE_NO_MEMORY;
  }
  for (uint32_t i = 0; i < table->count; i++) {
    if (commands[i].opcode != TD_OP_TILE) {
      continue;
    }
    const td_tile_job* job = tile_job(commands[i].address);
    if (find(software, commands[i].unit, job) != NULL) {
      continue;
    }
    const td_region* region = find_region(deployment, commands[i].unit, job);
    if (cells == NULL || region == NULL ||
        (uint64_t)region->cells_offset + (uint32_t)region->rows * region->columns > cell_bytes) {
      return RT_SOFTWARE_NO_CELLS;
    }
    const uint32_t count = (uint32_t)job->outputs * job->rows;
    int16_t* weights = (int16_t*)take(memory, bytes, count * (uint32_t)sizeof(int16_t));
    int32_t* sums = (int32_t*)take(memory, bytes, job->outputs * (uint32_t)sizeof(int32_t));
    if (weights == NULL || sums == NULL) {
      return RT_SOFTWARE_NO_MEMORY;
    }
    tsr_tile_weights(job, region, cells + region->cells_offset, weights, sums);
    software->entries[software->count++] = (rt_software_weights){
        commands[i].unit, commands[i].address, weights, (region->coding & TD_CODING_CENTRED) != 0 ? sums : NULL};
  }
  return RT_SOFTWARE_OK;
}

static void execute_tile(const rt_software* software, uint16_t unit, uint32_t address) {
  const td_tile_job* job = tile_job(address);
  const rt_software_weights* matrix = find(software, unit, job);
  const uint32_t end = job->product_first + job->product_count;
  const uint32_t elements = end * job->outputs;
  const bool partial = (job->flags & TD_TILE_STORE_PARTIAL) != 0;
  const tsr_tile_operands operands = {
      .source = (const int8_t*)tsr_memory(job->src, (uint32_t)job->in_h * job->in_w * job->in_c),
      .destination = tsr_memory(job->dst, partial ? elements * 4u : end * job->dst_stride),
      .partial =
          (job->flags & TD_TILE_ADD_PARTIAL) != 0 ? (const int32_t*)tsr_memory(job->partial_src, elements * 4u) : NULL,
      .channels =
          partial ? NULL : (const td_channel*)tsr_memory(job->channels, job->outputs * (uint32_t)sizeof(td_channel)),
      .weights = matrix->weights,
      .weight_sums = matrix->sums,
      .codes = software->codes};
  tsr_tile_job_execute(job, &operands);
}

/* Jobs that add on analog lanes: on the CPU, partial sums that never leave its memory. */
static void execute_lanes(rt_software* software, uint16_t unit, uint32_t address) {
  const td_tile_job* original = tile_job(address);
  const bool drives = (original->flags & TD_TILE_LANE_DRIVE) != 0;
  const rt_software_weights* matrix = find(software, unit, original);
  td_tile_job job = *original;
  if (drives) {
    job.flags = (uint16_t)(TD_TILE_STORE_PARTIAL | (software->driven++ > 0 ? TD_TILE_ADD_PARTIAL : 0u));
  } else {
    job.flags = TD_TILE_ADD_PARTIAL;
    software->driven = 0;
  }
  const uint32_t end = job.product_first + job.product_count;
  const tsr_tile_operands operands = {
      .source = (const int8_t*)tsr_memory(job.src, (uint32_t)job.in_h * job.in_w * job.in_c),
      .destination = drives ? software->lanes : tsr_memory(job.dst, end * job.dst_stride),
      .partial = software->lanes,
      .channels =
          drives ? NULL : (const td_channel*)tsr_memory(job.channels, job.outputs * (uint32_t)sizeof(td_channel)),
      .weights = matrix->weights,
      .weight_sums = matrix->sums,
      .codes = software->codes};
  tsr_tile_job_execute(&job, &operands);
}

static void execute_vector(uint32_t address) {
  const td_vector_job* job = (const td_vector_job*)tsr_memory(address, sizeof(td_vector_job));
  const uint32_t in = (uint32_t)job->in_h * job->in_w * job->in_c;
  const uint32_t window = (uint32_t)job->kernel_h * job->kernel_w * job->out_c;
  const bool weighted = job->op == TD_VECTOR_DEPTHWISE || job->op == TD_VECTOR_CONV;
  const tsr_vector_operands operands = {
      .source0 = (const int8_t*)tsr_memory(job->src0, in),
      .source1 = job->op == TD_VECTOR_ADD ? (const int8_t*)tsr_memory(job->src1, in) : NULL,
      .destination = (int8_t*)tsr_memory(job->dst, (uint32_t)job->out_h * job->out_w * job->out_c),
      .weights = weighted
                     ? (const int8_t*)tsr_memory(job->weights, job->op == TD_VECTOR_CONV ? window * job->in_c : window)
                     : NULL,
      .channels =
          weighted ? (const td_channel*)tsr_memory(job->channels, job->out_c * (uint32_t)sizeof(td_channel)) : NULL};
  tsr_vector_job_execute(job, &operands);
}

void rt_software_execute(rt_software* software, uint8_t opcode, uint16_t unit, uint32_t address) {
  if (opcode == TD_OP_TILE && tile_job(address)->lane_group != 0) {
    execute_lanes(software, unit, address);
  } else if (opcode == TD_OP_TILE) {
    execute_tile(software, unit, address);
  } else {
    execute_vector(address);
  }
}
