// SPDX-License-Identifier: Apache-2.0
// One tile on the bench, without a network: ramps through its converters, noise, random products, energy and time.
//
// Everything goes through the same array and cost law as the platform's tiles; nothing here knows how they are made.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "models/tile/cost.h"
#include "models/tile/tile_parameters.h"

namespace tessera::platform {

struct TileStudyOptions {
  std::uint64_t seed = 1;
  std::uint32_t tile = 0;            ///< number in the grid: decides converters and programming errors
  std::uint32_t points_per_lsb = 4;  ///< of the ramp
  std::uint32_t repeats = 64;        ///< products at each point of the ramp
  std::uint32_t samples = 2048;      ///< products behind each histogram and each share of zeros
};

/// One point of the ramp: mean and spread of the codes of all converters.
struct RampPoint {
  double ideal_lsb = 0;  ///< column sum in converter steps
  double mean_code = 0, sigma_code = 0;
};

/// What one converter makes of the ramp.
struct Converter {
  std::uint32_t number = 0;
  double offset_lsb = 0;  ///< code at zero, from the best line
  double gain_error = 0;  ///< slope of the best line - 1
  double inl_lsb = 0;     ///< largest distance of the mean from the best line, quantisation averaged out
  double dnl_lsb = 0;     ///< largest |width of a code / mean width - 1|
  double noise_lsb = 0;   ///< spread of one conversion about the mean, root mean square over the ramp
  double enob = 0;        ///< bits - log2(rms error about the best line * sqrt(12)): noise, bend and steps
};

struct ZerosPoint {
  double zero_share = 0;
  double active_rows = 0;            ///< mean
  tile::ProductEnergy zero_inputs;   ///< of a product with this share of zero inputs
  tile::ProductEnergy zero_weights;  ///< of a product with this share of zero weights
};

struct TimePoint {
  std::uint32_t pairs = 0;
  tile::ProductTime time;
};

/// Random weights and inputs over the whole tile, with all passes, phases and rows that its coding takes, against the
/// ideal product. Sums are of DAC code x level.
struct ProductStudy {
  double gain = 1;          ///< the largest that clamps less than one conversion in a thousand
  bool gain_fits = true;    ///< false: none does, `gain` is the least
  bool both_signs = false;  ///< inputs of both signs, -127 .. 127; else 1 .. 255
  double snr_dB = 0;
  double bits = 0;           ///< (snr_dB - 1.76) / 6.02
  double clipped_share = 0;  ///< of all conversions, those of the reference column included
  double error = 0;          ///< 1 sigma, all that distinguishes a sum from the ideal one
  double noise = 0;          ///< 1 sigma of one product repeated
  double noise_lsb = 0;      ///< the same in steps of a conversion that weighs 1
};

struct TileStudy {
  std::uint32_t passes = 1;  ///< of a product
  std::string ramp_note;     ///< what the ramp leaves out of the tile's coding; empty if nothing
  std::uint32_t gain_index = 0;
  double gain = 1;
  double lsb_in_column_sum = 1;
  std::uint32_t ramp_rows = 0;  ///< rows that carry one side of the ramp
  double reach = 1;             ///< share of the converters' range that the ramp reaches
  std::vector<RampPoint> ramp;
  std::vector<double> dnl, inl;  ///< of the first converter, by code from the lowest that both ends bound
  int first_code = 0;
  std::vector<Converter> converters;
  std::vector<double> noise_at_zero, noise_at_half;  ///< codes - mean, all pairs [LSB]
  ProductStudy product;
  std::vector<ZerosPoint> zeros;
  std::vector<TimePoint> times;
};

/// @param progress  called with the share of the work that is done, 0 .. 1
/// @throws std::invalid_argument  a digital tile, or exact converters: there is nothing to characterise
[[nodiscard]] TileStudy study_tile(const tile::TileParameters& parameters, const TileStudyOptions& options,
                                   const std::function<void(double)>& progress);

}  // namespace tessera::platform
