// SPDX-License-Identifier: Apache-2.0
#include "models/vector/kernels.h"

#include <algorithm>
#include <span>

#include "models/vector/requantise.h"

namespace tessera::vector {
namespace {

template <typename T>
std::span<std::uint8_t> bytes_of(std::vector<T>& values) {
  return {reinterpret_cast<std::uint8_t*>(values.data()), values.size() * sizeof(T)};
}

std::int8_t clamp_to_int8(std::int32_t value, const td_vector_job& job) {
  return static_cast<std::int8_t>(std::clamp(value, job.act_min, job.act_max));
}

bool has_weights(const td_vector_job& job) {
  return job.op == TD_VECTOR_DEPTHWISE || job.op == TD_VECTOR_CONV;
}

bool is_windowed(const td_vector_job& job) {
  return has_weights(job) || job.op == TD_VECTOR_MAX_POOL || job.op == TD_VECTOR_AVERAGE_POOL;
}

std::uint64_t in_elements(const td_vector_job& job) {
  return std::uint64_t{job.in_h} * job.in_w * job.in_c;
}

/// Operations of a job, those on padding included. A double, as hostile fields overflow 64 bits.
double most_operations(const td_vector_job& job) {
  const auto outputs = static_cast<double>(std::uint64_t{job.out_h} * job.out_w * job.out_c);
  const double window = is_windowed(job) ? static_cast<double>(job.kernel_h) * job.kernel_w : 1.0;
  return outputs * window * (job.op == TD_VECTOR_CONV ? job.in_c : 1);
}

/// Calls visit(iy, ix, ky, kx) for each kernel position that lies inside the input.
template <typename Visit>
void for_window(const td_vector_job& job, int oy, int ox, Visit visit) {
  const int y0 = oy * job.stride_h - job.pad_top;
  const int x0 = ox * job.stride_w - job.pad_left;
  for (int ky = 0; ky < job.kernel_h; ++ky) {
    const int iy = y0 + ky * job.dilation_h;
    if (iy < 0 || iy >= job.in_h) {
      continue;
    }
    for (int kx = 0; kx < job.kernel_w; ++kx) {
      const int ix = x0 + kx * job.dilation_w;
      if (ix >= 0 && ix < job.in_w) {
        visit(iy, ix, ky, kx);
      }
    }
  }
}

std::int8_t finish_channel(std::int64_t acc, const td_channel& channel, const td_vector_job& job, Work& work) {
  const std::int64_t sum = acc + channel.bias;
  const std::int32_t saturated = saturate_to_int32(sum);
  work.saturated += saturated != sum ? 1 : 0;
  return requantise_to_int8(saturated, channel.multiplier, channel.shift, job.out_zero_point, job.act_min, job.act_max);
}

}  // namespace

std::uint64_t input_bytes(const td_vector_job& job) {
  return in_elements(job) * (job.op == TD_VECTOR_ADD ? 2 : 1);
}

std::uint64_t output_bytes(const td_vector_job& job) {
  return std::uint64_t{job.out_h} * job.out_w * job.out_c;
}

std::uint64_t weight_bytes(const td_vector_job& job) {
  const std::uint64_t window = std::uint64_t{job.kernel_h} * job.kernel_w * job.out_c;
  return job.op == TD_VECTOR_DEPTHWISE ? window : job.op == TD_VECTOR_CONV ? window * job.in_c : 0;
}

std::string check(const td_vector_job& job) {
  constexpr std::uint64_t largest_tensor = std::uint64_t{1} << 26;
  if (job.op < TD_VECTOR_MAX_POOL || job.op > TD_VECTOR_CONV) {
    return "unknown operator " + std::to_string(job.op);
  }
  if (in_elements(job) == 0 || output_bytes(job) == 0) {
    return "empty tensor";
  }
  if (in_elements(job) > largest_tensor || output_bytes(job) > largest_tensor || weight_bytes(job) > largest_tensor) {
    return "tensor larger than 64 MiB";
  }
  if (most_operations(job) > static_cast<double>(TD_VECTOR_MOST_OPERATIONS)) {
    return "more than " + std::to_string(TD_VECTOR_MOST_OPERATIONS) + " operations: split the job";
  }
  if (is_windowed(job)) {
    if (job.kernel_h == 0 || job.kernel_w == 0 || job.stride_h == 0 || job.stride_w == 0 || job.dilation_h == 0 ||
        job.dilation_w == 0) {
      return "kernel, stride and dilation must be at least 1";
    }
    if ((job.op == TD_VECTOR_MAX_POOL || job.op == TD_VECTOR_AVERAGE_POOL) && job.in_c != job.out_c) {
      return "pooling keeps the channels: in_c must equal out_c";
    }
    if (job.op == TD_VECTOR_DEPTHWISE && job.out_c % job.in_c != 0) {
      return "depthwise out_c must be a multiple of in_c";
    }
  } else if (in_elements(job) != output_bytes(job)) {
    return "element-wise operator with input and output of different size";
  }
  if (job.act_min < -128 || job.act_max > 127 || job.act_min > job.act_max) {
    return "activation range must lie within -128..127";
  }
  for (const std::int32_t zero_point : {job.in0_zero_point, job.in1_zero_point, job.out_zero_point}) {
    if (zero_point < -128 || zero_point > 127) {
      return "zero point " + std::to_string(zero_point) + " is outside -128..127";
    }
  }
  return {};
}

bool Kernels::load(const td_vector_job& job, memory::MemoryPort& memory) {
  in0_.resize(in_elements(job));
  out_.resize(output_bytes(job));
  work_ = {};
  if (!memory.read(job.src0, bytes_of(in0_))) {
    return false;
  }
  if (job.op == TD_VECTOR_ADD) {
    in1_.resize(in0_.size());
    if (!memory.read(job.src1, bytes_of(in1_))) {
      return false;
    }
  }
  if (has_weights(job)) {
    weights_.resize(weight_bytes(job));
    channels_.resize(job.out_c);
    return memory.read(job.weights, bytes_of(weights_)) && memory.read(job.channels, bytes_of(channels_));
  }
  return true;
}

bool Kernels::compute(const td_vector_job& job, memory::MemoryPort& memory) {
  if (!load(job, memory)) {
    return false;
  }
  switch (job.op) {
    case TD_VECTOR_MAX_POOL:
      max_pool(job);
      break;
    case TD_VECTOR_AVERAGE_POOL:
      average_pool(job);
      break;
    case TD_VECTOR_ADD:
      add(job);
      break;
    case TD_VECTOR_REQUANTISE:
      requantise(job);
      break;
    case TD_VECTOR_DEPTHWISE:
      depthwise(job);
      break;
    case TD_VECTOR_CONV:
      convolution(job);
      break;
    default:
      out_ = in0_;
      work_.operations = out_.size();
      break;
  }
  return true;
}

void Kernels::max_pool(const td_vector_job& job) {
  const std::size_t channels = job.in_c;
  std::int8_t* out = out_.data();
  for (int oy = 0; oy < job.out_h; ++oy) {
    for (int ox = 0; ox < job.out_w; ++ox, out += channels) {
      std::fill_n(out, channels, std::int8_t{-128});
      for_window(job, oy, ox, [&](int iy, int ix, int, int) {
        const std::int8_t* in =
            &in0_[(static_cast<std::size_t>(iy) * job.in_w + static_cast<std::size_t>(ix)) * channels];
        for (std::size_t c = 0; c < channels; ++c) {
          out[c] = std::max(out[c], in[c]);
        }
        work_.operations += channels;
      });
      for (std::size_t c = 0; c < channels; ++c) {
        out[c] = clamp_to_int8(out[c], job);
      }
    }
  }
}

void Kernels::average_pool(const td_vector_job& job) {
  const std::size_t channels = job.in_c;
  std::vector<std::int32_t> sums(channels);
  std::int8_t* out = out_.data();
  for (int oy = 0; oy < job.out_h; ++oy) {
    for (int ox = 0; ox < job.out_w; ++ox, out += channels) {
      std::fill(sums.begin(), sums.end(), 0);
      std::int32_t inside = 0;
      for_window(job, oy, ox, [&](int iy, int ix, int, int) {
        const std::int8_t* in =
            &in0_[(static_cast<std::size_t>(iy) * job.in_w + static_cast<std::size_t>(ix)) * channels];
        for (std::size_t c = 0; c < channels; ++c) {
          sums[c] += in[c];
        }
        ++inside;
        work_.operations += channels;
      });
      for (std::size_t c = 0; c < channels; ++c) {
        // Half away from zero, as TFLite Micro; a window wholly in the padding yields 0.
        const std::int32_t half = sums[c] >= 0 ? inside / 2 : -(inside / 2);
        out[c] = clamp_to_int8(inside == 0 ? 0 : (sums[c] + half) / inside, job);
      }
    }
  }
}

void Kernels::add(const td_vector_job& job) {
  const int left = std::clamp(job.left_shift, 0, 22);  // an int8 difference of at most 256 must stay in 31 bits
  for (std::size_t i = 0; i < out_.size(); ++i) {
    const std::int32_t a = (in0_[i] - job.in0_zero_point) * (1 << left);
    const std::int32_t b = (in1_[i] - job.in1_zero_point) * (1 << left);
    const std::int64_t sum = std::int64_t{multiply_by_quantised_multiplier(a, job.multiplier0, job.shift0)} +
                             multiply_by_quantised_multiplier(b, job.multiplier1, job.shift1);
    const std::int32_t saturated = saturate_to_int32(sum);
    work_.saturated += saturated != sum ? 1 : 0;
    out_[i] =
        requantise_to_int8(saturated, job.out_multiplier, job.out_shift, job.out_zero_point, job.act_min, job.act_max);
  }
  work_.operations = out_.size();
}

void Kernels::requantise(const td_vector_job& job) {
  for (std::size_t i = 0; i < out_.size(); ++i) {
    out_[i] = requantise_to_int8(in0_[i] - job.in0_zero_point, job.out_multiplier, job.out_shift, job.out_zero_point,
                                 job.act_min, job.act_max);
  }
  work_.operations = out_.size();
}

void Kernels::depthwise(const td_vector_job& job) {
  const std::size_t in_c = job.in_c;
  const std::size_t out_c = job.out_c;
  const std::size_t multiplier = out_c / in_c;
  std::vector<std::int64_t> acc(out_c);
  std::int8_t* out = out_.data();
  for (int oy = 0; oy < job.out_h; ++oy) {
    for (int ox = 0; ox < job.out_w; ++ox, out += out_c) {
      std::fill(acc.begin(), acc.end(), 0);
      for_window(job, oy, ox, [&](int iy, int ix, int ky, int kx) {
        const std::int8_t* in = &in0_[(static_cast<std::size_t>(iy) * job.in_w + static_cast<std::size_t>(ix)) * in_c];
        const std::int8_t* w =
            &weights_[(static_cast<std::size_t>(ky) * job.kernel_w + static_cast<std::size_t>(kx)) * out_c];
        for (std::size_t c = 0; c < out_c; ++c) {
          acc[c] += std::int64_t{in[c / multiplier] - job.in0_zero_point} * w[c];
        }
        work_.operations += out_c;
      });
      for (std::size_t c = 0; c < out_c; ++c) {
        out[c] = finish_channel(acc[c], channels_[c], job, work_);
      }
    }
  }
}

void Kernels::convolution(const td_vector_job& job) {
  const std::size_t in_c = job.in_c;
  const std::size_t window = std::size_t{job.kernel_h} * job.kernel_w * in_c;
  std::int8_t* out = out_.data();
  for (int oy = 0; oy < job.out_h; ++oy) {
    for (int ox = 0; ox < job.out_w; ++ox, out += job.out_c) {
      for (std::size_t c = 0; c < job.out_c; ++c) {
        std::int64_t acc = 0;
        for_window(job, oy, ox, [&](int iy, int ix, int ky, int kx) {
          const std::int8_t* in =
              &in0_[(static_cast<std::size_t>(iy) * job.in_w + static_cast<std::size_t>(ix)) * in_c];
          const std::int8_t* w =
              &weights_[c * window +
                        (static_cast<std::size_t>(ky) * job.kernel_w + static_cast<std::size_t>(kx)) * in_c];
          for (std::size_t i = 0; i < in_c; ++i) {
            acc += std::int64_t{in[i] - job.in0_zero_point} * w[i];
          }
          work_.operations += in_c;
        });
        out[c] = finish_channel(acc, channels_[c], job, work_);
      }
    }
  }
}

}  // namespace tessera::vector
