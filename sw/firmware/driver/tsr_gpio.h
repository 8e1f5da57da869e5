/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tsr_gpio.h
 * @brief General-purpose pins: 32 inputs or outputs with edge interrupts.
 */
#ifndef TSR_GPIO_H
#define TSR_GPIO_H

#include <stdbool.h>
#include <stdint.h>

#include "tsr_status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Function that is called for edges: `pins` has a bit for each pin whose enabled edge came. */
typedef void (*tsr_gpio_edge_function)(uint32_t pins, void* context);

/** Takes the pins into use: all inputs, no edges enabled. @return TSR_OK, TSR_NO_DEVICE */
tsr_status tsr_gpio_init(void);

/** Makes pins (a bit each) outputs or inputs. */
void tsr_gpio_output(uint32_t pins, bool output);
/** Level of all pins; of an output what it drives. */
uint32_t tsr_gpio_read(void);
/** Drives outputs high, low. */
void tsr_gpio_set(uint32_t pins);
void tsr_gpio_clear(uint32_t pins);

/**
 * Enables edges of inputs and has `call` (from the trap handler) told of them; NULL: edges are only collected for
 * tsr_gpio_edges and can wake the chip. @return TSR_OK or what tsr_plic_attach answers
 */
tsr_status tsr_gpio_on_edge(uint32_t rising, uint32_t falling, tsr_gpio_edge_function call, void* context);
/** Edges that have come since the last look; clears them. For use without a function. */
uint32_t tsr_gpio_edges(void);

#ifdef __cplusplus
}
#endif
#endif
