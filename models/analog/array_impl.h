// SPDX-License-Identifier: Apache-2.0
// What an array holds, for the files that implement it: cells (array_cells.cpp), products (array_product.cpp).
#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include <hwy/aligned_allocator.h>

#include "models/analog/array.h"
#include "models/analog/block.h"
#include "models/analog/cell.h"
#include "models/analog/cell_curves.h"
#include "models/analog/fixed_point.h"
#include "models/analog/injected_faults.h"
#include "models/analog/inl.h"
#include "models/analog/kernels.h"
#include "models/analog/operating_cells.h"
#include "models/analog/packing.h"
#include "models/analog/philox.h"
#include "models/analog/trim.h"

namespace tessera::analog {

inline constexpr std::uint32_t kGroup = 32;  ///< products worked on at once: their drives stay in the first-level cache

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
  std::vector<double> differences, halves;   ///< sums of runs of rows: run, product, column
  std::vector<double> column;                ///< currents of one column
  std::vector<std::int16_t> bent_drives;     ///< term, product, row
  std::array<double, kGroup * kPanel> bent;  ///< sums of one panel

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
  hwy::AlignedFreeUniquePtr<std::uint16_t[]> bits;  ///< of 16 pairs and a row: unit, row
  std::size_t rows = 0, first_unit = 0;
  [[nodiscard]] const std::uint16_t* panel_bits(std::size_t panel) const {
    return bits.get() + (first_unit + panel) * rows;
  }
  /// Weights moved by it, panel by panel, for batches that go over them several times; null: not kept.
  hwy::AlignedFreeUniquePtr<std::int16_t[]> moved;
};

[[noreturn]] inline void reject(const std::string& what) {
  throw std::invalid_argument("analog::Array::multiply: " + what);
}

inline void expect(std::uint64_t got, std::uint64_t want, const char* what) {
  if (got != want) {
    reject(std::string(what) + " is " + std::to_string(got) + ", expected " + std::to_string(want));
  }
}

/// What the reference column of a block gives to a group of products, one entry a product.
struct ReferenceColumn {
  std::array<double, kGroup> sums;   ///< as the kernels give them, without noise
  std::array<double, kGroup> noise;  ///< its read noise [LSB]
};

/// Slow noise of a block and of its reference column; empty without slow noise.
struct SlowStates {
  std::optional<SlowState> block, reference;
};

/// Where a group of products leaves what it gives, product by product, pair by pair: ADC codes, or sums before the
/// converters.
struct Results {
  std::int32_t* codes = nullptr;  ///< null: sums are wanted
  double* sums = nullptr;         ///< in ideal column sums
  double* variances = nullptr;
  const double* gains = nullptr;       ///< of the lane driver of each pair; null: no lanes
  std::int32_t* references = nullptr;  ///< codes of the offset column, one a product; null: there is none

  /// Of the products from `product` on.
  [[nodiscard]] Results from(std::size_t product, std::size_t pairs) const {
    const std::size_t element = product * pairs;
    return {codes != nullptr ? codes + element : nullptr, sums != nullptr ? sums + element : nullptr,
            variances != nullptr ? variances + element : nullptr, gains,
            references != nullptr ? references + product : nullptr};
  }
};

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
  CellCurves curves;
  std::vector<double> nominal;  ///< drive of each code; empty: the code
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
        drives(drive_table(p, fixed, seed_value, tile_number)),
        curves(p, fixed),
        nominal(nominal_drive(p)) {
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
  /// Curves: terms of the drives of a group, and what they change of the cells' currents.
  void bend_drives(Scratch& scratch, const Block& block, std::uint32_t products, const std::uint16_t* codes,
                   Activity* activity) const;
  /// Curves: squared drives for the variances of the read noise.
  void square_noise(Scratch& scratch, std::size_t stride, std::uint32_t products) const;
  /// Adds the further sums of each product to the sums of one panel.
  void add_bends(Scratch& scratch, const Block& block, std::size_t panel, std::uint32_t products, double* sums) const;
  /// Dimensionless drop a segment of a current of one unit of the sums.
  [[nodiscard]] double drop_unit() const;
  /// Sums and variances of one product and 1 or 2 panels.
  void single_product(Scratch& scratch, const Block& block, std::size_t panel, std::size_t panels,
                      const SlowState* slow) const;
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
                      const SlowStates& slow) const;
  /// Row drives, and what they cost.
  void drive_group(Scratch& scratch, const Block& block, const Product& product, std::uint32_t first,
                   std::uint32_t products, const std::uint16_t* codes, Activity* activity) const;
  /// Normal numbers of a block's columns, see draw(). @returns their distance; 0: none are needed
  std::size_t draw_columns(Scratch& scratch, const Block& block, const Product& product, std::uint32_t first,
                           std::uint32_t products) const;
  /// Sums, and those of the variances, of one panel of a group that scratch has the drives of.
  void panel_sums(Scratch& scratch, const Block& block, std::size_t panel, std::uint32_t products,
                  const SlowState* slow) const;
  /// Of a block with a reference column: that column's sums, and what its converter makes of them where it has one.
  void reference_group(Scratch& scratch, const Block& block, const Product& product, std::uint32_t first,
                       std::uint32_t products, const SlowState* slow, std::int32_t* codes, Activity* activity,
                       ReferenceColumn& reference) const;
  /// Checks the arguments and works through them in groups that lie in one epoch of slow noise.
  void multiply(const Block& block, const Product& product, std::span<const std::uint16_t> codes,
                const Results& results, std::span<Activity> activity) const;
  void convert_group(const Block& block, const Product& product, std::uint32_t first, std::uint32_t products,
                     std::uint32_t drivers, const double* sums, const double* variances, std::int32_t* out,
                     Activity* activity) const;
};

}  // namespace tessera::analog
