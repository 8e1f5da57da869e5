/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tsr_port.h
 * @brief The only place where the driver touches the machine: bus accesses, interrupts, WFI.
 *
 * Compiled with TSR_HOST, every access goes to functions that a test provides; the driver above is the same code.
 */
#ifndef TSR_PORT_H
#define TSR_PORT_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bits of the CSRs mie and mip (RISC-V privileged specification 1.12, 3.1.9). */
#define TSR_MIE_SOFTWARE (1u << 3)
#define TSR_MIE_TIMER (1u << 7)
#define TSR_MIE_EXTERNAL (1u << 11)

#ifdef TSR_HOST

/** Provided by the test: one access of 1 or 4 bytes. */
uint32_t tsr_host_read(uint32_t address, uint32_t bytes);
void tsr_host_write(uint32_t address, uint32_t value, uint32_t bytes);
/** Provided by the test: where `bytes` bytes of bus memory from `address` on are. */
void* tsr_host_memory(uint32_t address, uint32_t bytes);
/** Provided by the test: time passes until an interrupt is pending. */
void tsr_host_wait_for_interrupt(void);
/** Provided by the test: sets the global interrupt enable, serves what is pending, returns the old setting. */
bool tsr_host_interrupts(bool enable);
/** Provided by the test: sets bits of mie. */
void tsr_host_interrupt_mask(uint32_t set, uint32_t clear);

static inline uint32_t tsr_read32(uint32_t address) {
  return tsr_host_read(address, 4);
}
static inline void tsr_write32(uint32_t address, uint32_t value) {
  tsr_host_write(address, value, 4);
}
static inline uint8_t tsr_read8(uint32_t address) {
  return (uint8_t)tsr_host_read(address, 1);
}
static inline void tsr_write8(uint32_t address, uint8_t value) {
  tsr_host_write(address, value, 1);
}
static inline void* tsr_memory(uint32_t address, uint32_t bytes) {
  return tsr_host_memory(address, bytes);
}
static inline void tsr_wait_for_interrupt(void) {
  tsr_host_wait_for_interrupt();
}
static inline bool tsr_interrupts_disable(void) {
  return tsr_host_interrupts(false);
}
static inline void tsr_interrupts_restore(bool enable) {
  (void)tsr_host_interrupts(enable);
}
static inline void tsr_interrupts_unmask(uint32_t mie_bits) {
  tsr_host_interrupt_mask(mie_bits, 0);
}
static inline void tsr_interrupts_mask(uint32_t mie_bits) {
  tsr_host_interrupt_mask(0, mie_bits);
}
static inline void tsr_fence(void) {}

#else

static inline uint32_t tsr_read32(uint32_t address) {
  return *(volatile uint32_t*)(uintptr_t)address;
}
static inline void tsr_write32(uint32_t address, uint32_t value) {
  *(volatile uint32_t*)(uintptr_t)address = value;
}
static inline uint8_t tsr_read8(uint32_t address) {
  return *(volatile uint8_t*)(uintptr_t)address;
}
static inline void tsr_write8(uint32_t address, uint8_t value) {
  *(volatile uint8_t*)(uintptr_t)address = value;
}

/** A pointer to bus memory. Data that a unit wrote may be read through it after the unit's job is done. */
static inline void* tsr_memory(uint32_t address, uint32_t bytes) {
  (void)bytes;
  return (void*)(uintptr_t)address;
}

/** Sleeps until an interrupt that mie selects is pending, whether or not interrupts are enabled globally. */
static inline void tsr_wait_for_interrupt(void) {
  __asm__ volatile("wfi" ::: "memory");
}

/** Disables interrupts globally. @return whether they were enabled, for tsr_interrupts_restore */
static inline bool tsr_interrupts_disable(void) {
  uint32_t status;
  __asm__ volatile("csrrci %0, mstatus, 8" : "=r"(status)::"memory");
  return (status & 8u) != 0;
}

/** Enables interrupts globally if `enable`; pending handlers run at once. Otherwise disables them. */
static inline void tsr_interrupts_restore(bool enable) {
  if (enable) {
    __asm__ volatile("csrsi mstatus, 8" ::: "memory");
  } else {
    __asm__ volatile("csrci mstatus, 8" ::: "memory");
  }
}

/** Lets through (unmask) or holds back (mask) the interrupts TSR_MIE_*. */
static inline void tsr_interrupts_unmask(uint32_t mie_bits) {
  __asm__ volatile("csrs mie, %0" ::"r"(mie_bits) : "memory");
}
static inline void tsr_interrupts_mask(uint32_t mie_bits) {
  __asm__ volatile("csrc mie, %0" ::"r"(mie_bits) : "memory");
}

/** Orders memory accesses before it with device accesses after it. */
static inline void tsr_fence(void) {
  __asm__ volatile("fence" ::: "memory");
}

#endif

/** Enables interrupts globally. */
static inline void tsr_interrupts_enable(void) {
  tsr_interrupts_restore(true);
}

#ifdef __cplusplus
}
#endif
#endif
