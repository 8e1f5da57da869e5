/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file deployment.h
 * @brief Opens a deployment image and refuses what cannot run on this chip.
 */
#ifndef RT_DEPLOYMENT_H
#define RT_DEPLOYMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "sw/deployment/tessera_deployment.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What the deployment must agree with. */
typedef struct rt_chip {
  uint64_t platform_hash;
  uint32_t tiles;
  uint32_t dma_channels;
  uint32_t frame_bytes; /* of the stream port; 0: there is no frame, nothing to check */
  bool vector_present;
  uint32_t dram_bytes; /* external DRAM from TD_DRAM_BASE on; 0: there is none */
} rt_chip;

/** Why a deployment was refused: "<what> <index>: found ..., expected ...; <advice>". */
typedef struct rt_problem {
  const char* what;
  const char* advice;
  uint64_t found;
  uint64_t expected;
  uint32_t index; /* of the table entry; RT_NO_INDEX: not about one */
} rt_problem;
#define RT_NO_INDEX UINT32_MAX

/** Where a table is on the bus. */
typedef struct rt_table {
  uint32_t address;
  uint32_t count;
  uint32_t entry_bytes;
} rt_table;

/** Section kinds are 1..RT_KINDS-1; later ones are ignored. */
#define RT_KINDS 15u

typedef struct rt_deployment {
  td_model model;
  rt_table sections[RT_KINDS]; /* by td_section_kind; count 0 if absent */
  uint32_t input_address, input_bytes;
  uint32_t output_address, output_bytes;
} rt_deployment;

/**
 * Checks the image at bus address `base` against `chip`: magic, version, CRCs, platform hash, section table, and every
 * entry that the runtime uses (tiles, commands, CPU jobs). Nothing that passes can make the runtime access anything
 * but the image, the shared SRAM, the external DRAM and the registers of units that exist.
 * @return true if it can run; otherwise `problem` says why not
 */
bool rt_deployment_open(rt_deployment* deployment, uint32_t base, const rt_chip* chip, rt_problem* problem);

/** zlib's CRC-32 of `count` bytes, going on from `crc` (0 at first). */
uint32_t rt_crc32(uint32_t crc, const void* bytes, uint32_t count);

#ifdef __cplusplus
}
#endif
#endif
