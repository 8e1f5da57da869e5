/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include "tsr_clint.h"
#include "tsr_uart.h"

void rt_results_add(rt_results* results, uint32_t frame, const int8_t* outputs, uint32_t count, uint64_t ticks) {
  if (results->count == RT_RESULTS) {
    rt_results_flush(results);
  }
  uint32_t best = 0;
  for (uint32_t i = 1; i < count; i++) {
    best = outputs[i] > outputs[best] ? i : best;
  }
  results->entries[results->count++] = (rt_result){frame, (uint16_t)best, outputs[best]};
  results->least_ticks = results->frames == 0 || ticks < results->least_ticks ? ticks : results->least_ticks;
  results->most_ticks = ticks > results->most_ticks ? ticks : results->most_ticks;
  results->ticks += ticks;
  results->frames++;
}

void rt_results_flush(rt_results* results) {
  for (uint32_t i = 0; i < results->count; i++) {
    const rt_result* entry = &results->entries[i];
    tsr_printf("frame %u: class %u, score %d\n", (unsigned)entry->frame, (unsigned)entry->class_number, entry->score);
  }
  results->count = 0;
}

/* Ticks as microseconds with one decimal. */
static void print_time(const char* before, uint64_t ticks) {
  tsr_printf("%s%llu.%u us", before, (unsigned long long)(ticks / TSR_TICKS_PER_MICROSECOND),
             (unsigned)(ticks % TSR_TICKS_PER_MICROSECOND));
}

void rt_results_summary(const rt_results* results) {
  tsr_printf("tessera: %u frames done", (unsigned)results->frames);
  if (results->frames > 0) {
    print_time("; time per inference: mean ", results->ticks / results->frames);
    print_time(", least ", results->least_ticks);
    print_time(", most ", results->most_ticks);
  }
  tsr_printf("\n");
}

void rt_report_problem(const rt_problem* problem) {
  tsr_printf("tessera: deployment refused: %s", problem->what);
  if (problem->index != RT_NO_INDEX) {
    tsr_printf(" %u", (unsigned)problem->index);
  }
  tsr_printf(": found 0x%llx, expected 0x%llx; %s\n", (unsigned long long)problem->found,
             (unsigned long long)problem->expected, problem->advice);
}

uint32_t rt_report_failure(const rt_failure* failure, uint32_t frame) {
  const tsr_unit* unit = &failure->unit;
  const char* kind = tsr_unit_kind_text(unit);
  const unsigned index = unit->index;
  const unsigned tag = (unsigned)failure->tag;
  const unsigned long long found = failure->found;
  const unsigned long long expected = failure->expected;
  tsr_printf("tessera: failed");
  if (frame != RT_NO_FRAME) {
    tsr_printf(" in frame %u", (unsigned)frame);
  }
  switch (failure->kind) {
    case RT_FINE:
      break;
    case RT_UNIT_FAILED:
      tsr_printf(": %s %u: %s (code %u) in the job with tag %u\n", kind, index, tsr_unit_error_text(failure->code),
                 (unsigned)failure->code, tag);
      return TSR_EXIT_UNIT;
    case RT_UNIT_STUCK:
      tsr_printf(": %s %u did not finish the job with tag %u in time: %llu jobs done, %llu submitted\n", kind, index,
                 tag, found, expected);
      return TSR_EXIT_TIMEOUT;
    case RT_JOBS_LOST:
      tsr_printf(": %s %u did %llu jobs, the schedule has %llu; last tag is %u, expected %u: a job was left out\n",
                 kind, index, found, expected, (unsigned)failure->code, tag);
      return TSR_EXIT_LOST_JOB;
    case RT_EVENTS_DIFFER:
      tsr_printf(": %s %u is at event %llu, expected %llu after the job with tag %u: array passes are missing\n", kind,
                 index, found, expected, tag);
      return TSR_EXIT_LOST_JOB;
    case RT_NO_MEMORY:
      tsr_printf(": the schedule needs %llu bytes of CPU memory, %llu are free; use a larger CPU memory\n", expected,
                 found);
      return TSR_EXIT_REFUSED;
    case RT_NO_UNIT:
      tsr_printf(": %s %u cannot be used: %s\n", kind, index, tsr_status_text((tsr_status)failure->code));
      return TSR_EXIT_REFUSED;
  }
  tsr_printf(": no reason given\n");
  return TSR_EXIT_GENERAL;
}
