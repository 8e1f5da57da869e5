// SPDX-License-Identifier: Apache-2.0
// Where to put the ends of an ADC's range when its input is normally distributed: the classic uniform quantiser
// (Max, "Quantizing for minimum distortion", IRE Trans. IT-6, 1960), here with the end codes on the ends of the range.
#pragma once

namespace tessera::analog {

struct QuantiserRange {
  double range_sigma = 0.0;  ///< half range in standard deviations of the input
  double sqnr_dB = 0.0;      ///< signal power over quantisation and clipping error
};

/// Where the codes lie: evenly around zero, or -2^(bits - 1) .. 2^(bits - 1) - 1 steps, as our converters' do: one of
/// them is zero, and the upper end clips half a step earlier, the lower half a step later.
enum class Codes { symmetric, twos_complement };

/// Mean squared error of 2^bits codes at -range .. range (LSB = 2 range / (2^bits - 1)) for a standard normal input.
/// @param bits 1..16  @param range_sigma > 0  @throws std::invalid_argument outside of these
[[nodiscard]] double quantiser_mse(int bits, double range_sigma, Codes codes = Codes::symmetric);

/// 10 log10(1 / mse) [dB].
[[nodiscard]] double quantiser_sqnr_dB(int bits, double range_sigma, Codes codes = Codes::symmetric);

/// The range with the smallest error.
[[nodiscard]] QuantiserRange optimal_quantiser_range(int bits, Codes codes = Codes::symmetric);

}  // namespace tessera::analog
