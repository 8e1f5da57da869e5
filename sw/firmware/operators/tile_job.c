/* SPDX-License-Identifier: Apache-2.0 */
#include "tile_job.h"

#include <stdbool.h>
#include <stddef.h>

#include "fixed_point.h"

#define CODE_OF_ZERO 128 /* DAC code = q + 128 */
#define NIBBLE 16        /* a weight of two slices is high * 16 + low */

void tsr_tile_weights(const td_tile_job* job, const td_region* region, const uint8_t* levels, int16_t* weights,
                      int32_t* sums) {
  const uint32_t rows_each = (region->coding & TD_CODING_ROW_PAIRS) != 0 ? 2u : 1u;
  const bool single = (region->coding & TD_CODING_SINGLE_COLUMNS) != 0;
  const uint32_t columns_each = single ? 1u : 2u;
  for (uint32_t output = 0; output < job->outputs; output++) {
    const uint32_t column = columns_each * (job->pair0 + output * job->slices) - region->column0;
    sums[output] = 0;
    for (uint32_t row = 0; row < job->rows; row++) {
      const uint8_t* line = levels + (job->row0 + row * rows_each - region->row0) * region->columns;
      const uint8_t* cell = line + column;
      int32_t weight = 0;
      for (uint32_t slice = 0; slice < job->slices; slice++) {
        const uint8_t minus = single ? line[region->columns - 1u] : cell[columns_each * slice + 1u];
        weight = weight * NIBBLE + cell[columns_each * slice] - minus;
      }
      weights[output * job->rows + row] = (int16_t)weight;
      sums[output] += weight;
    }
  }
}

/* The part of product n's im2col row that the job uses, as DAC codes. */
static void gather(const td_tile_job* job, const int8_t* source, uint32_t n, uint8_t* codes) {
  const int32_t y0 = (int32_t)(n / job->out_w) * job->stride_h - job->pad_top;
  const int32_t x0 = (int32_t)(n % job->out_w) * job->stride_w - job->pad_left;
  const uint32_t end = (uint32_t)job->k_first + job->rows;
  uint32_t k = 0;
  for (uint32_t ky = 0; ky < job->kernel_h; ky++) {
    const int32_t y = y0 + (int32_t)(ky * job->dilation_h);
    for (uint32_t kx = 0; kx < job->kernel_w; kx++, k += job->in_c) {
      const uint32_t first = k > job->k_first ? k : job->k_first;
      const uint32_t last = k + job->in_c < end ? k + job->in_c : end;
      if (first >= last) {
        continue;
      }
      const int32_t x = x0 + (int32_t)(kx * job->dilation_w);
      uint8_t* to = codes + (first - job->k_first);
      if (y < 0 || y >= job->in_h || x < 0 || x >= job->in_w) {
        for (uint32_t i = 0; i < last - first; i++) {
          to[i] = (uint8_t)(job->pad_value + CODE_OF_ZERO);
        }
        continue;
      }
      const int8_t* from = source + ((uint32_t)y * job->in_w + (uint32_t)x) * job->in_c + (first - k);
      for (uint32_t i = 0; i < last - first; i++) {
        to[i] = (uint8_t)(from[i] + CODE_OF_ZERO);
      }
    }
  }
}

static int32_t dot(const uint8_t* codes, const int16_t* weights, uint32_t rows) {
  int32_t sum = 0; /* 8192 rows of 255 * 255 stay within 31 bits */
  uint32_t row = 0;
  for (; row + 4u <= rows; row += 4u) { /* the loop's own instructions cost as much as a product */
    sum += codes[row] * weights[row] + codes[row + 1u] * weights[row + 1u] + codes[row + 2u] * weights[row + 2u] +
           codes[row + 3u] * weights[row + 3u];
  }
  for (; row < rows; row++) {
    sum += codes[row] * weights[row];
  }
  return sum;
}

void tsr_tile_job_execute(const td_tile_job* job, const tsr_tile_operands* operands) {
  for (uint32_t i = 0; i < job->product_count; i++) {
    const uint32_t n = job->product_first + i;
    gather(job, operands->source, n, operands->codes);
    for (uint32_t output = 0; output < job->outputs; output++) {
      int64_t sum = dot(operands->codes, operands->weights + output * job->rows, job->rows);
      if (operands->weight_sums != NULL) {
        sum -= (int64_t)(job->pad_value + CODE_OF_ZERO) * operands->weight_sums[output];
      }
      if ((job->flags & TD_TILE_ADD_PARTIAL) != 0) {
        sum += operands->partial[n * job->outputs + output];
      }
      const int32_t accumulator = tsr_saturate(sum);
      if ((job->flags & TD_TILE_STORE_PARTIAL) != 0) {
        ((int32_t*)operands->destination)[n * job->outputs + output] = accumulator;
        continue;
      }
      const td_channel* channel = operands->channels + output;
      const int32_t biased = tsr_saturate((int64_t)accumulator + channel->bias);
      ((int8_t*)operands->destination)[n * job->dst_stride + output] = tsr_requantise_int8(
          biased, channel->multiplier, channel->shift, job->out_zero_point, job->act_min, job->act_max);
    }
  }
}
