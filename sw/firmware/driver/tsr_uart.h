/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tsr_uart.h
 * @brief Serial port (NS16550A), polled or received by interrupt, and a small integer printf on it.
 */
#ifndef TSR_UART_H
#define TSR_UART_H

#include <stdarg.h>
#include <stdint.h>

#include "tsr_status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** 8N1, FIFOs on, interrupts off. Output works before it, too. */
void tsr_uart_init(void);
/** Waits for room, then sends. */
void tsr_uart_put(char character);
/** A received byte, or -1. */
int tsr_uart_get(void);

/** Takes a received byte; runs in the interrupt handler. */
typedef void (*tsr_uart_function)(uint8_t byte, void* context);
/**
 * From now on received bytes go to `call`, in their order; NULL: back to polling. The receive FIFO holds 16 bytes, so
 * handlers and regions without interrupts must not last longer than that at the line's speed.
 * After tsr_uart_init and tsr_plic_init. @return TSR_OK or what tsr_plic_attach answers
 */
tsr_status tsr_uart_on_receive(tsr_uart_function call, void* context);

/**
 * Formatted output: %d %i %u %x %X %o %c %s %p %% with flags '-', '0', width, .precision (of %s) and lengths l, ll, hh,
 * h, z. A "\n" is sent as "\r\n" only by terminals; this sends what it is given. Anything else after % is printed as it
 * stands.
 * @return characters sent
 */
int tsr_printf(const char* format, ...) __attribute__((format(printf, 1, 2)));
int tsr_vprintf(const char* format, va_list arguments) __attribute__((format(printf, 1, 0)));

/** The same into a buffer, always terminated. @return characters that the whole text has */
int tsr_snprintf(char* buffer, uint32_t size, const char* format, ...) __attribute__((format(printf, 3, 4)));

#ifdef __cplusplus
}
#endif
#endif
