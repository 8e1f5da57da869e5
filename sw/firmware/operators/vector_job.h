/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file vector_job.h
 * @brief A vector unit's job on the CPU, byte for byte; the same file is compiled for target and host.
 */
#ifndef TSR_VECTOR_JOB_H
#define TSR_VECTOR_JOB_H

#include <stdint.h>

#include "sw/deployment/tessera_deployment.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Where the job's bus addresses are in memory; what an operator does not use is not read. */
typedef struct tsr_vector_operands {
  const int8_t* source0;
  const int8_t* source1;
  int8_t* destination;
  const int8_t* weights;
  const td_channel* channels;
} tsr_vector_operands;

/** Computes and stores the whole output tensor. The descriptor must be one that the vector unit accepts. */
void tsr_vector_job_execute(const td_vector_job* job, const tsr_vector_operands* operands);

#ifdef __cplusplus
}
#endif
#endif
