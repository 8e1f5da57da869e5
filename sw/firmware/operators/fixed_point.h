/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fixed_point.h
 * @brief Rounding as gemmlowp and TFLite Micro define it, for the operators that run on the CPU.
 */
#ifndef TSR_FIXED_POINT_H
#define TSR_FIXED_POINT_H

#include <stdint.h>

/* High word of 2 a b, rounded to nearest, halves away from zero; saturates for a = b = -2^31. */
static inline int32_t tsr_multiply_high(int32_t a, int32_t b) {
  if (a == INT32_MIN && b == INT32_MIN) {
    return INT32_MAX;
  }
  const int64_t product = (int64_t)a * b;
  const int64_t nudge = product >= 0 ? (int64_t)1 << 30 : 1 - ((int64_t)1 << 30);
  return (int32_t)((product + nudge) / ((int64_t)1 << 31));
}

static inline int32_t tsr_saturate(int64_t value) {
  return value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : (int32_t)value;
}

/* value / 2^exponent, rounded to nearest, halves away from zero; exponent 0..31. */
static inline int32_t tsr_divide_by_power(int32_t value, int exponent) {
  const int32_t mask = (int32_t)(((int64_t)1 << exponent) - 1);
  const int32_t remainder = value & mask;
  const int32_t threshold = (mask >> 1) + (value < 0 ? 1 : 0);
  return (value >> exponent) + (remainder > threshold ? 1 : 0);
}

/* value * multiplier * 2^(shift - 31), a left shift saturates; any shift is harmless. */
static inline int32_t tsr_requantise(int32_t value, int32_t multiplier, int32_t shift) {
  const int32_t left = shift > 31 ? 31 : shift > 0 ? shift : 0;
  const int32_t right = shift < 0 ? -shift : 0;
  const int32_t shifted = left == 0 ? value : tsr_saturate((int64_t)value * ((int64_t)1 << left));
  return right > 31 || shift < -63 ? 0 : tsr_divide_by_power(tsr_multiply_high(shifted, multiplier), right);
}

/* requantise(value) + zero_point, clamped to [low, high]. */
static inline int8_t tsr_requantise_int8(int32_t value, int32_t multiplier, int32_t shift, int32_t zero_point,
                                         int32_t low, int32_t high) {
  const int64_t result = (int64_t)tsr_requantise(value, multiplier, shift) + zero_point;
  return (int8_t)(result < low ? low : result > high ? high : result);
}

#endif
