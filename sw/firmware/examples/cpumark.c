/* SPDX-License-Identifier: Apache-2.0 */
/* How fast is this CPU? Lists, state machines, matrices and checksums, checked against what a computer computes, timed
   with mcycle and counted with minstret. */
#include "cpumark_work.h"
#include "tsr_port.h"
#include "tsr_uart.h"

enum { ITERATIONS = 10, SEED = 0x3415, EXPECTED = 0x867A };

static inline uint32_t cycles(void) {
  uint32_t value;
  __asm__ volatile("csrr %0, mcycle" : "=r"(value)::"memory");
  return value;
}

static inline uint32_t instructions(void) {
  uint32_t value;
  __asm__ volatile("csrr %0, minstret" : "=r"(value)::"memory");
  return value;
}

static void row(const char* name, uint32_t spent_cycles, uint32_t spent_instructions) {
  const uint32_t per_iteration = spent_cycles / ITERATIONS;
  const uint32_t milli_cpi = (uint32_t)((uint64_t)spent_cycles * 1000u / spent_instructions);
  tsr_printf("%s %8u cycles, %8u instructions an iteration, %u.%03u cycles per instruction\n", name,
             (unsigned)per_iteration, (unsigned)(spent_instructions / ITERATIONS), (unsigned)(milli_cpi / 1000u),
             (unsigned)(milli_cpi % 1000u));
}

int main(void) {
  static const char* const names[CPUMARK_PARTS] = {"list  ", "states", "matrix"};
  uint32_t spent_cycles[CPUMARK_PARTS] = {0};
  uint32_t spent_instructions[CPUMARK_PARTS] = {0};
  uint32_t all_cycles = 0;
  uint32_t all_instructions = 0;
  uint16_t crc = 0;
  tsr_uart_init();
  cpumark_reset(SEED);
  for (int i = 0; i < ITERATIONS; ++i) {
    for (int part = 0; part < CPUMARK_PARTS; ++part) {
      const uint32_t first_cycle = cycles();
      const uint32_t first_instruction = instructions();
      crc = cpumark_part((enum cpumark_part)part, crc);
      spent_instructions[part] += instructions() - first_instruction;
      spent_cycles[part] += cycles() - first_cycle;
    }
  }
  for (int part = 0; part < CPUMARK_PARTS; ++part) {
    row(names[part], spent_cycles[part], spent_instructions[part]);
    all_cycles += spent_cycles[part];
    all_instructions += spent_instructions[part];
  }
  row("all   ", all_cycles, all_instructions);
  const uint32_t milli = (uint32_t)((uint64_t)ITERATIONS * 1000u * 1000000u / all_cycles);
  tsr_printf("%u.%03u iterations per second and MHz\n", (unsigned)(milli / 1000u), (unsigned)(milli % 1000u));
  tsr_printf("checksum %04x, expected %04x\n", crc, EXPECTED);
  return crc == EXPECTED ? 0 : 1;
}
