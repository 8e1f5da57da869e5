// SPDX-License-Identifier: Apache-2.0
// The functions of kernels.h without vectors.
#pragma once

#include "models/analog/kernels.h"

namespace tessera::analog::kernels::plain {

void normals(const NormalRequest& request, float* out);
void pair_bits(const BitRequest& request, std::uint16_t* out);
[[nodiscard]] DriveResult drive_rows(const DriveRequest& request, std::int16_t* drives, std::int16_t* squares);
void weight_sums(const Block& block, std::size_t panel, const std::int16_t* drives, std::size_t stride,
                 std::size_t products, double* sums);
void word_sums(const std::int16_t* weights, std::size_t row_pairs, const std::int16_t* drives, std::size_t stride,
               std::size_t products, double* sums);
void half_sums(const std::uint8_t* halves, std::size_t row_pairs, const std::int16_t* drives, std::size_t stride,
               std::size_t products, double* sums);
void slow_panel(const Block& block, std::size_t panel, const std::uint16_t* bits, std::int16_t* out);
void drop_sums(const DropRequest& request, double* sums);
void variance_sums(const Block& block, std::size_t panel, const std::int16_t* squares, std::size_t stride,
                   std::size_t products, double* sums);
void single_sums(const SingleRequest& request, double* sums, double* halves, double* variances);
[[nodiscard]] std::uint32_t convert(const ConvertRequest& request, std::size_t count, std::int32_t* out);

}  // namespace tessera::analog::kernels::plain
