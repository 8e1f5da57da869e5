/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file software.h
 * @brief Executes the jobs of tiles and vector unit on the CPU: the baseline "CPU alone". The deployment must be
 * compiled for exact converters (platform preset ideal); results are those of the ideal chip, byte for byte.
 */
#ifndef RT_SOFTWARE_H
#define RT_SOFTWARE_H

#include <stdbool.h>
#include <stdint.h>

#include "deployment.h"

#ifndef RT_SOFTWARE /* 1: the CPU computes what tiles and vector unit would */
#define RT_SOFTWARE 0
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Weights of one rectangle of cells, as signed numbers in CPU memory. */
typedef struct rt_software_weights {
  uint16_t tile;
  uint32_t descriptor; /* of the first job that uses them */
  int16_t* weights;
  int32_t* sums; /* of each output's weights, where products are those of q - pad_value; else NULL */
} rt_software_weights;

typedef struct rt_software {
  rt_software_weights* entries; /* one for each tile job; jobs on the same cells share weights */
  uint32_t count;
  uint8_t* codes;
  int32_t* lanes;  /* sums of the group of jobs on analog lanes under way */
  uint32_t driven; /* its driving jobs so far */
} rt_software;

typedef enum rt_software_status {
  RT_SOFTWARE_OK = 0,
  RT_SOFTWARE_NO_CELLS, /* the ROM does not hold the levels of the cells, or they are damaged */
  RT_SOFTWARE_NO_MEMORY /* the weights do not fit into the memory that was given */
} rt_software_status;

/**
 * Unpacks the weights of all tile jobs from the ROM at `base`.
 * @param memory, bytes  4-byte aligned room; what was taken is added to *memory and subtracted from *bytes
 */
rt_software_status rt_software_init(rt_software* software, const rt_deployment* deployment, uint32_t base,
                                    uint8_t** memory, uint32_t* bytes);

/** Executes one command: TD_OP_TILE of tile `unit`, or TD_OP_VECTOR, with the descriptor at `address`. */
void rt_software_execute(rt_software* software, uint8_t opcode, uint16_t unit, uint32_t address);

#ifdef __cplusplus
}
#endif
#endif
