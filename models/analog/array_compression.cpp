// SPDX-License-Identifier: Apache-2.0
// The second sum of a product whose cells work near threshold (compression.h).
#include "models/analog/array_impl.h"
#include "models/analog/compression.h"
#include "models/analog/kernels.h"

namespace tessera::analog {

void Array::Impl::bend_drives(Scratch& scratch, const Block& block, std::uint32_t products, const std::uint16_t* codes,
                              Activity* activity) const {
  const std::size_t stride = kernels::round_up(block.rows, kernels::kDrivePadding);
  scratch.bent_drives.resize(products * stride);
  for (std::size_t i = 0; i < products * stride; ++i) {
    scratch.bent_drives[i] = bends[static_cast<std::size_t>(scratch.drives[i])];
  }
  // Currents at nominal drive, as those without compression count them.
  const double step_A = parameters.cell.i_lsb_A * bend_coefficient(parameters) / kBendScale;
  for (std::size_t n = 0; n < products; ++n) {
    double sum = 0.0;
    for (std::size_t r = 0; r < block.rows; ++r) {
      const std::int32_t drive = codes[n * block.rows + r] * fixed.code_unit;
      sum += bends[static_cast<std::size_t>(std::min(drive, kFullScale))] * block.row_bend[r];
    }
    activity[n].cell_current_A += sum * step_A;
  }
}

void Array::Impl::add_bends(Scratch& scratch, const Block& block, std::size_t panel, std::uint32_t products,
                            double* sums) const {
  const std::size_t stride = kernels::round_up(block.rows, kernels::kDrivePadding);
  kernels::word_sums(block.bends.get() + panel * block.padded_rows() * kPanel, block.padded_rows() / 2,
                     scratch.bent_drives.data(), stride, products, scratch.bent.data());
  // From steps of both factors to the fixed-point unit of the sums.
  const double factor = bend_coefficient(parameters) * parameters.max_code() * fixed.code_unit * fixed.level_unit /
                        (block.weight_scale * kBendScale * bend_unit(fixed));
  for (std::size_t i = 0; i < std::size_t{products} * kPanel; ++i) {
    sums[i] += factor * scratch.bent[i];
  }
}

}  // namespace tessera::analog
