// SPDX-License-Identifier: Apache-2.0
// Stages of a product without vectors: what machines without a supported vector set run, and what the vector code is
// compared with byte by byte.
#include "models/analog/plain_kernels.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "models/analog/column_drop.h"
#include "models/analog/gaussian.h"

namespace tessera::analog::kernels::plain {

void normals(const NormalRequest& request, float* out) {
  for (std::size_t b = 0; b < request.blocks; ++b) {
    const PhiloxCounter words =
        philox4x32({request.block[b], request.event_lo[b], request.event_hi[b], request.seed_hi}, request.key);
    for (std::size_t i = 0; i < 4; ++i) {
      out[4 * b + i] = gaussian(words[i]);
    }
  }
}

void pair_bits(const BitRequest& request, std::uint16_t* out) {
  const auto low = static_cast<std::uint32_t>(request.event), high = static_cast<std::uint32_t>(request.event >> 32U);
  for (std::size_t b = 0; b < request.blocks; ++b) {
    for (std::size_t r = 0; r < request.rows; ++r) {
      const auto number = request.first_block + static_cast<std::uint32_t>(r) * request.row_step;
      const PhiloxCounter words =
          philox4x32({number + static_cast<std::uint32_t>(b), low, high, request.seed_hi}, request.key);
      for (std::size_t i = 0; i < 8; ++i) {
        out[(8 * b + i) * request.rows + r] = static_cast<std::uint16_t>(words[i / 2] >> (i % 2 * 16));
      }
    }
  }
}

DriveResult drive_rows(const DriveRequest& request, std::int16_t* drives, std::int16_t* squares) {
  DriveResult result;
  std::int32_t largest = 0;
  for (std::size_t r = 0; r < request.rows; ++r) {
    const std::uint32_t code = request.codes[r];
    result.active_rows += code != 0 ? 1U : 0U;
    result.largest_code = std::max(result.largest_code, code);
    result.current += static_cast<double>(code) * request.row_current[r];
    std::int32_t drive = static_cast<std::int32_t>(code) * request.code_unit;
    const bool coded = request.table != nullptr && code < request.table_size;
    if (coded || request.noise != nullptr) {
      float exact = coded ? request.table[r * request.table_stride + code] : static_cast<float>(drive);
      if (request.noise != nullptr && request.noise_drive > 0.0F) {
        exact = code == 0 ? exact : std::max(0.0F, exact + request.noise_drive * request.noise[r]);
      } else if (request.noise != nullptr) {
        exact = exact * exp_small(request.noise_exponent * request.noise[r]);
      }
      drive = static_cast<std::int32_t>(std::nearbyint(std::min(exact, 4095.0F)));
    }
    drive = std::min(drive, kFullScale);
    largest = std::max(largest, drive);
    drives[r] = static_cast<std::int16_t>(drive);
  }
  std::fill(drives + request.rows, drives + request.drive_stride, std::int16_t{0});
  if (squares != nullptr) {
    const float peak = static_cast<float>(std::max(largest, 1));
    const float scale = static_cast<float>(kSquareScale) / (peak * peak);
    for (std::size_t r = 0; r < request.drive_stride; ++r) {
      const float x = drives[r];
      squares[r] = static_cast<std::int16_t>(std::nearbyint(x * x * scale));
    }
    result.square_step = static_cast<double>(peak) * static_cast<double>(peak) / kSquareScale;
  }
  return result;
}

void weight_sums(const Block& block, std::size_t panel, const std::int16_t* drives, std::size_t stride,
                 std::size_t products, double* sums) {
  for (std::size_t n = 0; n < products; ++n) {
    for (std::size_t c = 0; c < kPanel; ++c) {
      std::int64_t sum = 0;
      for (std::size_t r = 0; r < block.padded_rows(); ++r) {
        const std::size_t at = (r / 2) * 2 * kPanel + 2 * c + r % 2;
        const std::int64_t weight = block.levels ? block.panel_levels(panel)[at] : block.panel_weights(panel)[at];
        sum += drives[n * stride + r] * weight;
      }
      sums[n * kPanel + c] = static_cast<double>(sum);
    }
  }
}

void word_sums(const std::int16_t* weights, std::size_t row_pairs, const std::int16_t* drives, std::size_t stride,
               std::size_t products, double* sums) {
  for (std::size_t n = 0; n < products; ++n) {
    for (std::size_t c = 0; c < kPanel; ++c) {
      std::int64_t sum = 0;
      for (std::size_t r = 0; r < 2 * row_pairs; ++r) {
        sum += drives[n * stride + r] * weights[(r / 2) * 2 * kPanel + 2 * c + r % 2];
      }
      sums[n * kPanel + c] = static_cast<double>(sum);
    }
  }
}

void half_sums(const std::uint8_t* halves, std::size_t row_pairs, const std::int16_t* drives, std::size_t stride,
               std::size_t products, double* sums) {
  for (std::size_t n = 0; n < products; ++n) {
    for (std::size_t c = 0; c < kPanel; ++c) {
      std::int64_t sum = 0;
      for (std::size_t r = 0; r < 2 * row_pairs; ++r) {
        sum += drives[n * stride + r] * halves[(r / 2) * 2 * kPanel + 2 * c + r % 2];
      }
      sums[n * kPanel + c] = static_cast<double>(sum);
    }
  }
}

void slow_panel(const Block& block, std::size_t panel, const std::uint16_t* bits, std::int16_t* out) {
  const std::size_t row_pairs = block.padded_rows() / 2;
  const std::int16_t* weights = block.panel_weights(panel);
  const std::size_t first = panel * block.padded_rows() * kPanel;
  for (std::size_t i = 0; i < row_pairs * 2 * kPanel; ++i) {
    const std::size_t row = i / (2 * kPanel) * 2 + i % 2;
    const bool up = (bits[row] >> (i % (2 * kPanel) / 2) & 1U) != 0;
    const std::int32_t slow = block.slow_bytes ? block.slow_bytes[first + i] : block.slow[first + i];
    out[i] = static_cast<std::int16_t>(std::clamp(up ? weights[i] + slow : weights[i] - slow, -kFullScale, kFullScale));
  }
}

void drop_sums(const DropRequest& request, double* sums) {
  const std::size_t runs = (request.rows + kRowsPerRun - 1) / kRowsPerRun;
  for (std::size_t i = 0; i < request.columns; ++i) {
    double difference = 0.0, half = 0.0, loss = 0.0;  // of the runs beyond
    for (std::size_t b = runs; b-- > 0;) {
      const DropWeights w(b, request.rows);
      const double d = request.differences[b * request.columns + i];
      const double h = request.halves[b * request.columns + i];
      loss += w.beyond * (half * difference) + w.cross * (half * d + difference * h) + w.own * (h * d);
      difference += d;
      half += h;
    }
    sums[i] = difference - 2.0 * request.unit * loss;
  }
}

void variance_sums(const Block& block, std::size_t panel, const std::int16_t* squares, std::size_t stride,
                   std::size_t products, double* sums) {
  for (std::size_t n = 0; n < products; ++n) {
    for (std::size_t c = 0; c < kPanel; ++c) {
      std::int64_t sum = 0;
      for (std::size_t r = 0; r < block.padded_rows(); ++r) {
        std::int64_t variance = 0;
        if (block.sigmas) {
          const std::size_t byte = (r % 2) * 2 + (r % kRowGroup) / 2;
          variance =
              variance_of_sigma(block.panel_sigmas(panel)[r / kRowGroup * kRowGroup * kPanel + c * kRowGroup + byte]);
        } else {
          variance = variance_of_weight(block.panel_weights(panel)[(r / 2) * 2 * kPanel + 2 * c + r % 2]);
        }
        sum += squares[n * stride + r] * variance;
      }
      sums[n * kPanel + c] = static_cast<double>(sum);
    }
  }
}

void single_sums(const SingleRequest& request, double* sums, double* halves, double* variances) {
  const Block& block = *request.block;
  const std::size_t each = block.padded_rows() * kPanel;
  std::vector<std::int16_t> moved(request.bits != nullptr ? each : 0);
  for (std::size_t i = 0; i < request.panels; ++i) {
    const std::size_t panel = request.panel + i;
    const std::int16_t* weights = block.panel_weights(panel);
    if (request.bits != nullptr) {
      slow_panel(block, panel, request.bits + i * request.bit_stride, moved.data());
      weights = moved.data();
    }
    variance_sums(block, panel, request.squares, 0, 1, variances + i * kPanel);
    if (halves == nullptr) {
      word_sums(weights, block.padded_rows() / 2, request.drives, 0, 1, sums + i * kPanel);
      continue;
    }
    for (std::size_t row = 0; row < block.padded_rows(); row += kRowsPerRun) {
      const std::size_t row_pairs = std::min<std::size_t>(kRowsPerRun, block.padded_rows() - row) / 2;
      const std::size_t at = (row / kRowsPerRun * request.panels + i) * kPanel;
      word_sums(weights + row * kPanel, row_pairs, request.drives + row, 0, 1, sums + at);
      half_sums(block.half_bytes.get() + panel * each + row * kPanel, row_pairs, request.drives + row, 0, 1,
                halves + at);
    }
  }
}

std::uint32_t convert(const ConvertRequest& request, std::size_t count, std::int32_t* out) {
  std::uint32_t clipped = 0;
  for (std::size_t c = 0; c < count; ++c) {
    const std::size_t pair = request.panel * kPanel + c;
    double code = (request.exact ? request.sums[c] / request.unit / request.lsb : request.sums[c] * request.scale) -
                  request.shift;
    if (request.noise != nullptr) {
      float noise = request.sigma_lsb * request.noise[2 * c + 1];
      if (request.variances != nullptr) {
        const double variance = request.variances[c] * request.block->variance_scale[pair] * request.variance_step;
        noise = noise + std::sqrt(static_cast<float>(variance)) * request.noise[2 * c];
      }
      code += static_cast<double>(noise);
    }
    if (request.trim) {
      code = code * request.block->adc_gain[pair] + request.block->adc_offset[pair];
    }
    if (request.inl) {
      const double u = std::clamp(code / -request.low, -1.0, 1.0);
      const auto& k = request.block->inl;
      code += (1.0 - u * u) * (k[0][pair] + u * (k[1][pair] + u * (k[2][pair] + u * k[3][pair])));
    }
    if (request.dnl) {
      const double nearest = std::clamp(std::nearbyint(code), request.low, request.high);
      code += static_cast<double>(request.block->adc_dnl[pair][static_cast<std::size_t>(nearest - request.low)]);
    }
    const double rounded = std::nearbyint(code);
    const double clamped = std::clamp(rounded, request.low, request.high);
    clipped += rounded != clamped ? 1U : 0U;
    out[c] = static_cast<std::int32_t>(clamped);
  }
  return clipped;
}

}  // namespace tessera::analog::kernels::plain
