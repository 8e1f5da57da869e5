/* SPDX-License-Identifier: Apache-2.0 */
#include "deployment.h"

#include <stddef.h>

#include "tsr_port.h"

#define ROM_WINDOW 0x10000000u /* 0x2000_0000 .. 0x2FFF_FFFF */
#define MOST_SECTIONS 64u
#define TILE_END 0x80000000u /* the CPU's memory follows the tiles */
#define RECOMPILE "compile the network again for this platform"
#define DAMAGED "the image is damaged: compile it again"
#define BAD_TABLE "the compiler wrote an inconsistent image"

/* Sections whose content the runtime or the units it starts depend on; names and layers are for reports. */
static const struct {
  uint32_t kind;
  uint32_t entry_bytes;
  bool required;
  const char* crc_text;
} known[] = {
    {TD_SECTION_MODEL, sizeof(td_model), true, "CRC of section MODEL"},
    {TD_SECTION_TENSORS, sizeof(td_tensor), true, "CRC of section TENSORS"},
    {TD_SECTION_TILES, sizeof(td_tile), false, "CRC of section TILES"},
    {TD_SECTION_COMMANDS, sizeof(td_command), true, "CRC of section COMMANDS"},
    {TD_SECTION_TILE_JOBS, sizeof(td_tile_job), false, "CRC of section TILE_JOBS"},
    {TD_SECTION_VECTOR_JOBS, sizeof(td_vector_job), false, "CRC of section VECTOR_JOBS"},
    {TD_SECTION_DMA_JOBS, sizeof(td_dma_job), false, "CRC of section DMA_JOBS"},
    {TD_SECTION_CPU_JOBS, sizeof(td_cpu_job), false, "CRC of section CPU_JOBS"},
    {TD_SECTION_CHANNELS, sizeof(td_channel), false, "CRC of section CHANNELS"},
    {TD_SECTION_CONSTANTS, 1, false, "CRC of section CONSTANTS"},
};

static bool refuse(rt_problem* problem, const char* what, uint32_t index, uint64_t found, uint64_t expected,
                   const char* advice) {
  problem->what = what;
  problem->index = index;
  problem->found = found;
  problem->expected = expected;
  problem->advice = advice;
  return false;
}

static bool check_header(const td_header* header, uint32_t base, const rt_chip* chip, rt_problem* problem) {
  if (header->magic != TD_MAGIC) {
    return refuse(problem, "magic number", RT_NO_INDEX, header->magic, TD_MAGIC, "there is no deployment in the ROM");
  }
  if (header->version_major != TD_VERSION_MAJOR) {
    return refuse(problem, "format version", RT_NO_INDEX, header->version_major, TD_VERSION_MAJOR,
                  "compile it with the compiler of this release");
  }
  const uint32_t count = header->section_count;
  if (count > MOST_SECTIONS) {
    return refuse(problem, "number of sections", RT_NO_INDEX, count, MOST_SECTIONS, DAMAGED);
  }
  const uint32_t table_end = (uint32_t)sizeof(td_header) + count * (uint32_t)sizeof(td_section);
  if (header->rom_bytes < table_end || header->rom_bytes > ROM_WINDOW) {
    return refuse(problem, "size of the ROM image", RT_NO_INDEX, header->rom_bytes, table_end, DAMAGED);
  }
  static const uint32_t zero = 0; /* the CRC covers its own field as 0 */
  uint32_t crc = rt_crc32(0, header, (uint32_t)offsetof(td_header, crc32));
  crc = rt_crc32(crc, &zero, sizeof zero);
  crc = rt_crc32(crc, tsr_memory(base + (uint32_t)sizeof(td_header), table_end - (uint32_t)sizeof(td_header)),
                 table_end - (uint32_t)sizeof(td_header));
  if (crc != header->crc32) {
    return refuse(problem, "CRC of header and section table", RT_NO_INDEX, header->crc32, crc, DAMAGED);
  }
  if (header->platform_hash != chip->platform_hash) {
    return refuse(problem, "platform hash", RT_NO_INDEX, header->platform_hash, chip->platform_hash, RECOMPILE);
  }
  return true;
}

static bool check_sections(rt_deployment* deployment, const td_header* header, uint32_t base, rt_problem* problem) {
  const td_section* table = (const td_section*)tsr_memory(base + (uint32_t)sizeof(td_header),
                                                          header->section_count * (uint32_t)sizeof(td_section));
  const uint32_t kinds = (uint32_t)(sizeof known / sizeof known[0]);
  for (uint32_t i = 0; i < header->section_count; i++) {
    const td_section section = table[i];
    if (section.kind == 0 || section.kind >= RT_KINDS || section.kind == TD_SECTION_CELLS) {
      continue; /* of a later version, or not in the ROM */
    }
    rt_table* place = &deployment->sections[section.kind];
    if (place->entry_bytes != 0) {
      return refuse(problem, "kind given twice, section", i, section.kind, 0, BAD_TABLE);
    }
    if ((uint64_t)section.count * section.entry_bytes != section.bytes || (section.offset & 15u) != 0 ||
        section.offset > header->rom_bytes || section.bytes > header->rom_bytes - section.offset) {
      return refuse(problem, "offset or size of section", i, section.offset, 0, BAD_TABLE);
    }
    *place = (rt_table){base + section.offset, section.count, section.entry_bytes == 0 ? 1u : section.entry_bytes};
    for (uint32_t k = 0; k < kinds; k++) {
      if (known[k].kind != section.kind) {
        continue;
      }
      if (section.count > 0 && section.entry_bytes != known[k].entry_bytes) {
        return refuse(problem, "bytes of one entry of section", i, section.entry_bytes, known[k].entry_bytes,
                      BAD_TABLE);
      }
      const uint32_t crc = rt_crc32(0, tsr_memory(place->address, section.bytes), section.bytes);
      if (crc != section.crc32) {
        return refuse(problem, known[k].crc_text, RT_NO_INDEX, section.crc32, crc, DAMAGED);
      }
    }
  }
  for (uint32_t k = 0; k < kinds; k++) {
    if (known[k].required && deployment->sections[known[k].kind].count == 0) {
      return refuse(problem, "section of required kind is missing:", known[k].kind, 0, 1, BAD_TABLE);
    }
  }
  return true;
}

/* Whether a range lies in the part of the shared SRAM or of the external DRAM that the deployment uses. */
static bool in_memory(const td_model* model, uint32_t address, uint64_t bytes) {
  const bool dram = address >= TD_DRAM_BASE && model->dram_bytes != 0;
  const uint32_t base = dram ? TD_DRAM_BASE : model->arena_base;
  const uint32_t size = dram ? model->dram_bytes : model->arena_bytes;
  return address >= base && bytes <= size && address - base <= size - bytes;
}

static bool tensor(const rt_deployment* deployment, uint32_t index, uint32_t bytes, uint32_t* address,
                   rt_problem* problem) {
  const rt_table* tensors = &deployment->sections[TD_SECTION_TENSORS];
  if (index >= tensors->count) {
    return refuse(problem, "index of input or output tensor", RT_NO_INDEX, index, tensors->count - 1u, BAD_TABLE);
  }
  const td_tensor* entry =
      (const td_tensor*)tsr_memory(tensors->address, tensors->count * tensors->entry_bytes) + index;
  if (entry->bytes != bytes || bytes == 0) {
    return refuse(problem, "bytes of tensor", index, entry->bytes, bytes, BAD_TABLE);
  }
  if (!in_memory(&deployment->model, entry->address, bytes)) {
    return refuse(problem, "tensor outside the arena:", index, entry->address, deployment->model.arena_base, BAD_TABLE);
  }
  *address = entry->address;
  return true;
}

static bool check_model(rt_deployment* deployment, const rt_chip* chip, rt_problem* problem) {
  deployment->model = *(const td_model*)tsr_memory(deployment->sections[TD_SECTION_MODEL].address, sizeof(td_model));
  const td_model* model = &deployment->model;
  /* The tail of the address space keeps the sums below free of wrap-around. */
  if (model->arena_base < TD_SRAM_BASE || model->arena_bytes > 0x60000000u ||
      model->arena_base - TD_SRAM_BASE > 0x60000000u - model->arena_bytes) {
    return refuse(problem, "arena outside the shared SRAM", RT_NO_INDEX, model->arena_base, TD_SRAM_BASE, BAD_TABLE);
  }
  if (model->dram_bytes > chip->dram_bytes) {
    return refuse(problem, "bytes of external DRAM that the network needs", RT_NO_INDEX, model->dram_bytes,
                  chip->dram_bytes, RECOMPILE);
  }
  if (!tensor(deployment, model->input_tensor, model->frame_bytes, &deployment->input_address, problem) ||
      !tensor(deployment, model->output_tensor, model->result_bytes, &deployment->output_address, problem)) {
    return false;
  }
  deployment->input_bytes = model->frame_bytes;
  deployment->output_bytes = model->result_bytes;
  if (chip->frame_bytes != 0 && chip->frame_bytes != model->frame_bytes) {
    return refuse(problem, "bytes of one frame of the stream", RT_NO_INDEX, chip->frame_bytes, model->frame_bytes,
                  "feed frames of the network's input size");
  }
  return true;
}

static bool check_tiles(const rt_deployment* deployment, const rt_chip* chip, rt_problem* problem) {
  const rt_table* table = &deployment->sections[TD_SECTION_TILES];
  const td_tile* tiles = (const td_tile*)tsr_memory(table->address, table->count * table->entry_bytes);
  for (uint32_t i = 0; i < table->count; i++) {
    if (tiles[i].tile >= chip->tiles) {
      return refuse(problem, "number of a tile in entry", i, tiles[i].tile, chip->tiles - 1u, RECOMPILE);
    }
    for (uint32_t j = 0; j < i; j++) {
      if (tiles[j].tile == tiles[i].tile) {
        return refuse(problem, "tile given twice, entry", i, tiles[i].tile, 0, BAD_TABLE);
      }
    }
  }
  return true;
}

static bool uses_tile(const rt_deployment* deployment, uint32_t tile) {
  const rt_table* table = &deployment->sections[TD_SECTION_TILES];
  const td_tile* tiles = (const td_tile*)tsr_memory(table->address, table->count * table->entry_bytes);
  for (uint32_t i = 0; i < table->count; i++) {
    if (tiles[i].tile == tile) {
      return true;
    }
  }
  return false;
}

/* Whether a range that begins in the tiles' part of the map lies in the input buffers' part of a tile that the
 * deployment uses. How much of that part is there the tile itself knows: beyond it, it answers with a bus error. */
static bool in_used_tile(const rt_deployment* deployment, uint32_t address, uint64_t bytes) {
  if (address < TD_TILE_BASE || address >= TILE_END) {
    return true; /* memory, which the unit checks */
  }
  const uint32_t offset = (address - TD_TILE_BASE) % TD_TILE_STRIDE;
  return offset >= TD_TILE_INPUT_BUFFER_OFFSET && bytes <= TD_TILE_STRIDE - offset &&
         uses_tile(deployment, (address - TD_TILE_BASE) / TD_TILE_STRIDE);
}

static bool check_tile_job(const rt_deployment* deployment, const td_command* command, uint32_t index,
                           rt_problem* problem) {
  const td_tile_job* job = (const td_tile_job*)tsr_memory(command->address, sizeof(td_tile_job));
  const uint64_t end = (uint64_t)job->product_first + job->product_count;
  const uint64_t stored = (job->flags & TD_TILE_STORE_PARTIAL) != 0 ? end * job->outputs * 4u
                          : end == 0                                ? 0
                                                                    : (end - 1u) * job->dst_stride + job->outputs;
  if (!in_used_tile(deployment, job->src, (uint64_t)job->in_h * job->in_w * job->in_c)) {
    return refuse(problem, "source in a tile that is not in use or beyond it, command", index, job->src, TD_TILE_BASE,
                  BAD_TABLE);
  }
  if ((job->flags & TD_TILE_LANE_DRIVE) == 0 && !in_used_tile(deployment, job->dst, stored)) {
    return refuse(problem, "result in a tile that is not in use or beyond it, command", index, job->dst, TD_TILE_BASE,
                  BAD_TABLE);
  }
  return true;
}

static bool check_vector_job(const rt_deployment* deployment, const td_command* command, uint32_t index,
                             rt_problem* problem) {
  const td_vector_job* job = (const td_vector_job*)tsr_memory(command->address, sizeof(td_vector_job));
  const uint64_t in = (uint64_t)job->in_h * job->in_w * job->in_c;
  if (!in_used_tile(deployment, job->src0, in) ||
      (job->op == TD_VECTOR_ADD && !in_used_tile(deployment, job->src1, in))) {
    return refuse(problem, "source in a tile that is not in use or beyond it, command", index, job->src0, TD_TILE_BASE,
                  BAD_TABLE);
  }
  if (!in_used_tile(deployment, job->dst, (uint64_t)job->out_h * job->out_w * job->out_c)) {
    return refuse(problem, "result in a tile that is not in use or beyond it, command", index, job->dst, TD_TILE_BASE,
                  BAD_TABLE);
  }
  return true;
}

/* A command's descriptor must be an entry of the section for its kind, with the command's tag. */
static bool check_job(const rt_deployment* deployment, const td_command* command, uint32_t index, uint32_t kind,
                      rt_problem* problem) {
  const rt_table* table = &deployment->sections[kind];
  const uint32_t offset = command->address - table->address;
  if (command->address < table->address || table->count == 0 || offset % table->entry_bytes != 0 ||
      offset / table->entry_bytes >= table->count) {
    return refuse(problem, "descriptor address of command", index, command->address, table->address, BAD_TABLE);
  }
  const uint32_t tag = *(const uint32_t*)tsr_memory(command->address, sizeof(uint32_t)); /* first in every job */
  if (tag != command->tag || tag == 0) {
    return refuse(problem, "tag of command", index, command->tag, tag, BAD_TABLE);
  }
  return true;
}

static bool check_cpu_job(const rt_deployment* deployment, const td_command* command, uint32_t index,
                          rt_problem* problem) {
  const td_cpu_job* job = (const td_cpu_job*)tsr_memory(command->address, sizeof(td_cpu_job));
  const td_model* model = &deployment->model;
  if (job->op != TD_CPU_SOFTMAX) {
    return refuse(problem, "CPU operator of command", index, job->op, TD_CPU_SOFTMAX,
                  "use the runtime of the compiler's release");
  }
  const uint64_t bytes = (uint64_t)job->rows * job->columns;
  if (bytes == 0 || !in_memory(model, job->src, bytes) || !in_memory(model, job->dst, bytes)) {
    return refuse(problem, "CPU job outside the arena, command", index, job->src, model->arena_base, BAD_TABLE);
  }
  if (job->shift < 0 || job->shift > 31 || job->diff_min > 0) {
    return refuse(problem, "softmax parameter of command", index, (uint32_t)job->shift, 31, BAD_TABLE);
  }
  return true;
}

static bool check_command(const rt_deployment* deployment, const rt_chip* chip, const td_command* command,
                          uint32_t index, rt_problem* problem) {
  switch (command->opcode) {
    case TD_OP_TILE:
      if (!uses_tile(deployment, command->unit)) {
        return refuse(problem, "tile that section TILES does not list, command", index, command->unit, 0, BAD_TABLE);
      }
      return check_job(deployment, command, index, TD_SECTION_TILE_JOBS, problem) &&
             check_tile_job(deployment, command, index, problem);
    case TD_OP_VECTOR:
      if (!chip->vector_present) {
        return refuse(problem, "vector unit wanted by command", index, 0, 1, RECOMPILE);
      }
      return check_job(deployment, command, index, TD_SECTION_VECTOR_JOBS, problem) &&
             check_vector_job(deployment, command, index, problem);
    case TD_OP_DMA:
      if (command->unit >= chip->dma_channels) {
        return refuse(problem, "DMA channel of command", index, command->unit, chip->dma_channels, RECOMPILE);
      }
      return check_job(deployment, command, index, TD_SECTION_DMA_JOBS, problem);
    case TD_OP_CPU:
      return check_job(deployment, command, index, TD_SECTION_CPU_JOBS, problem) &&
             check_cpu_job(deployment, command, index, problem);
    case TD_OP_BARRIER:
    case TD_OP_LAYER_BEGIN:
    case TD_OP_LAYER_END:
      return true;
    default:
      return refuse(problem, "operation of command", index, command->opcode, TD_OP_LAYER_END,
                    "use the runtime of the compiler's release");
  }
}

bool rt_deployment_open(rt_deployment* deployment, uint32_t base, const rt_chip* chip, rt_problem* problem) {
  static const rt_deployment empty;
  *deployment = empty;
  const td_header* header = (const td_header*)tsr_memory(base, sizeof(td_header));
  if (!check_header(header, base, chip, problem) || !check_sections(deployment, header, base, problem) ||
      !check_model(deployment, chip, problem) || !check_tiles(deployment, chip, problem)) {
    return false;
  }
  const rt_table* table = &deployment->sections[TD_SECTION_COMMANDS];
  const td_command* commands = (const td_command*)tsr_memory(table->address, table->count * table->entry_bytes);
  for (uint32_t i = 0; i < table->count; i++) {
    const td_command command = commands[i];
    if (!check_command(deployment, chip, &command, i, problem)) {
      return false;
    }
  }
  return true;
}
