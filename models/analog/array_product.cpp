// SPDX-License-Identifier: Apache-2.0
// The products of an array: drives, sums of the panels, front end and converters.
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "models/analog/array_impl.h"
#include "models/analog/cell.h"
#include "models/analog/column_drop.h"
#include "models/analog/kernels.h"
#include "models/analog/lanes.h"

namespace tessera::analog {

namespace {

/// What a panel puts on the lines: fixed-point sums in ideal column sums.
void deliver(const kernels::ConvertRequest& request, std::size_t at, std::size_t count, const Results& results) {
  const std::size_t pair = request.panel * kPanel;
  for (std::size_t c = 0; c < count; ++c) {
    const double gain = results.gains != nullptr ? results.gains[pair + c] : 1.0;
    results.sums[at + c] = request.sums[c] / request.unit * gain;
    double variance = 0.0;
    if (request.variances != nullptr) {
      variance = request.variances[c] * request.block->variance_scale[pair + c] * request.variance_step;
    }
    results.variances[at + c] = variance * gain * gain;
  }
}

void move_panel(const Array::Block& block, const SlowState& state, std::size_t panel, std::int16_t* moved) {
  kernels::slow_panel(block, panel, state.panel_bits(panel), moved);
}

}  // namespace

SlowState Array::Impl::slow_state(const Block& block, std::uint64_t epoch_number) const {
  // Philox blocks of 128 bits: one a column pair, row by row.
  const std::uint32_t per_row = (parameters.pairs() + 127) / 128;
  const std::uint32_t first = block.pair0 / 128;
  const std::size_t per_line = (block.pair0 + block.pairs + 127) / 128 - first;
  SlowState state;
  state.rows = kernels::round_up(block.padded_rows(), kernels::kNormalPadding);
  state.first_unit = block.pair0 % 128 / kPanel;
  // A panel that begins within a unit takes the rest from the next one, which the last panel may not have.
  state.bits = hwy::AllocateAligned<std::uint16_t>((8 * per_line + 1) * state.rows);
  std::fill_n(state.bits.get() + 8 * per_line * state.rows, state.rows, std::uint16_t{0});
  kernels::pair_bits({philox_key(seed, tile, Purpose::slow_noise), static_cast<std::uint32_t>(seed >> 32U),
                      epoch_number, block.row0 * per_row + first, per_row, state.rows, per_line},
                     state.bits.get());
  if (const unsigned shift = block.pair0 % kPanel; shift != 0) {
    for (std::size_t i = 0; i < 8 * per_line * state.rows; ++i) {
      const std::uint32_t both = state.bits[i] | std::uint32_t{state.bits[i + state.rows]} << 16U;
      state.bits[i] = static_cast<std::uint16_t>(both >> shift);
    }
  }
  return state;
}

const std::int16_t* Array::Impl::moved_panel(Scratch& scratch, const Block& block, const SlowState& state,
                                             std::size_t panel) const {
  if (state.moved) {
    return state.moved.get() + panel * block.padded_rows() * kPanel;
  }
  std::int16_t* moved = scratch.reserve_panel(block.padded_rows());
  move_panel(block, state, panel, moved);
  return moved;
}

void Array::Impl::keep_moved_panels(const Block& block, SlowState& state) const {
  const std::size_t each = block.padded_rows() * kPanel;
  state.moved = hwy::AllocateAligned<std::int16_t>(block.panels * each);
  for (std::size_t panel = 0; panel < block.panels; ++panel) {
    move_panel(block, state, panel, state.moved.get() + panel * each);
  }
}

double Array::Impl::drop_unit() const {
  return parameters.cell.i_lsb_A / (static_cast<double>(fixed.code_unit) * parameters.max_code() * fixed.level_unit) *
         drop_per_ampere(parameters);
}

void Array::Impl::single_product(Scratch& scratch, const Block& block, std::size_t panel, std::size_t panels,
                                 const SlowState* slow) const {
  kernels::SingleRequest request{&block, panel, panels, scratch.drives.get(), scratch.squares.get(), nullptr, 0};
  if (slow != nullptr) {
    request.bits = slow->panel_bits(panel);
    request.bit_stride = slow->rows;
  }
  if (!parameters.effects.ir_drop) {
    kernels::single_sums(request, scratch.sums.data(), nullptr, scratch.variances.data());
    return;
  }
  const std::size_t runs = (block.rows + kRowsPerRun - 1) / kRowsPerRun;
  scratch.differences.resize(runs * 2 * kPanel);
  scratch.halves.resize(runs * 2 * kPanel);
  kernels::single_sums(request, scratch.differences.data(), scratch.halves.data(), scratch.variances.data());
  kernels::drop_sums(
      {scratch.differences.data(), scratch.halves.data(), panels * kPanel, block.rows, drop_unit() * kHalfStep},
      scratch.sums.data());
}

void Array::Impl::drop(Scratch& scratch, const Block& block, const std::int16_t* weights, std::size_t panel,
                       std::size_t stride, std::uint32_t products) const {
  const std::size_t first = panel * block.padded_rows() * kPanel;
  const double unit = drop_unit();
  const std::size_t all = std::size_t{products} * kPanel;
  if (parameters.cell.ir_solver == CellParameters::IrSolver::iterative) {
    const std::int16_t* halves = block.halves.get() + first;
    scratch.column.resize(block.rows);
    const bool exponential = parameters.cell.law == CellParameters::Law::subthreshold;
    for (std::size_t i = 0; i < all; ++i) {
      const std::int16_t* drives_of = scratch.drives.get() + i / kPanel * stride;
      double sum[2] = {};
      for (int side = 0; side < 2; ++side) {
        for (std::size_t r = 0; r < block.rows; ++r) {
          const std::size_t at = (r / 2) * 2 * kPanel + 2 * (i % kPanel) + r % 2;
          const double cell_units = halves[at] + (side == 0 ? 0.5 : -0.5) * weights[at];
          scratch.column[r] = unit * drives_of[r] * std::max(cell_units, 0.0);
        }
        sum[side] = solved_column(scratch.column.data(), block.rows, exponential) / unit;
      }
      scratch.sums[i] = sum[0] - sum[1];
    }
    return;
  }
  const std::size_t runs = (block.rows + kRowsPerRun - 1) / kRowsPerRun;
  scratch.differences.resize(runs * all);
  scratch.halves.resize(runs * all);
  for (std::size_t b = 0; b < runs; ++b) {
    const std::size_t row = b * kRowsPerRun;
    const std::size_t row_pairs = std::min<std::size_t>(kRowsPerRun, block.padded_rows() - row) / 2;
    const std::int16_t* from = scratch.drives.get() + row;
    kernels::word_sums(weights + row * kPanel, row_pairs, from, stride, products, scratch.differences.data() + b * all);
    kernels::half_sums(block.half_bytes.get() + first + row * kPanel, row_pairs, from, stride, products,
                       scratch.halves.data() + b * all);
  }
  kernels::drop_sums({scratch.differences.data(), scratch.halves.data(), all, block.rows, unit * kHalfStep},
                     scratch.sums.data());
}

kernels::ConvertRequest Array::Impl::convert_request(const Block& block, std::uint32_t gain_index) const {
  const NonIdealities& on = parameters.effects;
  kernels::ConvertRequest request;
  request.block = &block;
  const bool exact = parameters.adc.bits == 0;
  const double unit = fixed.code_unit * fixed.level_unit / block.weight_scale;
  const double lsb = exact ? 1.0
                           : parameters.adc.full_scale_A / parameters.cell.i_lsb_A * parameters.max_code() /
                                 (parameters.adc.gains[gain_index] * (1 << (parameters.adc.bits - 1)));
  // Ideal sums are divided twice, the first time exactly, so that ties fall where the definition of a code puts them.
  request.exact = !on.any() && operating.whole_levels();
  request.unit = unit;
  request.lsb = lsb;
  request.scale = 1.0 / (unit * lsb);
  request.sigma_lsb = on.adc_noise ? static_cast<float>(parameters.adc.sigma_lsb) : 0.0F;
  request.trim = on.adc_offset_gain;
  request.inl = on.adc_inl;
  request.dnl = on.adc_dnl;
  request.low = exact ? -2147483648.0 : -static_cast<double>(1 << (parameters.adc.bits - 1));
  request.high = exact ? 2147483647.0 : -request.low - 1.0;
  // A single column has currents of one sign: the input range of its converter is moved to begin at 0.
  const bool unipolar = parameters.weight_mapping == ArrayParameters::WeightMapping::offset_column;
  request.shift = unipolar && !exact ? -request.low : 0.0;
  return request;
}

void Array::Impl::drive_group(Scratch& scratch, const Block& block, const Product& product, std::uint32_t first,
                              std::uint32_t products, const std::uint16_t* codes, Activity* activity) const {
  const NonIdealities& on = parameters.effects;
  const std::size_t stride = kernels::round_up(block.rows, kernels::kDrivePadding);
  scratch.reserve_drives(products * stride);
  std::size_t noise_stride = 0;
  if (on.dac_noise) {
    const std::uint32_t first_block = product.row0 / 4;
    const std::size_t blocks_each = (product.row0 + product.rows + 3) / 4 - first_block;
    noise_stride = draw(scratch, Purpose::dac_noise, first_block, blocks_each,
                        product.first_event + std::uint64_t{first} * product.event_step, product.event_step, products);
  }
  for (std::uint32_t n = 0; n < products; ++n) {
    kernels::DriveRequest request;
    request.codes = codes + std::size_t{n} * product.rows;
    request.noise = on.dac_noise ? scratch.normal.data() + n * noise_stride + product.row0 % 4 : nullptr;
    request.row_current = block.row_current.get();
    request.rows = product.rows;
    request.drive_stride = stride;
    request.code_unit = fixed.code_unit;
    request.noise_exponent =
        dac_noise_drive(parameters) > 0.0 ? 0.0F : static_cast<float>(dac_noise_exponent(parameters.dac, cell));
    request.noise_drive = static_cast<float>(dac_noise_drive(parameters) * fixed.code_unit);
    request.table = drives.of_row(product.row0);
    request.table_size = drives.codes;
    request.table_stride = drives.per_row ? drives.codes : 0;
    const kernels::DriveResult driven = kernels::drive_rows(
        request, scratch.drives.get() + n * stride, on.read_noise ? scratch.squares.get() + n * stride : nullptr);
    if (driven.largest_code > static_cast<std::uint32_t>(parameters.max_code())) {
      reject("product " + std::to_string(first + n) + " has code " + std::to_string(driven.largest_code) +
             "; the DAC takes 0.." + std::to_string(parameters.max_code()));
    }
    scratch.square_step[n] = driven.square_step;
    double current = driven.current;
    if (!nominal.empty()) {
      current = 0.0;
      for (std::uint32_t r = 0; r < product.rows; ++r) {
        current += nominal[request.codes[r]] * request.row_current[r];
      }
    }
    activity[n] = {driven.active_rows, 0, current * block.current_unit_A / parameters.max_code()};
  }
  if (curves.terms() > 0) {
    bend_drives(scratch, block, products, codes, activity);
    if (on.read_noise) {
      square_noise(scratch, stride, products);
    }
  }
}

void Array::Impl::panel_sums(Scratch& scratch, const Block& block, std::size_t panel, std::uint32_t products,
                             const SlowState* slow) const {
  const std::size_t stride = kernels::round_up(block.rows, kernels::kDrivePadding);
  const std::int16_t* moved = slow != nullptr ? moved_panel(scratch, block, *slow, panel) : nullptr;
  if (parameters.effects.ir_drop) {
    drop(scratch, block, moved != nullptr ? moved : block.panel_weights(panel), panel, stride, products);
  } else if (moved != nullptr) {
    kernels::word_sums(moved, block.padded_rows() / 2, scratch.drives.get(), stride, products, scratch.sums.data());
  } else {
    kernels::weight_sums(block, panel, scratch.drives.get(), stride, products, scratch.sums.data());
  }
  if (parameters.effects.read_noise) {
    kernels::variance_sums(block, panel, scratch.squares.get(), stride, products, scratch.variances.data());
  }
}

std::size_t Array::Impl::draw_columns(Scratch& scratch, const Block& block, const Product& product, std::uint32_t first,
                                      std::uint32_t products) const {
  if (!parameters.effects.read_noise && !parameters.effects.adc_noise) {
    return 0;
  }
  const std::uint32_t first_block = block.pair0 / 2;
  const std::size_t blocks_each = (block.pair0 + block.pairs + 1) / 2 - first_block;
  return draw(scratch, Purpose::column_noise, first_block, blocks_each,
              product.first_event + std::uint64_t{first} * product.event_step, product.event_step, products);
}

void Array::Impl::reference_group(Scratch& scratch, const Block& block, const Product& product, std::uint32_t first,
                                  std::uint32_t products, const SlowState* slow, std::int32_t* codes,
                                  Activity* activity, ReferenceColumn& reference) const {
  const bool reads_noise = parameters.effects.read_noise;
  const Block& column = *block.reference;
  const std::size_t stride = draw_columns(scratch, column, product, first, products);
  panel_sums(scratch, column, 0, products, slow);
  add_bends(scratch, column, 0, products, scratch.sums.data());
  kernels::ConvertRequest request = convert_request(column, product.gain_index);
  for (std::size_t n = 0; n < products; ++n) {
    reference.sums[n] = scratch.sums[n * kPanel];
    reference.noise[n] = 0.0;
    request.sums = scratch.sums.data() + n * kPanel;
    request.variances = reads_noise ? scratch.variances.data() + n * kPanel : nullptr;
    request.variance_step = scratch.square_step[n] * request.scale * request.scale;
    request.noise = stride != 0 ? scratch.normal.data() + n * stride + 2 * std::size_t{column.pair0 % 2} : nullptr;
    if (codes != nullptr) {
      activity[n].clipped += kernels::convert(request, 1, codes + n);
    } else if (reads_noise) {  // as kernels::convert does it
      const double variance = *request.variances * column.variance_scale[0] * request.variance_step;
      reference.noise[n] = static_cast<double>(std::sqrt(static_cast<float>(variance)) * *request.noise);
    }
  }
}

void Array::Impl::multiply_group(const Block& block, const Product& product, std::uint32_t first,
                                 std::uint32_t products, const std::uint16_t* codes, const Results& results,
                                 Activity* activity, const SlowStates& slow) const {
  static thread_local Scratch scratch;
  const NonIdealities& on = parameters.effects;
  drive_group(scratch, block, product, first, products, codes, activity);
  ReferenceColumn reference;
  if (block.reference) {
    reference_group(scratch, block, product, first, products, slow.reference ? &*slow.reference : nullptr,
                    results.references, activity, reference);
  }
  const bool subtracts = block.reference && results.references == nullptr;
  const std::size_t column_stride =
      results.codes != nullptr ? draw_columns(scratch, block, product, first, products) : 0;
  kernels::ConvertRequest request = convert_request(block, product.gain_index);
  // Variances in squared ADC steps, or in squared ideal sums.
  const double step = results.codes != nullptr ? request.scale : 1.0 / request.unit;

  // A single product takes two panels at a time, several products one.
  const SlowState* state = slow.block ? &*slow.block : nullptr;
  const bool fused =
      products == 1 && on.read_noise && (state == nullptr || block.slow_bytes) && (!on.ir_drop || block.half_bytes);
  const std::size_t together = fused ? 2 : 1;
  for (std::size_t begin = 0; begin < block.panels; begin += together) {
    const std::size_t panels = std::min(together, block.panels - begin);
    if (fused) {
      single_product(scratch, block, begin, panels, state);
    } else {
      panel_sums(scratch, block, begin, products, state);
    }
    for (std::size_t i = 0; curves.terms() > 0 && i < panels; ++i) {
      add_bends(scratch, block, begin + i, products, scratch.sums.data() + i * kPanel * products);
    }
    for (std::size_t i = 0; i < panels * products; ++i) {
      const std::size_t n = i % products;
      request.panel = begin + i / products;
      request.sums = scratch.sums.data() + i * kPanel;
      request.variances = on.read_noise ? scratch.variances.data() + i * kPanel : nullptr;
      request.variance_step = scratch.square_step[n] * step * step;
      request.noise = column_stride != 0 ? scratch.normal.data() + n * column_stride +
                                               2 * std::size_t{product.pair0 % 2} + 2 * request.panel * kPanel
                                         : nullptr;
      if (subtracts) {
        for (std::size_t c = 0; c < kPanel; ++c) {
          scratch.sums[i * kPanel + c] -= reference.sums[n];
        }
        request.shift = reference.noise[n];
      }
      const std::size_t first_pair = request.panel * kPanel;
      const std::size_t count = std::min(kPanel, product.pairs - first_pair);
      if (results.codes == nullptr) {
        deliver(request, n * product.pairs + first_pair, count, results);
      } else {
        activity[n].clipped += kernels::convert(request, count, results.codes + n * product.pairs + first_pair);
      }
    }
  }
}

void Array::Impl::convert_group(const Block& block, const Product& product, std::uint32_t first, std::uint32_t products,
                                std::uint32_t drivers, const double* sums, const double* variances, std::int32_t* out,
                                Activity* activity) const {
  static thread_local Scratch lane_scratch;
  static thread_local Scratch scratch;
  const NonIdealities& on = parameters.effects;
  const std::uint64_t first_event = product.first_event + std::uint64_t{first} * product.event_step;
  std::size_t lane_stride = 0;
  const double lane_sigma = lane_noise(parameters, drivers);
  if (lane_sigma > 0.0) {
    const std::uint32_t first_block = product.pair0 / 4;
    const std::size_t blocks_each = (product.pair0 + product.pairs + 3) / 4 - first_block;
    lane_stride =
        draw(lane_scratch, Purpose::lane_noise, first_block, blocks_each, first_event, product.event_step, products);
  }
  std::size_t column_stride = 0;
  if (on.read_noise || on.adc_noise) {
    const std::uint32_t first_block = product.pair0 / 2;
    const std::size_t blocks_each = (product.pair0 + product.pairs + 1) / 2 - first_block;
    column_stride =
        draw(scratch, Purpose::column_noise, first_block, blocks_each, first_event, product.event_step, products);
  }
  kernels::ConvertRequest request = convert_request(block, product.gain_index);
  request.unit = 1.0;  // the lines carry ideal sums
  request.scale = 1.0 / request.lsb;
  std::array<double, kPanel> line{};
  request.sums = line.data();
  for (std::size_t n = 0; n < products; ++n) {
    const float* column =
        column_stride != 0 ? scratch.normal.data() + n * column_stride + 2 * (product.pair0 % 2) : nullptr;
    const float* lane = lane_stride != 0 ? lane_scratch.normal.data() + n * lane_stride + product.pair0 % 4 : nullptr;
    for (request.panel = 0; request.panel < block.panels; ++request.panel) {
      const std::size_t first_pair = request.panel * kPanel;
      const std::size_t count = std::min(kPanel, product.pairs - first_pair);
      const std::size_t at = n * product.pairs + first_pair;
      for (std::size_t c = 0; c < count; ++c) {
        line[c] = sums[at + c];
        if (on.read_noise) {
          line[c] += std::sqrt(variances[at + c]) * static_cast<double>(column[2 * (first_pair + c)]);
        }
        if (lane != nullptr) {
          line[c] += lane_sigma * static_cast<double>(lane[first_pair + c]);
        }
      }
      request.noise = column != nullptr ? column + 2 * first_pair : nullptr;
      activity[n].clipped += kernels::convert(request, count, out + at);
    }
  }
}

void Array::Impl::break_codes(const Product& product, std::span<std::int32_t> out) const {
  const std::int32_t high = parameters.adc.bits == 0 ? 0x7FFFFFFF : (1 << (parameters.adc.bits - 1)) - 1;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto pair = product.pair0 + static_cast<std::uint32_t>(i % product.pairs);
    if (const auto fault = injected.converters.find(pair % parameters.adc.per_tile);
        fault != injected.converters.end()) {
      const std::int64_t code = fault->second.stuck.value_or(0);
      const std::int64_t moved = std::int64_t{out[i]} + fault->second.offset;
      out[i] = static_cast<std::int32_t>(
          std::clamp<std::int64_t>(fault->second.stuck ? code : moved, -std::int64_t{high} - 1, high));
    }
  }
}

void Array::Impl::multiply(const Block& block, const Product& product, std::span<const std::uint16_t> codes,
                           const Results& results, std::span<Activity> activity) const {
  expect(product.row0, block.row0, "product.row0");
  expect(product.rows, block.rows, "product.rows");
  expect(product.pair0, block.pair0, "product.pair0");
  expect(product.pairs, block.pairs, "product.pairs");
  expect(codes.size(), std::uint64_t{product.count} * product.rows, "number of codes");
  expect(activity.size(), product.count, "number of activities");
  if (block.stale) {
    reject("the block was packed before its cells were programmed again; call block() after program()");
  }
  if (product.gain_index >= parameters.adc.gains.size()) {
    reject("gain index " + std::to_string(product.gain_index) + "; the front end has " +
           std::to_string(parameters.adc.gains.size()) + " gains");
  }
  const bool slow = parameters.effects.slow_noise;
  SlowStates states;
  std::uint64_t current_epoch = 0;
  for (std::uint32_t first = 0, products = 0; first < product.count; first += products) {
    products = std::min(kGroup, product.count - first);
    if (slow) {
      const auto epoch_of = [&](std::uint32_t n) {
        return epoch(product.first_event + std::uint64_t{n} * product.event_step);
      };
      if (!states.block || current_epoch != epoch_of(first)) {
        current_epoch = epoch_of(first);
        states.block = slow_state(block, current_epoch);
        if (product.count > kGroup) {
          keep_moved_panels(block, *states.block);
        }
        if (block.reference) {
          states.reference = slow_state(*block.reference, current_epoch);
        }
      }
      while (epoch_of(first + products - 1) != current_epoch) {  // groups do not cross the end of an epoch
        --products;
      }
    }
    multiply_group(block, product, first, products, codes.data() + std::size_t{first} * product.rows,
                   results.from(first, product.pairs), activity.data() + first, states);
  }
}

}  // namespace tessera::analog
