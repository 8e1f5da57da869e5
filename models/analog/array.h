// SPDX-License-Identifier: Apache-2.0
// One flash array with its converters: programmed cells in, column codes out. No SystemC, no files, no clock.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "models/analog/array_parameters.h"
#include "models/analog/injected_faults.h"

namespace tessera::analog {

/// One batch of products on one rectangle of the array.
struct Product {
  std::uint32_t row0 = 0, rows = 0;  ///< physical rows in use
  std::uint32_t pair0 = 0,
                pairs = 0;        ///< column pairs in use, or single columns, the reference behind them not counted
  std::uint32_t count = 0;        ///< products in the batch
  std::uint64_t first_event = 0;  ///< event number of product 0; product n has first_event + n * event_step
  std::uint32_t gain_index = 0;   ///< index into AdcParameters::gains
  std::uint32_t event_step = 1;
};

/// What one product did; energy and clip counts follow from it.
struct Activity {
  std::uint32_t active_rows = 0;  ///< rows whose code is not 0
  std::uint32_t clipped = 0;      ///< conversions clamped at the end of the range
  double cell_current_A = 0.0;    ///< sum of all cell currents of the rectangle at nominal DAC voltage [A]
};

/// The cells of one tile and the arithmetic of a product. Reads are thread-safe, program() is not.
///
/// Results depend on (parameters, seed, tile, programmed levels, Product, codes) and on nothing else:
/// not on the instruction set, the batch size, the order of calls or the number of threads.
class Array {
 public:
  /// @throws std::invalid_argument  a parameter outside the range of the model; adc.bits 0 (exact) with an effect on
  Array(const ArrayParameters& parameters, std::uint64_t seed, std::uint32_t tile);
  ~Array();
  Array(Array&&) noexcept;
  Array& operator=(Array&&) noexcept;

  [[nodiscard]] const ArrayParameters& parameters() const;
  /// Array passes of one inference: the epoch of slow noise unless the parameters set another. 1 unless told.
  void set_inference_passes(std::uint64_t passes);
  [[nodiscard]] std::uint64_t seed() const;
  [[nodiscard]] std::uint32_t tile() const;

  /// Factory programming of a rectangle of physical cells: one level a cell, row-major, rows * columns bytes.
  /// Each cell gets its programming error from Philox (seed, tile, position, number of writes to the cell so far).
  /// @throws std::out_of_range  the rectangle leaves the array, or a level is above max_level()
  void program(std::uint32_t row0, std::uint32_t column0, std::uint32_t rows, std::uint32_t columns,
               std::span<const std::uint8_t> levels);

  /// Sets cells of one row to what pulses have made of them (programming.h): currents in units of i_lsb (0: off).
  /// @throws std::out_of_range  the cells leave the array
  void set_cells(std::uint32_t row, std::uint32_t column0, std::span<const float> currents,
                 std::span<const std::uint8_t> levels, std::span<const std::uint32_t> writes);
  /// The same, read: as programmed, without age, temperature and defects. False: the row was never written.
  [[nodiscard]] bool get_cells(std::uint32_t row, std::span<float> currents, std::span<std::uint8_t> levels,
                               std::span<std::uint32_t> writes) const;

  /// Breaks the array on purpose: these faults hold from now on instead of those injected before.
  /// @throws std::out_of_range  a position outside the array, or a level above max_level()
  void inject(const InjectedFaults& faults);

  /// Level last written to a physical cell (0 when erased).
  [[nodiscard]] std::uint8_t level(std::uint32_t row, std::uint32_t column) const;
  /// Current of a physical cell at full input: programming error, age, temperature and defects included [A].
  [[nodiscard]] double cell_current_A(std::uint32_t row, std::uint32_t column) const;

  /// Packed operands of one rectangle, made once and used for many products. Invalid after program() on it. In single
  /// columns, column pair0 + pairs is its reference.
  class Block;
  [[nodiscard]] std::shared_ptr<const Block> block(std::uint32_t row0, std::uint32_t rows, std::uint32_t pair0,
                                                   std::uint32_t pairs) const;

  /// Computes `product.count` products.
  /// @param codes   DAC codes, count x rows, row-major, each 0 .. max_code()
  /// @param out     ADC codes, count x pairs, row-major; the integer column sum when adc.bits is 0 (exact). With offset
  ///                columns, differences of two codes: that of the column less that of the reference
  /// @param activity one entry a product
  /// @throws std::invalid_argument  sizes do not match
  void multiply(const Block& block, const Product& product, std::span<const std::uint16_t> codes,
                std::span<std::int32_t> out, std::span<Activity> activity) const;

  /// Computes products up to the converters, of column pairs.
  /// @param sums       what each pair delivers, count x pairs, in ideal column sums (code * level); whole numbers where
  ///                   nothing disturbs them
  /// @param variances  of the read noise in it, likewise squared; zeros without read noise
  /// @param over_lanes the currents leave the array over its lane drivers, whose static errors they take along
  /// @throws std::invalid_argument  sizes do not match; single columns
  void sums(const Block& block, const Product& product, bool over_lanes, std::span<const std::uint16_t> codes,
            std::span<double> sums, std::span<double> variances, std::span<Activity> activity) const;
  /// Converts what several arrays put on the same lines (their sums() and variances added up) with the converters of
  /// this array: read noise of all of them, noise of `drivers` lane drivers, then everything that a converter does.
  /// The noise is that of this array and of its events. Adds clipped conversions to `activity`.
  /// @throws std::invalid_argument  sizes do not match
  void convert(const Block& block, const Product& product, std::uint32_t drivers, std::span<const double> sums,
               std::span<const double> variances, std::span<std::int32_t> out, std::span<Activity> activity) const;

  /// Ideal column sum that corresponds to one ADC LSB at this gain (sum of code * level); 1 when exact.
  [[nodiscard]] double lsb_in_column_sum(std::uint32_t gain_index) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tessera::analog
