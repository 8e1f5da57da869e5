/* SPDX-License-Identifier: Apache-2.0 */
#include "vector_job.h"

#include <stdbool.h>

#include "fixed_point.h"

/* The positions of a kernel that lie inside the input, for one output pixel. */
typedef struct window {
  int32_t y0, x0;
  uint32_t ky, kx;
  uint32_t pixel; /* index of the input pixel under (ky, kx) */
} window;

static window first_position(const td_vector_job* job, uint32_t oy, uint32_t ox) {
  return (window){(int32_t)(oy * job->stride_h) - job->pad_top, (int32_t)(ox * job->stride_w) - job->pad_left, 0,
                  UINT32_MAX, 0};
}

static bool next_position(const td_vector_job* job, window* at) {
  for (;;) {
    at->kx++;
    if (at->kx >= job->kernel_w) {
      at->kx = 0;
      at->ky++;
    }
    if (at->ky >= job->kernel_h) {
      return false;
    }
    const int32_t y = at->y0 + (int32_t)(at->ky * job->dilation_h);
    const int32_t x = at->x0 + (int32_t)(at->kx * job->dilation_w);
    if (y >= 0 && y < job->in_h && x >= 0 && x < job->in_w) {
      at->pixel = (uint32_t)y * job->in_w + (uint32_t)x;
      return true;
    }
  }
}

static int8_t activation(const td_vector_job* job, int32_t value) {
  return (int8_t)(value < job->act_min ? job->act_min : value > job->act_max ? job->act_max : value);
}

static int8_t max_of_window(const td_vector_job* job, const int8_t* in, window at, uint32_t channel) {
  int32_t largest = -128;
  while (next_position(job, &at)) {
    const int32_t value = in[at.pixel * job->in_c + channel];
    largest = value > largest ? value : largest;
  }
  return activation(job, largest);
}

static int8_t mean_of_window(const td_vector_job* job, const int8_t* in, window at, uint32_t channel) {
  int32_t sum = 0;
  int32_t inside = 0;
  while (next_position(job, &at)) {
    sum += in[at.pixel * job->in_c + channel];
    inside++;
  }
  const int32_t half = sum >= 0 ? inside / 2 : -(inside / 2);
  return activation(job, inside == 0 ? 0 : (sum + half) / inside);
}

static int8_t finish(const td_vector_job* job, const td_channel* channel, int64_t sum) {
  return tsr_requantise_int8(tsr_saturate(sum + channel->bias), channel->multiplier, channel->shift,
                             job->out_zero_point, job->act_min, job->act_max);
}

static int8_t depthwise(const td_vector_job* job, const tsr_vector_operands* in, window at, uint32_t channel) {
  const uint32_t source = channel / ((uint32_t)job->out_c / job->in_c);
  int64_t sum = 0;
  while (next_position(job, &at)) {
    const int32_t value = in->source0[at.pixel * job->in_c + source] - job->in0_zero_point;
    sum += value * in->weights[(at.ky * job->kernel_w + at.kx) * job->out_c + channel];
  }
  return finish(job, in->channels + channel, sum);
}

static int8_t convolution(const td_vector_job* job, const tsr_vector_operands* in, window at, uint32_t channel) {
  const int8_t* kernel = in->weights + channel * job->kernel_h * job->kernel_w * job->in_c;
  int64_t sum = 0;
  while (next_position(job, &at)) {
    const int8_t* values = in->source0 + at.pixel * job->in_c;
    const int8_t* weights = kernel + (at.ky * job->kernel_w + at.kx) * job->in_c;
    for (uint32_t i = 0; i < job->in_c; i++) {
      sum += (values[i] - job->in0_zero_point) * weights[i];
    }
  }
  return finish(job, in->channels + channel, sum);
}

static void windows(const td_vector_job* job, const tsr_vector_operands* operands) {
  int8_t* out = operands->destination;
  for (uint32_t oy = 0; oy < job->out_h; oy++) {
    for (uint32_t ox = 0; ox < job->out_w; ox++) {
      const window at = first_position(job, oy, ox);
      for (uint32_t channel = 0; channel < job->out_c; channel++) {
        *out++ = job->op == TD_VECTOR_MAX_POOL       ? max_of_window(job, operands->source0, at, channel)
                 : job->op == TD_VECTOR_AVERAGE_POOL ? mean_of_window(job, operands->source0, at, channel)
                 : job->op == TD_VECTOR_DEPTHWISE    ? depthwise(job, operands, at, channel)
                                                     : convolution(job, operands, at, channel);
      }
    }
  }
}

static void add(const td_vector_job* job, const tsr_vector_operands* operands, uint32_t count) {
  const int32_t left = job->left_shift < 0 ? 0 : job->left_shift > 22 ? 22 : job->left_shift;
  for (uint32_t i = 0; i < count; i++) {
    const int32_t a = (operands->source0[i] - job->in0_zero_point) * (1 << left);
    const int32_t b = (operands->source1[i] - job->in1_zero_point) * (1 << left);
    const int64_t sum =
        (int64_t)tsr_requantise(a, job->multiplier0, job->shift0) + tsr_requantise(b, job->multiplier1, job->shift1);
    operands->destination[i] = tsr_requantise_int8(tsr_saturate(sum), job->out_multiplier, job->out_shift,
                                                   job->out_zero_point, job->act_min, job->act_max);
  }
}

void tsr_vector_job_execute(const td_vector_job* job, const tsr_vector_operands* operands) {
  const uint32_t count = (uint32_t)job->out_h * job->out_w * job->out_c;
  switch (job->op) {
    case TD_VECTOR_ADD:
      add(job, operands, count);
      break;
    case TD_VECTOR_REQUANTISE:
      for (uint32_t i = 0; i < count; i++) {
        operands->destination[i] = tsr_requantise_int8(operands->source0[i] - job->in0_zero_point, job->out_multiplier,
                                                       job->out_shift, job->out_zero_point, job->act_min, job->act_max);
      }
      break;
    case TD_VECTOR_COPY:
      for (uint32_t i = 0; i < count; i++) {
        operands->destination[i] = operands->source0[i];
      }
      break;
    default:
      windows(job, operands);
      break;
  }
}
