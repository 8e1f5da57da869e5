/* SPDX-License-Identifier: Apache-2.0 */
#include "tsr_system.h"

#include "tessera_registers.h"
#include "tsr_port.h"

static uint32_t read_register(uint32_t offset) {
  return tsr_read32(TSR_SYSTEM_BASE + offset);
}
static void write_register(uint32_t offset, uint32_t value) {
  tsr_write32(TSR_SYSTEM_BASE + offset, value);
}

bool tsr_system_present(void) {
  return read_register(TSR_SYSTEM_ID) == TSR_SYSTEM_ID_RESET;
}
uint32_t tsr_system_grid_rows(void) {
  return read_register(TSR_SYSTEM_GRID_ROWS);
}
uint32_t tsr_system_grid_columns(void) {
  return read_register(TSR_SYSTEM_GRID_COLUMNS);
}
uint32_t tsr_system_tiles(void) {
  return tsr_system_grid_rows() * tsr_system_grid_columns();
}
bool tsr_system_vector_present(void) {
  return read_register(TSR_SYSTEM_VECTOR_PRESENT) != 0;
}
uint32_t tsr_system_dma_channels(void) {
  return read_register(TSR_SYSTEM_DMA_CHANNELS);
}
uint32_t tsr_system_dram_bytes(void) {
  return read_register(TSR_SYSTEM_DRAM_BYTES);
}

uint64_t tsr_system_platform_hash(void) {
  const uint32_t low = read_register(TSR_SYSTEM_PLATFORM_HASH_LO);
  return (uint64_t)read_register(TSR_SYSTEM_PLATFORM_HASH_HI) << 32 | low;
}

static uint32_t region(tsr_region_kind kind, uint32_t number) {
  return (uint32_t)kind << TSR_SYSTEM_MARKER_BEGIN_KIND_SHIFT | (number & TSR_SYSTEM_MARKER_BEGIN_NUMBER);
}

void tsr_marker_begin(tsr_region_kind kind, uint32_t number) {
  write_register(TSR_SYSTEM_MARKER_BEGIN, region(kind, number));
}
void tsr_marker_end(tsr_region_kind kind, uint32_t number) {
  write_register(TSR_SYSTEM_MARKER_END, region(kind, number));
}
void tsr_marker_reset(void) {
  write_register(TSR_SYSTEM_MARKER_RESET, 1);
}
void tsr_marker_dump(void) {
  write_register(TSR_SYSTEM_MARKER_DUMP, 1);
}

uint64_t tsr_bus_counter_read(tsr_bus_counter counter) {
  if ((uint32_t)counter >= TSR_SYSTEM_COUNTER_LO_COUNT) {
    return 0;
  }
  const uint32_t step = (uint32_t)counter * TSR_SYSTEM_COUNTER_LO_STRIDE;
  const uint32_t low = read_register(TSR_SYSTEM_COUNTER_LO + step); /* latches the high word */
  return (uint64_t)read_register(TSR_SYSTEM_COUNTER_HI + step) << 32 | low;
}
