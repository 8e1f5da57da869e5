/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file softmax.h
 * @brief int8 softmax in integers, for target and host: the same file is compiled for both.
 */
#ifndef TSR_SOFTMAX_H
#define TSR_SOFTMAX_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Softmax over each row, with the fixed-point arithmetic of TFLite Micro's int8 kernel (gemmlowp's exponential and
 * reciprocal): output q = round(256 * p) - 128, so scale 1/256 and zero point -128, within 1 of the real-valued result.
 * The exponent's input (q - row maximum) * scale has 5 integer bits: it is multiplied by multiplier * 2^shift / 2^31.
 * Differences below diff_min count as probability 0.
 *
 * @param in, out rows * columns values each, row-major; may be the same
 * @param multiplier Q31, 2^30 .. 2^31 - 1  @param shift 0 .. 31, to the left
 * @param diff_min at most 0
 */
void tsr_softmax_int8(const int8_t* in, int8_t* out, uint32_t rows, uint32_t columns, int32_t multiplier, int32_t shift,
                      int32_t diff_min);

#ifdef __cplusplus
}
#endif
#endif
