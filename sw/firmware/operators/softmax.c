/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fixed-point notation: Qm is a signed 32-bit number with m integer bits and 31 - m fractional bits.
 * The algorithms are those that gemmlowp documents (fixedpoint.h) and TFLite Micro's softmax uses; the results must
 * equal theirs bit for bit, so order and rounding of the steps matter.
 */
#include "softmax.h"

#include "fixed_point.h"

#define DIFF_BITS 5 /* integer bits of the exponent's argument */
#define SUM_BITS 12 /* integer bits of the sum of exponentials: up to 4096 columns of the largest value */
#define OUTPUT_BITS 8

/* value * 2^exponent, saturated. */
static int32_t multiply_by_power(int32_t value, int exponent) {
  return tsr_saturate((int64_t)value * ((int64_t)1 << exponent));
}

/* exp(a) for a in [-1/4, 0), argument and result Q0: Taylor polynomial around -1/8. */
static int32_t exp_quarter(int32_t a) {
  const int32_t exp_minus_eighth = 1895147668;
  const int32_t third = 715827883;
  const int32_t x = a + (1 << 28);
  const int32_t x2 = tsr_multiply_high(x, x);
  const int32_t x3 = tsr_multiply_high(x2, x);
  const int32_t x4_over_4 = tsr_divide_by_power(tsr_multiply_high(x2, x2), 2);
  /* x^4 / 24 + x^3 / 6 + x^2 / 2 */
  const int32_t tail = tsr_divide_by_power(tsr_multiply_high(x4_over_4 + x3, third) + x2, 1);
  return tsr_saturate((int64_t)exp_minus_eighth + tsr_multiply_high(exp_minus_eighth, x + tail));
}

/* exp(a) for a <= 0: argument Q5, result Q0. The quarter's exponential times one factor for each binary digit above. */
static int32_t exp_negative(int32_t a) {
  static const int32_t factors[] = {/* exp(-2^k), k = -2 .. 4 */
                                    1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
  const int fraction_bits = 31 - DIFF_BITS;
  const int32_t quarter = 1 << (fraction_bits - 2);
  if (a == 0) {
    return INT32_MAX;
  }
  const int32_t within = (a & (quarter - 1)) - quarter; /* a modulo 1/4, in [-1/4, 0) */
  const int32_t above = within - a;                     /* a multiple of 1/4 */
  int32_t result = exp_quarter(multiply_by_power(within, DIFF_BITS));
  for (int digit = 0; digit < 7; digit++) {
    if ((above & (1 << (fraction_bits - 2 + digit))) != 0) {
      result = tsr_multiply_high(result, factors[digit]);
    }
  }
  return result;
}

/* 1 / (1 + a) for a in [0, 1), argument and result Q0: three Newton steps in Q2 from a linear estimate. */
static int32_t reciprocal_one_plus(int32_t a) {
  const int32_t c48_over_17 = 1515870810;       /* Q2 */
  const int32_t minus_32_over_17 = -1010580540; /* Q2 */
  const int32_t one_q2 = 1 << 29;
  const int32_t half_denominator = (int32_t)(((int64_t)a + INT32_MAX + 1) / 2);
  int32_t x = c48_over_17 + tsr_multiply_high(half_denominator, minus_32_over_17);
  for (int step = 0; step < 3; step++) {
    const int32_t error = one_q2 - tsr_multiply_high(half_denominator, x);
    x += multiply_by_power(tsr_multiply_high(x, error), 2);
  }
  return multiply_by_power(x, 1); /* x / 2 in Q1 has the same bits; then Q1 to Q0 */
}

static int leading_zeros(uint32_t value) {
  int count = 0;
  for (uint32_t bit = 1u << 31; bit != 0 && (value & bit) == 0; bit >>= 1) {
    count++;
  }
  return count;
}

static void softmax_row(const int8_t* in, int8_t* out, uint32_t columns, int32_t multiplier, int32_t shift,
                        int32_t diff_min) {
  int32_t largest = INT8_MIN;
  for (uint32_t i = 0; i < columns; i++) {
    largest = in[i] > largest ? in[i] : largest;
  }
  int32_t sum = 0; /* Q12 */
  for (uint32_t i = 0; i < columns; i++) {
    const int32_t difference = in[i] - largest;
    if (difference >= diff_min) {
      const int32_t scaled = tsr_multiply_high(multiply_by_power(difference, shift), multiplier);
      sum = tsr_saturate((int64_t)sum + tsr_divide_by_power(exp_negative(scaled), SUM_BITS));
    }
  }
  /* sum = 2^bits_over_unit * (1 + fraction); there is at least the largest element, so sum > 0. */
  const int zeros = leading_zeros((uint32_t)sum);
  const int bits_over_unit = SUM_BITS - zeros;
  const int32_t fraction = (int32_t)(((uint32_t)sum << zeros) - (1u << 31));
  const int32_t scale = reciprocal_one_plus(fraction);
  /* More than 31 places to shift (over 2^7 equal columns with 8 output bits) leave 0 or, at 31, a rounding bit. */
  const int places = bits_over_unit + 31 - OUTPUT_BITS;
  for (uint32_t i = 0; i < columns; i++) {
    const int32_t difference = in[i] - largest;
    int32_t value = INT8_MIN;
    if (difference >= diff_min) {
      const int32_t scaled = tsr_multiply_high(multiply_by_power(difference, shift), multiplier);
      const int32_t product = tsr_multiply_high(scale, exp_negative(scaled));
      value += places > 31 ? 0 : tsr_divide_by_power(product, places);
    }
    out[i] = (int8_t)(value > INT8_MAX ? INT8_MAX : value);
  }
}

void tsr_softmax_int8(const int8_t* in, int8_t* out, uint32_t rows, uint32_t columns, int32_t multiplier, int32_t shift,
                      int32_t diff_min) {
  for (uint32_t row = 0; row < rows; row++) {
    softmax_row(in + row * columns, out + row * columns, columns, multiplier, shift, diff_min);
  }
}
