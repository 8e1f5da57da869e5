// SPDX-License-Identifier: Apache-2.0
// The further sums of a product whose cells bend (cell_curves.h).
#include <algorithm>
#include <cmath>

#include "models/analog/array_impl.h"
#include "models/analog/cell_curves.h"
#include "models/analog/kernels.h"

namespace tessera::analog {

void Array::Impl::bend_drives(Scratch& scratch, const Block& block, std::uint32_t products, const std::uint16_t* codes,
                              Activity* activity) const {
  const std::size_t stride = kernels::round_up(block.rows, kernels::kDrivePadding), all = products * stride;
  scratch.bent_drives.resize(curves.terms() * all);
  for (std::size_t term = 0; term < curves.terms(); ++term) {
    const std::vector<std::int16_t>& bends = curves.of_drives(term);
    for (std::size_t i = 0; i < all; ++i) {
      scratch.bent_drives[term * all + i] = bends[static_cast<std::size_t>(scratch.drives[i])];
    }
    // Currents at nominal drive, as those without compression count them.
    for (std::size_t n = 0; n < products; ++n) {
      double sum = 0.0;
      for (std::size_t r = 0; r < block.rows; ++r) {
        const std::uint16_t code = codes[n * block.rows + r];
        const auto drive = nominal.empty() ? code * fixed.code_unit
                                           : static_cast<std::int32_t>(std::lround(nominal[code] * fixed.code_unit));
        sum += bends[static_cast<std::size_t>(std::min(drive, kFullScale))] * block.row_bends[term][r];
      }
      activity[n].cell_current_A += sum * parameters.cell.i_lsb_A / curves.drive_unit(term);
    }
  }
}

void Array::Impl::square_noise(Scratch& scratch, std::size_t stride, std::uint32_t products) const {
  const std::vector<float>& noise = curves.noise_of_drives();
  for (std::size_t n = 0; n < products; ++n) {
    const std::int16_t* of_rows = scratch.drives.get() + n * stride;
    std::int16_t* squares = scratch.squares.get() + n * stride;
    const std::int16_t largest = *std::max_element(of_rows, of_rows + stride);
    const float peak = std::max(noise[static_cast<std::size_t>(largest)], 1.0F);
    const float scale = static_cast<float>(kSquareScale) / (peak * peak);
    for (std::size_t i = 0; i < stride; ++i) {
      const float share = noise[static_cast<std::size_t>(of_rows[i])];
      squares[i] = static_cast<std::int16_t>(std::nearbyint(share * share * scale));
    }
    scratch.square_step[n] = static_cast<double>(peak) * static_cast<double>(peak) / kSquareScale;
  }
}

void Array::Impl::add_bends(Scratch& scratch, const Block& block, std::size_t panel, std::uint32_t products,
                            double* sums) const {
  const std::size_t stride = kernels::round_up(block.rows, kernels::kDrivePadding), all = products * stride;
  for (std::size_t term = 0; term < curves.terms(); ++term) {
    kernels::word_sums(block.bends[term].get() + panel * block.padded_rows() * kPanel, block.padded_rows() / 2,
                       scratch.bent_drives.data() + term * all, stride, products, scratch.bent.data());
    // From steps of both factors to the fixed-point unit of the sums.
    const double factor = static_cast<double>(parameters.max_code()) * fixed.code_unit * fixed.level_unit /
                          (block.weight_scale * curves.drive_unit(term) * curves.cell_unit(term));
    for (std::size_t i = 0; i < std::size_t{products} * kPanel; ++i) {
      sums[i] += factor * scratch.bent[i];
    }
  }
}

}  // namespace tessera::analog
