/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tile_job.h
 * @brief A tile's job on the CPU: what an ideal tile with exact converters computes, byte for byte. The baseline that
 * tiles are compared with; the same file is compiled for target and host.
 */
#ifndef TSR_TILE_JOB_H
#define TSR_TILE_JOB_H

#include <stdint.h>

#include "sw/deployment/tessera_deployment.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Where the job's bus addresses are in memory. */
typedef struct tsr_tile_operands {
  const int8_t* source;       /* job->src: in_h x in_w x in_c */
  void* destination;          /* job->dst */
  const int32_t* partial;     /* job->partial_src; not read without TD_TILE_ADD_PARTIAL */
  const td_channel* channels; /* job->channels; not read with TD_TILE_STORE_PARTIAL */
  const int16_t* weights;     /* outputs x rows, as tsr_tile_weights writes them */
  const int32_t* weight_sums; /* of each output, likewise; null: products are those of q + 128 */
  uint8_t* codes;             /* room for `rows` input codes */
} tsr_tile_operands;

/**
 * Signed weights of a job's rectangle from the levels of its cells.
 * @param levels of the region that holds the rectangle, row-major
 * @param weights outputs x rows; @param sums of each output's weights
 */
void tsr_tile_weights(const td_tile_job* job, const td_region* region, const uint8_t* levels, int16_t* weights,
                      int32_t* sums);

/** Computes and stores every product of the job. Accumulators saturate at 32 bits. */
void tsr_tile_job_execute(const td_tile_job* job, const tsr_tile_operands* operands);

#ifdef __cplusplus
}
#endif
#endif
