/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cpumark_work.h
 * @brief The work of cpumark: what embedded processors are measured with, and no hardware access, so that the same
 * source compiled for a computer gives the checksums that the chip must reach.
 *
 * One iteration: a linked list is searched, reversed and sorted twice; a scanner classifies the numbers of a text, once
 * as it is and once with faults; 12 x 12 matrices are scaled, multiplied and folded; every result goes through a
 * CRC-16.
 */
#ifndef CPUMARK_WORK_H
#define CPUMARK_WORK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cpumark_part { CPUMARK_LIST, CPUMARK_STATES, CPUMARK_MATRIX, CPUMARK_PARTS };

/** Brings all data to the state they have before the first iteration. */
void cpumark_reset(uint16_t seed);
/** One part of an iteration. @return its checksum, chained to `crc` */
uint16_t cpumark_part(enum cpumark_part part, uint16_t crc);
/** All parts. */
uint16_t cpumark_iteration(uint16_t crc);

#ifdef __cplusplus
}
#endif
#endif
