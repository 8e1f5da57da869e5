/* SPDX-License-Identifier: Apache-2.0 */
#include "calibration.h"

#include <stddef.h>

#include "tessera_registers.h"
#include "tsr_clint.h"
#include "tsr_port.h"
#include "tsr_uart.h"

#define JOB_TICKS TSR_TICKS_PER_SECOND

/* A section that rt_deployment_open has not looked at; the levels of the cells need not be in the ROM. */
static bool find(uint32_t kind, uint32_t entry_bytes, rt_table* found) {
  const td_header* header = (const td_header*)tsr_memory(TD_ROM_BASE, sizeof(td_header));
  const td_section* table = (const td_section*)tsr_memory(TD_ROM_BASE + (uint32_t)sizeof(td_header),
                                                          header->section_count * (uint32_t)sizeof(td_section));
  for (uint32_t i = 0; i < header->section_count; i++) {
    if (table[i].kind == kind && table[i].offset <= TD_ROM_BYTES && table[i].bytes <= TD_ROM_BYTES - table[i].offset) {
      *found = (rt_table){TD_ROM_BASE + table[i].offset, table[i].bytes / entry_bytes, entry_bytes};
      return table[i].entry_bytes == entry_bytes &&
             rt_crc32(0, tsr_memory(found->address, table[i].bytes), table[i].bytes) == table[i].crc32;
    }
  }
  return false;
}

/* The regions of a tile as areas. @return their number, or UINT32_MAX: one is malformed, or there are too many */
static uint32_t areas_of(rt_calibration* calibration, const rt_table* regions, const rt_table* cells, uint32_t tile) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < regions->count; i++) {
    const td_region* region =
        (const td_region*)tsr_memory(regions->address + i * regions->entry_bytes, sizeof(td_region));
    if (region->tile != tile) {
      continue;
    }
    const uint32_t bytes = (uint32_t)region->rows * region->columns;
    if (count == TSR_ADC_MOST_AREAS || region->column0 % 2u != 0 || region->columns % 2u != 0 || bytes > cells->count ||
        region->cells_offset > cells->count - bytes) {
      return UINT32_MAX;
    }
    calibration->areas[count++] =
        (tsr_adc_area){region->row0,
                       region->rows,
                       (uint16_t)(region->column0 / 2u),
                       (uint16_t)(region->columns / 2u),
                       (const uint8_t*)tsr_memory(cells->address + region->cells_offset, bytes),
                       region->columns};
  }
  return count;
}

/* "1.25" of 320 / 256. */
static void print_errors(const tsr_adc_errors* errors) {
  const uint32_t lsb = (errors->offset * 1000u + 128u) / 256u;
  const uint32_t gain = errors->gain / 10u; /* in 1e-5 */
  tsr_printf("%u.%03u LSB, %u.%03u %%", (unsigned)(lsb / 1000u), (unsigned)(lsb % 1000u), (unsigned)(gain / 1000u),
             (unsigned)(gain % 1000u));
}

static void print(uint32_t tile, const rt_calibration* calibration, const tsr_calibration_report* report) {
  tsr_printf("tessera: tile %u calibrated: %u converters (%u without gain): offset, gain error ", (unsigned)tile,
             (unsigned)(report->trimmed + report->offset_only), (unsigned)report->offset_only);
  print_errors(&report->before);
  tsr_printf(" -> ");
  print_errors(&report->after);
  tsr_printf(", %u us\n", (unsigned)(report->ticks / 10u));
  for (uint32_t k = 0; k < report->converters; k++) {
    if (calibration->sums[k].state == TSR_ADC_BAD) {
      tsr_printf("tessera: tile %u: converter %u does not answer or is too far off\n", (unsigned)tile, (unsigned)k);
    }
  }
}

static tsr_status calibrate_tile(rt_calibration* calibration, const rt_table* regions, const rt_table* cells,
                                 uint32_t tile) {
  tsr_unit unit;
  tsr_calibration how = {.areas = calibration->areas,
                         .area_count = areas_of(calibration, regions, cells, tile),
                         .repeats = TSR_ADC_REPEATS,
                         .scratch = TD_SRAM_BASE,
                         .timeout = JOB_TICKS,
                         .work = &calibration->work,
                         .sums = calibration->sums,
                         .room = TSR_ADC_MOST_CONVERTERS};
  if (how.area_count == UINT32_MAX) {
    return TSR_BAD_ARGUMENT;
  }
  tsr_status status = tsr_unit_init(&unit, TSR_UNIT_TILE, tile);
  if (status == TSR_OK) {
    status = tsr_unit_attach(&unit);
  }
  if (status != TSR_OK) {
    return status;
  }
  tsr_calibration_report report;
  status = tsr_tile_calibrate(&unit, &how, &report);
  tsr_unit_detach(&unit);
  if (status == TSR_NO_DEVICE) {
    tsr_printf("tessera: tile %u: no converters to calibrate\n", (unsigned)tile);
    return TSR_OK;
  }
  if (status == TSR_OK) {
    print(tile, calibration, &report);
    calibration->tiles++;
    calibration->converters += report.trimmed + report.offset_only + report.bad;
    calibration->bad += report.bad;
  }
  return status;
}

tsr_status rt_calibrate(rt_calibration* calibration, const rt_deployment* deployment) {
  calibration->tiles = calibration->converters = calibration->bad = 0;
  calibration->failed_tile = 0;
  rt_table regions;
  rt_table cells;
  if (!find(TD_SECTION_REGIONS, sizeof(td_region), &regions) || !find(TD_SECTION_CELLS, 1, &cells)) {
    return TSR_NO_DEVICE;
  }
  const rt_table* tiles = &deployment->sections[TD_SECTION_TILES];
  for (uint32_t i = 0; i < tiles->count; i++) {
    const td_tile* used = (const td_tile*)tsr_memory(tiles->address + i * tiles->entry_bytes, sizeof(td_tile));
    const tsr_status status = calibrate_tile(calibration, &regions, &cells, used->tile);
    if (status != TSR_OK) {
      calibration->failed_tile = used->tile;
      return status;
    }
  }
  return TSR_OK;
}
