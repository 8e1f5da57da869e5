/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file report.h
 * @brief What the runtime says on the UART. Results are collected and printed outside of the measured inferences.
 */
#ifndef RT_REPORT_H
#define RT_REPORT_H

#include <stdint.h>

#include "deployment.h"
#include "executor.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RT_RESULTS 2048u
#define RT_NO_FRAME UINT32_MAX

typedef struct rt_result {
  uint32_t frame;
  uint16_t class_number; /* index of the largest output */
  int16_t score;         /* that output, quantised */
} rt_result;

/** Results since the last flush, and sums over all. Zero-initialise. */
typedef struct rt_results {
  rt_result entries[RT_RESULTS];
  uint32_t count;
  uint32_t frames;
  uint64_t ticks, least_ticks, most_ticks;
} rt_results;

/** Notes the first largest of `count` outputs of a frame that took `ticks`; prints all noted ones if the memory is
 * full. */
void rt_results_add(rt_results* results, uint32_t frame, const int8_t* outputs, uint32_t count, uint64_t ticks);
/** Prints what was noted: "frame 3: class 7, score 112". */
void rt_results_flush(rt_results* results);
/** Prints number of frames and time per inference. */
void rt_results_summary(const rt_results* results);

void rt_report_problem(const rt_problem* problem);
/** Prints the failure and returns the exit code that belongs to it. */
uint32_t rt_report_failure(const rt_failure* failure, uint32_t frame);

#ifdef __cplusplus
}
#endif
#endif
