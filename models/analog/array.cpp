// SPDX-License-Identifier: Apache-2.0
#include "models/analog/array.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>

#include "models/analog/block.h"
#include "models/analog/cell.h"
#include "models/analog/cell_errors.h"
#include "models/analog/column_drop.h"
#include "models/analog/fixed_point.h"
#include "models/analog/gaussian.h"
#include "models/analog/inl.h"
#include "models/analog/kernels.h"
#include "models/analog/lanes.h"
#include "models/analog/operating_cells.h"
#include "models/analog/packing.h"
#include "models/analog/parameter_check.h"
#include "models/analog/philox.h"
#include "models/analog/trim.h"

namespace tessera::analog {

namespace {

constexpr std::uint32_t kGroup = 32;  ///< products worked on at once: their drives stay in the first-level cache

/// Scratch memory of one call, kept by the thread.
struct Scratch {
  std::vector<std::uint32_t> counter_block, event_lo, event_hi;
  std::vector<float> normal;
  hwy::AlignedFreeUniquePtr<std::int16_t[]> drives, squares;
  std::size_t drive_capacity = 0;
  std::array<double, kGroup * kPanel> sums, variances;  ///< of one panel
  std::array<double, kGroup> square_step;
  hwy::AlignedFreeUniquePtr<std::int16_t[]> panel;  ///< weights of one panel in an epoch
  std::size_t panel_capacity = 0;
  std::vector<double> differences, halves;  ///< sums of runs of rows: run, product, column
  std::vector<double> column;               ///< currents of one column

  void reserve_normals(std::size_t blocks) {
    const std::size_t padded = kernels::round_up(blocks, kernels::kNormalPadding);
    if (padded > counter_block.size()) {
      counter_block.resize(padded);
      event_lo.resize(padded);
      event_hi.resize(padded);
      // Kernels read whole vectors: up to two panels' worth of numbers past the last.
      normal.resize(4 * padded + 4 * kPanel);
    }
  }
  std::int16_t* reserve_panel(std::size_t rows) {
    if (rows * kPanel > panel_capacity) {
      panel = hwy::AllocateAligned<std::int16_t>(rows * kPanel);
      panel_capacity = rows * kPanel;
    }
    return panel.get();
  }
  void reserve_drives(std::size_t n) {
    if (n > drive_capacity) {
      drives = hwy::AllocateAligned<std::int16_t>(n);
      squares = hwy::AllocateAligned<std::int16_t>(n);
      drive_capacity = n;
    }
  }
};

/// Slow noise of a rectangle in one epoch.
struct SlowState {
  std::vector<std::uint32_t> words;
  std::size_t words_per_row = 0, first_bit = 0;
  /// Weights moved by it, panel by panel, for batches that go over them several times; null: not kept.
  hwy::AlignedFreeUniquePtr<std::int16_t[]> moved;
};

[[noreturn]] void reject(const std::string& what) {
  throw std::invalid_argument("analog::Array::multiply: " + what);
}

void expect(std::uint64_t got, std::uint64_t want, const char* what) {
  if (got != want) {
    reject(std::string(what) + " is " + std::to_string(got) + ", expected " + std::to_string(want));
  }
}

/// Where a group of products leaves what it gives, product by product, pair by pair: ADC codes, or sums before the
/// converters.
struct Results {
  std::int32_t* codes = nullptr;  ///< null: sums are wanted
  double* sums = nullptr;         ///< in ideal column sums
  double* variances = nullptr;
  const double* gains = nullptr;  ///< of the lane driver of each pair; null: no lanes

  [[nodiscard]] Results from(std::size_t element) const {
    return {codes != nullptr ? codes + element : nullptr, sums != nullptr ? sums + element : nullptr,
            variances != nullptr ? variances + element : nullptr, gains};
  }
};

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

}  // namespace

struct Array::Impl {
  using Rectangle = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>;

  ArrayParameters parameters;
  std::uint64_t seed;
  std::uint32_t tile;
  SubthresholdCell cell;  ///< at operating temperature
  FixedPoint fixed;
  CellStore cells;
  OperatingCells operating;
  InjectedFaults injected;
  Converters converters;
  DriveTable drives;
  std::uint64_t inference_passes = 1;
  mutable std::mutex mutex;  ///< guards `blocks`
  mutable std::map<Rectangle, std::shared_ptr<Block>> blocks;

  Impl(const ArrayParameters& p, std::uint64_t seed_value, std::uint32_t tile_number)
      : parameters(p),
        seed(seed_value),
        tile(tile_number),
        cell(p.cell, p.operating_K()),
        fixed(p, largest_relative_current(p)),
        cells(p.rows, p.columns),
        operating(parameters, seed_value, tile_number, cells),
        drives(drive_table(p, fixed, seed_value, tile_number)) {
    if (p.effects.adc_inl) {
      converters.inl = inl_curves(p.adc, seed_value, tile_number);
    }
    if (p.effects.adc_offset_gain) {
      converters.trim = adc_trims(p.adc, seed_value, tile_number);
    }
    if (p.effects.adc_dnl) {
      converters.dnl = adc_dnl(p.adc, seed_value, tile_number);
    }
  }

  [[nodiscard]] std::uint64_t epoch(std::uint64_t event) const {
    const std::uint64_t passes = parameters.cell.slow_epoch_passes;
    return event / (passes != 0 ? passes : inference_passes);
  }
  /// State of the slow noise of a rectangle in an epoch: a bit a pair, rows padded with what follows.
  [[nodiscard]] SlowState slow_state(const Block& block, std::uint64_t epoch_number) const;
  /// Weights of a panel in an epoch: kept ones, or made now.
  [[nodiscard]] const std::int16_t* moved_panel(Scratch& scratch, const Block& block, const SlowState& state,
                                                std::size_t panel) const;
  void keep_moved_panels(const Block& block, SlowState& state) const;
  /// Replaces the sums of a panel by those of columns with voltage drop.
  void drop(Scratch& scratch, const Block& block, const std::int16_t* weights, std::size_t panel, std::size_t stride,
            std::uint32_t products) const;

  /// Standard normal numbers of blocks first_block .. first_block + blocks_each for `products` successive events.
  /// @returns the distance between two products in `scratch.normal`
  std::size_t draw(Scratch& scratch, Purpose purpose, std::uint32_t first_block, std::size_t blocks_each,
                   std::uint64_t first_event, std::uint32_t event_step, std::uint32_t products) const {
    const std::size_t total = blocks_each * products;
    scratch.reserve_normals(total);
    std::size_t i = 0;
    for (std::uint32_t n = 0; n < products; ++n) {
      const PhiloxCounter counter = philox_counter(seed, first_event + std::uint64_t{n} * event_step, first_block);
      for (std::size_t b = 0; b < blocks_each; ++b, ++i) {
        scratch.counter_block[i] = counter[0] + static_cast<std::uint32_t>(b);
        scratch.event_lo[i] = counter[1];
        scratch.event_hi[i] = counter[2];
      }
    }
    kernels::normals({philox_key(seed, tile, purpose), static_cast<std::uint32_t>(seed >> 32U),
                      scratch.counter_block.data(), scratch.event_lo.data(), scratch.event_hi.data(), total},
                     scratch.normal.data());
    return 4 * blocks_each;
  }

  void program_row(std::uint32_t row_number, std::uint32_t column0, std::span<const std::uint8_t> levels);
  /// What broken converters make of the codes.
  void break_codes(const Product& product, std::span<std::int32_t> out) const;
  /// Packed blocks that hold a cell of the rectangle are stale.
  void forget_blocks(std::uint32_t row0, std::uint32_t column0, std::uint32_t rows, std::uint32_t columns);

  /// The front end and the converters of the array at one gain, for sums in fixed point.
  [[nodiscard]] kernels::ConvertRequest convert_request(const Block& block, std::uint32_t gain_index) const;
  void multiply_group(const Block& block, const Product& product, std::uint32_t first, std::uint32_t products,
                      const std::uint16_t* codes, const Results& results, Activity* activity,
                      const SlowState* slow) const;
  /// Checks the arguments and works through them in groups that lie in one epoch of slow noise.
  void multiply(const Block& block, const Product& product, std::span<const std::uint16_t> codes,
                const Results& results, std::span<Activity> activity) const;
  void convert_group(const Block& block, const Product& product, std::uint32_t first, std::uint32_t products,
                     std::uint32_t drivers, const double* sums, const double* variances, std::int32_t* out,
                     Activity* activity) const;
};

SlowState Array::Impl::slow_state(const Block& block, std::uint64_t epoch_number) const {
  // Philox blocks of 128 bits: one column pair each, row by row.
  const std::uint32_t per_row = (parameters.pairs() + 127) / 128;
  const std::uint32_t first = block.pair0 / 128;
  const std::uint32_t wanted = (block.pair0 + block.pairs + 127) / 128 - first;
  const std::size_t rows = block.rows;
  SlowState state;
  state.words_per_row = std::size_t{wanted} * 4;
  state.first_bit = block.pair0 % 128;
  const std::size_t total = kernels::round_up(rows * wanted, kernels::kNormalPadding);
  static thread_local std::vector<std::uint32_t> numbers, low, high;
  numbers.assign(total, 0);
  low.assign(total, static_cast<std::uint32_t>(epoch_number));
  high.assign(total, static_cast<std::uint32_t>(epoch_number >> 32U));
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::uint32_t b = 0; b < wanted; ++b) {
      numbers[r * wanted + b] = static_cast<std::uint32_t>((block.row0 + r) * per_row + first + b);
    }
  }
  // A panel reads whole words, and rows are padded to a group: both may read past the last.
  state.words.assign(std::max(total * 4, block.padded_rows() * state.words_per_row) + 2, 0);
  kernels::words({philox_key(seed, tile, Purpose::slow_noise), static_cast<std::uint32_t>(seed >> 32U), numbers.data(),
                  low.data(), high.data(), rows * wanted},
                 state.words.data());
  return state;
}

namespace {
void move_panel(const Array::Block& block, const SlowState& state, std::size_t panel, std::int16_t* moved) {
  kernels::slow_panel(block, panel, {state.words.data(), state.words_per_row, state.first_bit + panel * kPanel}, moved);
}
}  // namespace

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

void Array::Impl::drop(Scratch& scratch, const Block& block, const std::int16_t* weights, std::size_t panel,
                       std::size_t stride, std::uint32_t products) const {
  const std::int16_t* halves = block.halves.get() + panel * block.padded_rows() * kPanel;
  // Dimensionless drop a segment of a current of one unit of the sums.
  const double unit = parameters.cell.i_lsb_A /
                      (static_cast<double>(fixed.code_unit) * parameters.max_code() * fixed.level_unit) *
                      drop_per_ampere(parameters);
  const std::size_t all = std::size_t{products} * kPanel;
  if (parameters.cell.ir_solver == CellParameters::IrSolver::iterative) {
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
    kernels::word_sums(halves + row * kPanel, row_pairs, from, stride, products, scratch.halves.data() + b * all);
  }
  kernels::drop_sums({scratch.differences.data(), scratch.halves.data(), all, block.rows, unit}, scratch.sums.data());
}

void Array::Impl::program_row(std::uint32_t row_number, std::uint32_t column0, std::span<const std::uint8_t> levels) {
  static thread_local Scratch scratch;
  CellRow& row = cells.row(row_number);
  const bool error =
      parameters.effects.programming_error &&
      (parameters.cell.sigma_prog_rel > 0.0 || parameters.cell.errors != CellParameters::Errors::relative);
  const SubthresholdCell programmed(parameters.cell, parameters.temperature_K);
  const double sigma_vt_V = programmed.sigma_prog_vt_V();
  std::size_t done = 0;
  while (done < levels.size()) {
    // Cells that were written equally often share their events: their draws come from whole blocks.
    const std::size_t column = column0 + done;
    const std::uint32_t writes = row.writes[column];
    std::size_t run = 1;
    while (done + run < levels.size() && row.writes[column + run] == writes) {
      ++run;
    }
    const float* draws = nullptr;
    if (error) {
      const std::uint32_t position = row_number * parameters.columns + static_cast<std::uint32_t>(column);
      draw(scratch, Purpose::programming_error, position / 4, (position % 4 + run + 3) / 4, writes, 1, 1);
      draws = scratch.normal.data() + position % 4;
    }
    for (std::size_t i = 0; i < run; ++i) {
      const std::uint8_t level = levels[done + i];
      row.levels[column + i] = level;
      if (error && parameters.cell.errors != CellParameters::Errors::relative) {
        row.current[column + i] =
            static_cast<float>(programmed_current(parameters, level, static_cast<double>(draws[i])));
      } else {
        const double factor =
            error && level > 0 ? programmed.factor_of_vt_error(sigma_vt_V * static_cast<double>(draws[i])) : 1.0;
        row.current[column + i] = static_cast<float>(target_current(parameters, level) * factor);
      }
      ++row.writes[column + i];
    }
    done += run;
  }
}

void Array::Impl::forget_blocks(std::uint32_t row0, std::uint32_t column0, std::uint32_t rows, std::uint32_t columns) {
  const std::scoped_lock lock(mutex);
  for (auto it = blocks.begin(); it != blocks.end();) {
    Block& b = *it->second;
    const bool apart = b.row0 >= row0 + rows || row0 >= b.row0 + b.rows || 2 * b.pair0 >= column0 + columns ||
                       column0 >= 2 * (b.pair0 + b.pairs);
    if (apart) {
      ++it;
    } else {
      b.stale = true;
      it = blocks.erase(it);
    }
  }
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
  return request;
}

void Array::Impl::multiply_group(const Block& block, const Product& product, std::uint32_t first,
                                 std::uint32_t products, const std::uint16_t* codes, const Results& results,
                                 Activity* activity, const SlowState* slow) const {
  static thread_local Scratch scratch;
  const NonIdealities& on = parameters.effects;
  const std::size_t stride = kernels::round_up(block.rows, kernels::kDrivePadding);
  scratch.reserve_drives(products * stride);

  const std::uint64_t first_event = product.first_event + std::uint64_t{first} * product.event_step;
  std::size_t noise_stride = 0;
  if (on.dac_noise) {
    const std::uint32_t first_block = product.row0 / 4;
    const std::size_t blocks_each = (product.row0 + product.rows + 3) / 4 - first_block;
    noise_stride =
        draw(scratch, Purpose::dac_noise, first_block, blocks_each, first_event, product.event_step, products);
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
    activity[n] = {driven.active_rows, 0, driven.current * block.current_unit_A / parameters.max_code()};
  }

  std::size_t column_stride = 0;
  if (results.codes != nullptr && (on.read_noise || on.adc_noise)) {
    const std::uint32_t first_block = product.pair0 / 2;
    const std::size_t blocks_each = (product.pair0 + product.pairs + 1) / 2 - first_block;
    column_stride =
        draw(scratch, Purpose::column_noise, first_block, blocks_each, first_event, product.event_step, products);
  }
  kernels::ConvertRequest request = convert_request(block, product.gain_index);
  // Variances in squared ADC steps, or in squared ideal sums.
  const double step = results.codes != nullptr ? request.scale : 1.0 / request.unit;

  // A single product takes two panels at a time, several products one.
  const std::size_t together = products == 1 && on.read_noise && slow == nullptr && !on.ir_drop ? 2 : 1;
  for (std::size_t begin = 0; begin < block.panels; begin += together) {
    const std::size_t panels = std::min(together, block.panels - begin);
    if (together == 2) {
      kernels::single_sums(block, begin, panels, scratch.drives.get(), scratch.squares.get(), scratch.sums.data(),
                           scratch.variances.data());
    } else {
      const std::int16_t* moved = slow != nullptr ? moved_panel(scratch, block, *slow, begin) : nullptr;
      if (on.ir_drop) {
        drop(scratch, block, moved != nullptr ? moved : block.panel_weights(begin), begin, stride, products);
      } else if (moved != nullptr) {
        kernels::word_sums(moved, block.padded_rows() / 2, scratch.drives.get(), stride, products, scratch.sums.data());
      } else {
        kernels::weight_sums(block, begin, scratch.drives.get(), stride, products, scratch.sums.data());
      }
      if (on.read_noise) {
        kernels::variance_sums(block, begin, scratch.squares.get(), stride, products, scratch.variances.data());
      }
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

Array::Array(const ArrayParameters& parameters, std::uint64_t seed, std::uint32_t tile) {
  check(parameters);
  impl_ = std::make_unique<Impl>(parameters, seed, tile);
}
Array::~Array() = default;
Array::Array(Array&&) noexcept = default;
Array& Array::operator=(Array&&) noexcept = default;

const ArrayParameters& Array::parameters() const {
  return impl_->parameters;
}

std::uint64_t Array::seed() const {
  return impl_->seed;
}

std::uint32_t Array::tile() const {
  return impl_->tile;
}

void Array::program(std::uint32_t row0, std::uint32_t column0, std::uint32_t rows, std::uint32_t columns,
                    std::span<const std::uint8_t> levels) {
  const ArrayParameters& p = impl_->parameters;
  if (std::uint64_t{row0} + rows > p.rows || std::uint64_t{column0} + columns > p.columns) {
    throw std::out_of_range("analog::Array::program: rows " + std::to_string(row0) + "+" + std::to_string(rows) +
                            ", columns " + std::to_string(column0) + "+" + std::to_string(columns) +
                            " leave the array of " + std::to_string(p.rows) + " x " + std::to_string(p.columns));
  }
  if (levels.size() != std::size_t{rows} * columns) {
    throw std::invalid_argument("analog::Array::program: " + std::to_string(levels.size()) + " levels given, " +
                                std::to_string(std::size_t{rows} * columns) + " cells in the rectangle");
  }
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (levels[i] > p.max_level()) {
      throw std::out_of_range("analog::Array::program: level " + std::to_string(levels[i]) + " at row " +
                              std::to_string(row0 + i / columns) + ", column " + std::to_string(column0 + i % columns) +
                              "; cells hold 0.." + std::to_string(p.max_level()));
    }
  }
  for (std::uint32_t r = 0; r < rows; ++r) {
    impl_->program_row(row0 + r, column0, levels.subspan(std::size_t{r} * columns, columns));
  }
  impl_->forget_blocks(row0, column0, rows, columns);
}

void Array::set_cells(std::uint32_t row, std::uint32_t column0, std::span<const float> currents,
                      std::span<const std::uint8_t> levels, std::span<const std::uint32_t> writes) {
  const ArrayParameters& p = impl_->parameters;
  const std::size_t count = currents.size();
  if (row >= p.rows || column0 + count > p.columns || levels.size() != count || writes.size() != count) {
    throw std::out_of_range("analog::Array::set_cells: row " + std::to_string(row) + ", columns " +
                            std::to_string(column0) + "+" + std::to_string(count) + " leave the array of " +
                            std::to_string(p.rows) + " x " + std::to_string(p.columns));
  }
  CellRow& cells = impl_->cells.row(row);
  std::copy(currents.begin(), currents.end(), cells.current.begin() + column0);
  std::copy(levels.begin(), levels.end(), cells.levels.begin() + column0);
  std::copy(writes.begin(), writes.end(), cells.writes.begin() + column0);
  impl_->forget_blocks(row, column0, 1, static_cast<std::uint32_t>(count));
}

bool Array::get_cells(std::uint32_t row, std::span<float> currents, std::span<std::uint8_t> levels,
                      std::span<std::uint32_t> writes) const {
  const CellRow* cells = impl_->cells.find(row);
  if (cells == nullptr) {
    return false;
  }
  std::copy_n(cells->current.begin(), currents.size(), currents.begin());
  std::copy_n(cells->levels.begin(), levels.size(), levels.begin());
  std::copy_n(cells->writes.begin(), writes.size(), writes.begin());
  return true;
}

void Array::inject(const InjectedFaults& faults) {
  const ArrayParameters& p = impl_->parameters;
  const auto inside = [](std::uint32_t value, std::uint32_t end, const char* what) {
    if (value >= end) {
      throw std::out_of_range("analog::Array::inject: " + std::string(what) + " " + std::to_string(value) +
                              "; there are " + std::to_string(end));
    }
  };
  const auto levels = static_cast<std::uint32_t>(p.max_level()) + 1;
  for (const auto& [position, level] : faults.cells) {
    inside(position.first, p.rows, "row");
    inside(position.second, p.columns, "column");
    inside(level, levels, "level");
  }
  for (const auto& [column, level] : faults.columns) {
    inside(column, p.columns, "column");
    inside(level, levels, "level");
  }
  for (const std::uint32_t row : faults.dead_rows) {
    inside(row, p.rows, "row");
  }
  for (const auto& [converter, fault] : faults.converters) {
    inside(converter, p.adc.per_tile, "converter");
  }
  impl_->injected = faults;
  impl_->operating.inject(impl_->injected.touches_cells() ? &impl_->injected : nullptr);
  impl_->forget_blocks(0, 0, p.rows, p.columns);
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

std::uint8_t Array::level(std::uint32_t row, std::uint32_t column) const {
  return impl_->cells.level(row, column);
}

double Array::cell_current_A(std::uint32_t row, std::uint32_t column) const {
  static_cast<void>(impl_->cells.level(row, column));  // throws when there is no such cell
  return impl_->operating.current(row, column) * impl_->parameters.cell.i_lsb_A;
}

std::shared_ptr<const Array::Block> Array::block(std::uint32_t row0, std::uint32_t rows, std::uint32_t pair0,
                                                 std::uint32_t pairs) const {
  const ArrayParameters& p = impl_->parameters;
  if (rows == 0 || pairs == 0 || std::uint64_t{row0} + rows > p.rows || std::uint64_t{pair0} + pairs > p.pairs()) {
    throw std::out_of_range("analog::Array::block: rows " + std::to_string(row0) + "+" + std::to_string(rows) +
                            ", pairs " + std::to_string(pair0) + "+" + std::to_string(pairs) +
                            " is empty or leaves the array of " + std::to_string(p.rows) + " rows x " +
                            std::to_string(p.pairs()) + " pairs");
  }
  const std::scoped_lock lock(impl_->mutex);
  std::shared_ptr<Block>& entry = impl_->blocks[{row0, rows, pair0, pairs}];
  if (!entry) {
    auto packed = std::make_shared<Block>();
    packed->row0 = row0;
    packed->rows = rows;
    packed->pair0 = pair0;
    packed->pairs = pairs;
    pack(*packed, p, impl_->fixed, impl_->operating, impl_->converters);
    entry = std::move(packed);
  }
  return entry;
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
  std::optional<SlowState> state;
  std::uint64_t current_epoch = 0;
  for (std::uint32_t first = 0, products = 0; first < product.count; first += products) {
    products = std::min(kGroup, product.count - first);
    if (slow) {
      const auto epoch_of = [&](std::uint32_t n) {
        return epoch(product.first_event + std::uint64_t{n} * product.event_step);
      };
      if (!state || current_epoch != epoch_of(first)) {
        current_epoch = epoch_of(first);
        state = slow_state(block, current_epoch);
        if (product.count > kGroup) {
          keep_moved_panels(block, *state);
        }
      }
      while (epoch_of(first + products - 1) != current_epoch) {  // groups do not cross the end of an epoch
        --products;
      }
    }
    multiply_group(block, product, first, products, codes.data() + std::size_t{first} * product.rows,
                   results.from(std::size_t{first} * product.pairs), activity.data() + first,
                   state ? &*state : nullptr);
  }
}

void Array::multiply(const Block& block, const Product& product, std::span<const std::uint16_t> codes,
                     std::span<std::int32_t> out, std::span<Activity> activity) const {
  expect(out.size(), std::uint64_t{product.count} * product.pairs, "number of results");
  impl_->multiply(block, product, codes, {out.data()}, activity);
  if (!impl_->injected.converters.empty()) {
    impl_->break_codes(product, out);
  }
}

void Array::sums(const Block& block, const Product& product, bool over_lanes, std::span<const std::uint16_t> codes,
                 std::span<double> sums, std::span<double> variances, std::span<Activity> activity) const {
  expect(sums.size(), std::uint64_t{product.count} * product.pairs, "number of sums");
  expect(variances.size(), sums.size(), "number of variances");
  const std::vector<double> gains =
      over_lanes ? lane_gains(impl_->parameters, impl_->seed, impl_->tile, product.pair0, product.pairs)
                 : std::vector<double>();
  impl_->multiply(block, product, codes,
                  {nullptr, sums.data(), variances.data(), gains.empty() ? nullptr : gains.data()}, activity);
}

void Array::convert(const Block& block, const Product& product, std::uint32_t drivers, std::span<const double> sums,
                    std::span<const double> variances, std::span<std::int32_t> out,
                    std::span<Activity> activity) const {
  expect(product.pair0, block.pair0, "product.pair0");
  expect(product.pairs, block.pairs, "product.pairs");
  expect(out.size(), std::uint64_t{product.count} * product.pairs, "number of results");
  expect(sums.size(), out.size(), "number of sums");
  expect(variances.size(), out.size(), "number of variances");
  expect(activity.size(), product.count, "number of activities");
  for (std::uint32_t first = 0; first < product.count; first += kGroup) {
    const std::size_t at = std::size_t{first} * product.pairs;
    impl_->convert_group(block, product, first, std::min(kGroup, product.count - first), drivers, sums.data() + at,
                         variances.data() + at, out.data() + at, activity.data() + first);
  }
  if (!impl_->injected.converters.empty()) {
    impl_->break_codes(product, out);
  }
}

void Array::set_inference_passes(std::uint64_t passes) {
  impl_->inference_passes = std::max<std::uint64_t>(passes, 1);
}

double Array::lsb_in_column_sum(std::uint32_t gain_index) const {
  const ArrayParameters& p = impl_->parameters;
  if (p.adc.bits == 0) {
    return 1.0;
  }
  return p.adc.full_scale_A / p.cell.i_lsb_A * p.max_code() / (p.adc.gains.at(gain_index) * (1 << (p.adc.bits - 1)));
}

}  // namespace tessera::analog
