// SPDX-License-Identifier: Apache-2.0
// The arithmetic of a product, stage by stage. Every stage gives the same bytes on every instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "models/analog/block.h"
#include "models/analog/fixed_point.h"
#include "models/analog/philox.h"

namespace tessera::analog::kernels {

using Block = Array::Block;

inline constexpr std::size_t kNormalPadding = 16;  ///< requests are padded to a multiple of this many blocks
inline constexpr std::size_t kDrivePadding = 16;   ///< rows of drives to a multiple of this

[[nodiscard]] constexpr std::size_t round_up(std::size_t n, std::size_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

/// Where normal numbers come from: block b of a request has counter (block[b], event_lo[b], event_hi[b], seed_hi).
struct NormalRequest {
  PhiloxKey key = {};
  std::uint32_t seed_hi = 0;
  const std::uint32_t* block = nullptr;
  const std::uint32_t* event_lo = nullptr;
  const std::uint32_t* event_hi = nullptr;
  std::size_t blocks = 0;
};

/// Standard normal numbers, four a block in the order of the Philox words: out[4 b + word]. The arrays of the request
/// and `out` must reach to the padded number of blocks.
void normals(const NormalRequest& request, float* out);

/// One bit a column pair and row: bit p mod 128 of Philox block first_block + row * row_step + p / 128.
struct BitRequest {
  PhiloxKey key = {};
  std::uint32_t seed_hi = 0;
  std::uint64_t event = 0;
  std::uint32_t first_block = 0, row_step = 0;
  std::size_t rows = 0;    ///< a multiple of kNormalPadding
  std::size_t blocks = 0;  ///< a row
};
/// @param out  bits of 16 pairs (8 such units a block) and row: out[unit * rows + row]
void pair_bits(const BitRequest& request, std::uint16_t* out);

/// One product's rows: codes in, fixed-point row drives out.
struct DriveRequest {
  const std::uint16_t* codes = nullptr;  ///< rows
  const float* noise = nullptr;          ///< a standard normal number a row; null: no DAC noise
  const double* row_current = nullptr;   ///< rows; see Block
  std::size_t rows = 0;
  std::size_t drive_stride = 0;  ///< rows padded to kDrivePadding; noise and row_current reach this far
  std::int32_t code_unit = 1;
  float noise_exponent = 0.0F;
  float noise_drive = 0.0F;      ///< noise added to a drive above 0, 1 sigma, instead of noise_exponent
  const float* table = nullptr;  ///< drive of each code; null: code * code_unit
  std::size_t table_size = 0;    ///< codes
  std::size_t table_stride = 0;  ///< from the table of one row to the next; 0: one table for all
};
struct DriveResult {
  std::uint32_t active_rows = 0;
  std::uint32_t largest_code = 0;
  double current = 0.0;      ///< sum of code * row_current: a whole number below 2^53, hence exact
  double square_step = 0.0;  ///< drive^2 that one step of `squares` stands for
};
/// @param drives   drive_stride row drives, 0..kFullScale; zero where the code is zero
/// @param squares  drive_stride squared drives, 0..kSquareScale, relative to the largest; null: not wanted
[[nodiscard]] DriveResult drive_rows(const DriveRequest& request, std::int16_t* drives, std::int16_t* squares);

/// Sums of drive * weight of one panel for `products` products: sums[product * kPanel + column], exact integers.
void weight_sums(const Block& block, std::size_t panel, const std::int16_t* drives, std::size_t stride,
                 std::size_t products, double* sums);
/// Likewise for weights of one panel anywhere.
void word_sums(const std::int16_t* weights, std::size_t row_pairs, const std::int16_t* drives, std::size_t stride,
               std::size_t products, double* sums);
/// Half sums of the currents of both cells of each pair, as first-order voltage drop needs them (Block::half_bytes).
void half_sums(const std::uint8_t* halves, std::size_t row_pairs, const std::int16_t* drives, std::size_t stride,
               std::size_t products, double* sums);
/// Weights of one panel in an epoch: weight + slow where the pair's bit is set, else weight - slow; within
/// +-kFullScale.
/// @param bits  of each row, one a pair of the panel
void slow_panel(const Block& block, std::size_t panel, const std::uint16_t* bits, std::int16_t* out);

/// Columns of a panel by runs of kRowsPerRun rows, for the first-order voltage drop (column_drop.h).
struct DropRequest {
  const double* differences = nullptr;  ///< sums of weights: run, product and column
  const double* halves = nullptr;       ///< of half_sums, likewise
  std::size_t columns = 0;              ///< products * kPanel
  std::size_t rows = 0;
  double unit = 0.0;  ///< relative loss a segment and unit of current
};
/// Sums of the differences less what the drop takes from both columns of each pair.
void drop_sums(const DropRequest& request, double* sums);
/// Sums of squared drive * squared sigma, likewise.
void variance_sums(const Block& block, std::size_t panel, const std::int16_t* squares, std::size_t stride,
                   std::size_t products, double* sums);

/// A single product: all sums in one pass over the operands of 1 or 2 panels.
struct SingleRequest {
  const Block* block = nullptr;
  std::size_t panel = 0, panels = 1;
  const std::int16_t* drives = nullptr;
  const std::int16_t* squares = nullptr;
  /// Slow noise (Block::slow_bytes): bits of each row of the first panel; of the next one `bit_stride` further; null:
  /// none.
  const std::uint16_t* bits = nullptr;
  std::size_t bit_stride = 0;
};
/// @param sums       of the weights, moved by slow noise: panel, column. With voltage drop: run, panel, column
/// @param halves     half sums for the voltage drop: run, panel, column; null: no drop
/// @param variances  as variance_sums gives them: panel, column
void single_sums(const SingleRequest& request, double* sums, double* halves, double* variances);

/// The front end and the converters of one panel of one product.
struct ConvertRequest {
  const Block* block = nullptr;
  std::size_t panel = 0;
  const double* sums = nullptr;       ///< kPanel
  const double* variances = nullptr;  ///< kPanel; null: no read noise
  double variance_step = 0.0;         ///< square_step of DriveResult / (unit * lsb)^2
  const float* noise = nullptr;       ///< per column: read noise, ADC noise (2 * kPanel); null: neither
  bool exact = false;                 ///< divide by unit (exactly), then by lsb; otherwise multiply by scale
  double unit = 1.0;                  ///< sum per ideal integer sum
  double lsb = 1.0;                   ///< ideal integer sum per ADC step
  double scale = 1.0;                 ///< ADC steps per sum
  double shift = 0.0;                 ///< taken off before the converter [LSB]
  float sigma_lsb = 0.0F;             ///< ADC noise; 0: none
  bool trim = false;                  ///< offset and gain of the converters
  bool inl = false;
  bool dnl = false;
  double low = 0.0, high = 0.0;  ///< end codes
};
/// @param out  `count` codes (count <= kPanel)
/// @returns number of clamped conversions
[[nodiscard]] std::uint32_t convert(const ConvertRequest& request, std::size_t count, std::int32_t* out);

}  // namespace tessera::analog::kernels
