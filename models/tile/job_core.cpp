// SPDX-License-Identifier: Apache-2.0
#include "models/tile/job_core.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "models/vector/requantise.h"

namespace tessera::tile {
namespace {

std::uint32_t kernel_elements(const td_tile_job& job) {
  return std::uint32_t{job.kernel_h} * job.kernel_w * job.in_c;
}

std::uint32_t pairs_of(const td_tile_job& job) {
  return std::uint32_t{job.outputs} * job.slices;
}

std::uint32_t output_size(const td_tile_job& job) {
  return drives_lanes(job) ? 0 : job.outputs * ((job.flags & TD_TILE_STORE_PARTIAL) != 0 ? 4u : 1u);
}

template <typename T>
std::span<std::uint8_t> bytes_of(std::vector<T>& values) {
  return {reinterpret_cast<std::uint8_t*>(values.data()), values.size() * sizeof(T)};
}

/// Jobs that a tile repeats inference after inference; more are planned anew.
constexpr std::size_t most_plans = 32;
/// Runs of all plans that are kept together; a plan of its own may have more.
constexpr std::size_t most_kept_runs = std::size_t{1} << 22;

/// What the shape of the gather depends on.
GatherKey gather_key(const td_tile_job& job) {
  return {job.in_h,
          job.in_w,
          job.in_c,
          job.out_w,
          job.kernel_h,
          job.kernel_w,
          job.stride_h,
          job.stride_w,
          job.dilation_h,
          job.dilation_w,
          static_cast<std::uint16_t>(job.pad_top),
          static_cast<std::uint16_t>(job.pad_left),
          job.k_first,
          job.rows,
          job.product_first,
          job.product_count};
}

}  // namespace

JobCore::JobCore(const TileParameters& parameters) : parameters_(&parameters) {}

std::int32_t accumulator_weight(const analog::AdcParameters& adc, std::uint32_t gain_index) {
  if (adc.bits == 0) {
    return 1;
  }
  const double largest = *std::max_element(adc.gains.begin(), adc.gains.end());
  return static_cast<std::int32_t>(std::lround(largest / adc.gains.at(gain_index)));
}

std::string check(const td_tile_job& job, const TileParameters& parameters) {
  constexpr std::uint64_t largest_tensor = std::uint64_t{1} << 26;
  const auto& array = parameters.array;
  const std::uint64_t k = kernel_elements(job);
  if (std::uint64_t{job.in_h} * job.in_w * job.in_c == 0 ||
      std::uint64_t{job.in_h} * job.in_w * job.in_c > largest_tensor) {
    return "source tensor is empty or larger than 64 MiB";
  }
  if (k == 0 || job.stride_h == 0 || job.stride_w == 0 || job.dilation_h == 0 || job.dilation_w == 0 ||
      job.out_w == 0) {
    return "kernel, stride, dilation and out_w must be at least 1";
  }
  if (job.rows == 0 || job.outputs == 0 || job.product_count == 0) {
    return "rows, outputs and product_count must be at least 1";
  }
  if (std::uint64_t{job.k_first} + job.rows > k) {
    return "k_first + rows = " + std::to_string(job.k_first + job.rows) + " is beyond the window of " +
           std::to_string(k) + " elements";
  }
  if (job.slices != 1 && job.slices != 2) {
    return "slices must be 1 or 2, got " + std::to_string(job.slices);
  }
  const std::uint32_t rows = std::uint32_t{job.rows} * parameters.rows_per_input();
  if (std::uint64_t{job.row0} + rows > array.rows) {
    return "rows " + std::to_string(job.row0) + ".." + std::to_string(job.row0 + rows - 1) + " leave the array of " +
           std::to_string(array.rows) + " rows";
  }
  if (std::uint64_t{job.pair0} + pairs_of(job) + array.references() > array.pairs()) {
    const std::string range = std::to_string(job.pair0) + ".." + std::to_string(job.pair0 + pairs_of(job) - 1);
    return array.single_columns()
               ? "columns " + range + " and the reference behind them leave the array of " +
                     std::to_string(array.columns) + " columns"
               : "column pairs " + range + " leave the array of " + std::to_string(array.pairs()) + " pairs";
  }
  if (array.adc.bits != 0 && job.gain_index >= array.adc.gains.size()) {
    return "gain index " + std::to_string(job.gain_index) + " of " + std::to_string(array.adc.gains.size()) + " gains";
  }
  constexpr std::uint32_t most_products = 1u << 20;
  if (job.product_count > most_products || job.product_first > most_products * 16 ||
      std::uint64_t{job.product_count} * std::max<std::uint64_t>(rows, pairs_of(job) * std::uint64_t{4}) >
          largest_tensor) {
    return "too many products";
  }
  if (std::uint64_t{job.product_count} * job.kernel_h * job.kernel_w > TD_TILE_MOST_WINDOWS) {
    return "more than " + std::to_string(TD_TILE_MOST_WINDOWS) + " window positions in one job";
  }
  if (std::uint64_t{job.product_count} * rows * pairs_of(job) * parameters.passes() > TD_TILE_MOST_CELL_READS) {
    return "more than " + std::to_string(TD_TILE_MOST_CELL_READS) + " cells to read in one job: split its products";
  }
  if (job.act_min > job.act_max) {
    return "activation range is empty";
  }
  return check_lanes(job, parameters);
}

void input_runs(const td_tile_job& job, std::uint32_t n, std::uint32_t from_column, std::vector<Run>& runs) {
  const int oy = static_cast<int>(n / job.out_w);
  const int ox = static_cast<int>(n % job.out_w);
  const std::uint32_t k_end = std::uint32_t{job.k_first} + job.rows;
  for (int ky = 0; ky < job.kernel_h; ++ky) {
    const int iy = oy * job.stride_h - job.pad_top + ky * job.dilation_h;
    if (iy < 0 || iy >= job.in_h) {
      continue;
    }
    for (auto kx = static_cast<int>(from_column); kx < job.kernel_w; ++kx) {
      const int ix = ox * job.stride_w - job.pad_left + kx * job.dilation_w;
      if (ix < 0 || ix >= job.in_w) {
        continue;
      }
      const std::uint32_t k0 =
          (static_cast<std::uint32_t>(ky) * job.kernel_w + static_cast<std::uint32_t>(kx)) * job.in_c;
      const std::uint32_t first = std::max<std::uint32_t>(k0, job.k_first);
      const std::uint32_t last = std::min<std::uint32_t>(k0 + job.in_c, k_end);
      if (first >= last) {
        continue;
      }
      const std::uint32_t offset =
          (static_cast<std::uint32_t>(iy) * job.in_w + static_cast<std::uint32_t>(ix)) * job.in_c + (first - k0);
      const std::uint32_t row = first - job.k_first;
      if (!runs.empty() && runs.back().offset + runs.back().bytes == offset &&
          runs.back().row + runs.back().bytes == row) {
        runs.back().bytes += last - first;
      } else {
        runs.push_back({offset, last - first, row});
      }
    }
  }
}

const std::vector<Run>& JobCore::plan(const td_tile_job& job) {
  const GatherKey key = gather_key(job);
  for (const GatherPlan& known : plans_) {
    if (known.key == key) {
      return known.runs;
    }
  }
  if (plans_.size() >= most_plans) {
    plans_.clear();
    kept_runs_ = 0;
  }
  GatherPlan plan{key, {}};
  std::vector<Run> runs;
  for (std::uint32_t i = 0; i < job.product_count; ++i) {
    runs.clear();
    input_runs(job, job.product_first + i, 0, runs);
    for (Run& run : runs) {
      run.row += i * job.rows;  // position in the whole batch of codes
      plan.runs.push_back(run);
    }
  }
  kept_runs_ += plan.runs.size();
  if (kept_runs_ > most_kept_runs) {
    plans_.clear();
    kept_runs_ = plan.runs.size();
  }
  plans_.push_back(std::move(plan));
  return plans_.back().runs;
}

bool JobCore::read_source(const td_tile_job& job, memory::MemoryPort& memory) {
  source_.resize(std::size_t{job.in_h} * job.in_w * job.in_c);
  return memory.read(job.src, source_);
}

void JobCore::gather(const td_tile_job& job, const PassCodes& pass) {
  const auto pad = static_cast<std::uint8_t>(job.pad_value);
  const std::size_t elements = std::size_t{job.product_count} * job.rows;
  if (parameters_->rows_per_input() == 2) {
    codes_.assign(2 * elements, 0);  // padding is a real zero: neither row is driven
    for (const Run& run : plan(job)) {
      const std::uint8_t* from = &source_[run.offset];
      std::uint16_t* to = &codes_[2 * std::size_t{run.row}];
      for (std::uint32_t b = 0; b < run.bytes; ++b) {
        to[2 * b] = pass.codes[from[b]];
        to[2 * b + 1] = pass.second[from[b]];
      }
    }
    return;
  }
  codes_.assign(elements, pass.codes[pad]);
  for (const Run& run : plan(job)) {
    const std::uint8_t* from = &source_[run.offset];
    std::uint16_t* to = &codes_[run.row];
    for (std::uint32_t b = 0; b < run.bytes; ++b) {
      to[b] = pass.codes[from[b]];
    }
  }
}

analog::Product JobCore::products(const td_tile_job& job, std::uint64_t first_event) const {
  const std::uint32_t passes = parameters_->passes();
  return {job.row0,          job.rows * parameters_->rows_per_input(),
          job.pair0,         pairs_of(job),
          job.product_count, first_event * passes,
          job.gain_index,    passes};
}

std::shared_ptr<const analog::Array::Block> JobCore::cells(const td_tile_job& job, const analog::Array& array) const {
  return array.block(job.row0, job.rows * parameters_->rows_per_input(), job.pair0, pairs_of(job));
}

bool JobCore::read_tables(const td_tile_job& job, memory::MemoryPort& memory) {
  const std::size_t outputs = job.outputs;
  if ((job.flags & TD_TILE_ADD_PARTIAL) != 0) {
    partial_.resize(outputs * job.product_count);
    const auto first = static_cast<std::uint32_t>(std::size_t{job.product_first} * outputs * 4);
    if (!memory.read(job.partial_src + first, bytes_of(partial_))) {
      return false;
    }
  }
  channels_.resize(outputs);
  return (job.flags & TD_TILE_STORE_PARTIAL) != 0 || memory.read(job.channels, bytes_of(channels_));
}

/// Codes of an accumulator, corrected and weighed; rounded once, half away from zero, so that trims add no offset.
std::int64_t JobCore::trimmed(const td_tile_job& job, std::size_t element, std::int64_t weight) const {
  __extension__ typedef __int128 Wide;  // the largest ratio of gains leaves 64 bits
  const auto output = static_cast<std::uint32_t>(element % job.outputs);
  Wide sum = 0;
  for (std::uint32_t s = 0; s < job.slices; ++s) {
    sum = sum * 16 + trims_->correct(columns_[element * job.slices + s], job.pair0 + output * job.slices + s);
  }
  sum *= weight;
  constexpr Wide half = Wide{1} << (TrimBank::fraction_bits - 1);
  const Wide rounded = ((sum < 0 ? -sum : sum) + half) >> TrimBank::fraction_bits;
  const Wide bounded = std::min(rounded, Wide{INT64_MAX} / 4);
  return static_cast<std::int64_t>(sum < 0 ? -bounded : bounded);
}

/// Weighs, adds partial sums, saturates: ADC codes in `columns_` become accumulators in `sums_`.
void JobCore::accumulate(const td_tile_job& job) {
  const std::size_t elements = std::size_t{job.outputs} * job.product_count;
  const int unused_bits = 32 - std::clamp(parameters_->accumulator_bits, 8, 32);
  const std::int64_t highest = (std::int64_t{1} << (31 - unused_bits)) - 1;
  const std::int64_t lowest = -highest - 1;
  const std::int64_t weight = accumulator_weight(parameters_->array.adc, job.gain_index);
  const bool adds = (job.flags & TD_TILE_ADD_PARTIAL) != 0;
  const bool trims = trims_ != nullptr && trims_->enabled();
  sums_.resize(elements);
  for (std::size_t i = 0; i < elements; ++i) {
    const std::int32_t* code = &columns_[i * job.slices];
    const std::int64_t sum = job.slices == 2 ? std::int64_t{code[0]} * 16 + code[1] : code[0];
    const std::int64_t exact = (trims ? trimmed(job, i, weight) : sum * weight) + (adds ? partial_[i] : 0);
    const auto bounded = static_cast<std::int32_t>(std::clamp(exact, lowest, highest));
    saturated_ += bounded != exact ? 1 : 0;
    sums_[i] = bounded;
  }
}

void JobCore::requantise(const td_tile_job& job) {
  const std::size_t outputs = job.outputs;
  auto* stored = reinterpret_cast<std::int8_t*>(outputs_.data());
  const std::int32_t* sum = sums_.data();
  for (std::uint32_t n = 0; n < job.product_count; ++n) {
    for (std::size_t j = 0; j < outputs; ++j) {
      const td_channel& channel = channels_[j];
      const std::int64_t biased = std::int64_t{*sum++} + channel.bias;
      const std::int32_t bounded = vector::saturate_to_int32(biased);
      saturated_ += bounded != biased ? 1 : 0;
      *stored++ = vector::requantise_to_int8(bounded, channel.multiplier, channel.shift, job.out_zero_point,
                                             job.act_min, job.act_max);
    }
  }
}

bool JobCore::post(const td_tile_job& job, memory::MemoryPort& memory) {
  if (!read_tables(job, memory)) {
    return false;
  }
  accumulate(job);
  if ((job.flags & TD_TILE_STORE_PARTIAL) != 0) {
    const auto bytes = bytes_of(sums_);
    outputs_.assign(bytes.begin(), bytes.end());
  } else {
    outputs_.resize(sums_.size());
    requantise(job);
  }
  return true;
}

void JobCore::several_passes(const td_tile_job& job, const analog::Array& array, const analog::Array::Block& block,
                             std::uint64_t first_event) {
  const std::uint32_t passes = parameters_->passes();
  pass_columns_.resize(columns_.size());
  pass_activity_.resize(job.product_count);
  pass_sums_.assign(columns_.size(), 0);
  std::fill(activity_.begin(), activity_.end(), analog::Activity{});
  analog::Product product = products(job, first_event);
  for (std::uint32_t pass = 0; pass < passes; ++pass, ++product.first_event) {
    const PassCodes codes = pass_codes(*parameters_, job.pad_value, pass);
    gather(job, codes);
    array.multiply(block, product, codes_, pass_columns_, pass_activity_);
    for (std::size_t i = 0; i < pass_sums_.size(); ++i) {
      pass_sums_[i] += codes.weight * (pass_columns_[i] / codes.divisor);
    }
    for (std::size_t n = 0; n < activity_.size(); ++n) {
      activity_[n].active_rows += pass_activity_[n].active_rows;
      activity_[n].clipped += pass_activity_[n].clipped;
      activity_[n].cell_current_A += pass_activity_[n].cell_current_A;
    }
  }
  for (std::size_t i = 0; i < pass_sums_.size(); ++i) {
    columns_[i] = static_cast<std::int32_t>(std::clamp<std::int64_t>(pass_sums_[i], INT32_MIN, INT32_MAX));
    saturated_ += columns_[i] != pass_sums_[i] ? 1 : 0;
  }
}

bool JobCore::compute(const td_tile_job& job, const analog::Array& array, std::uint64_t first_event,
                      memory::MemoryPort& memory) {
  if (!read_source(job, memory)) {
    return false;
  }
  saturated_ = 0;
  columns_.resize(std::size_t{job.product_count} * pairs_of(job));
  activity_.resize(job.product_count);
  const auto block = cells(job, array);
  if (parameters_->passes() == 1) {
    gather(job, pass_codes(*parameters_, job.pad_value, 0));
    array.multiply(*block, products(job, first_event), codes_, columns_, activity_);
  } else {
    several_passes(job, array, *block, first_event);
  }
  return post(job, memory);
}

std::span<const std::uint8_t> JobCore::output(const td_tile_job& job, std::uint32_t n) const {
  return std::span(outputs_).subspan(std::size_t{n} * output_size(job), output_size(job));
}

std::uint32_t JobCore::output_address(const td_tile_job& job, std::uint32_t n) {
  const std::uint32_t product = job.product_first + n;
  return (job.flags & TD_TILE_STORE_PARTIAL) != 0 ? job.dst + product * output_size(job)
                                                  : job.dst + product * job.dst_stride;
}

bool JobCore::store(const td_tile_job& job, memory::MemoryPort& memory) const {
  for (std::uint32_t n = 0; n < job.product_count; ++n) {
    if (!memory.write(output_address(job, n), output(job, n))) {
      return false;
    }
  }
  return true;
}

std::uint64_t JobCore::clipped() const {
  std::uint64_t sum = 0;
  for (const auto& product : activity_) {
    sum += product.clipped;
  }
  return sum;
}

}  // namespace tessera::tile
