// SPDX-License-Identifier: Apache-2.0
// The functions of kernels.h without vectors.
#pragma once

#include "models/analog/kernels.h"

namespace tessera::analog::kernels::plain {

void normals(const NormalRequest& request, float* out);
void words(const NormalRequest& request, std::uint32_t* out);
[[nodiscard]] DriveResult drive_rows(const DriveRequest& request, std::int16_t* drives, std::int16_t* squares);
void weight_sums(const Block& block, std::size_t panel, const std::int16_t* drives, std::size_t stride,
                 std::size_t products, double* sums);
void word_sums(const std::int16_t* weights, std::size_t row_pairs, const std::int16_t* drives, std::size_t stride,
               std::size_t products, double* sums);
void slow_panel(const Block& block, std::size_t panel, const PairBits& bits, std::int16_t* out);
void drop_sums(const DropRequest& request, double* sums);
void variance_sums(const Block& block, std::size_t panel, const std::int16_t* squares, std::size_t stride,
                   std::size_t products, double* sums);
void single_sums(const Block& block, std::size_t panel, std::size_t panels, const std::int16_t* drives,
                 const std::int16_t* squares, double* sums, double* variances);
[[nodiscard]] std::uint32_t convert(const ConvertRequest& request, std::size_t count, std::int32_t* out);

}  // namespace tessera::analog::kernels::plain
