// SPDX-License-Identifier: Apache-2.0
#include "models/analog/array.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "models/analog/array_impl.h"
#include "models/analog/lanes.h"
#include "models/analog/packing.h"
#include "models/analog/parameter_check.h"

namespace tessera::analog {

Array::Array(const ArrayParameters& parameters, std::uint64_t seed, std::uint32_t tile) {
  check(parameters);
  impl_ = std::make_unique<Impl>(parameters, seed, tile);
}
Array::~Array() = default;
Array::Array(Array&&) noexcept = default;
Array& Array::operator=(Array&&) noexcept = default;

const ArrayParameters& Array::parameters() const {
  return impl_->parameters;
}

std::uint64_t Array::seed() const {
  return impl_->seed;
}

std::uint32_t Array::tile() const {
  return impl_->tile;
}

std::shared_ptr<const Array::Block> Array::block(std::uint32_t row0, std::uint32_t rows, std::uint32_t pair0,
                                                 std::uint32_t pairs) const {
  const ArrayParameters& p = impl_->parameters;
  if (rows == 0 || pairs == 0 || std::uint64_t{row0} + rows > p.rows ||
      std::uint64_t{pair0} + pairs + p.references() > p.pairs()) {
    const std::string kind = p.single_columns() ? " columns" : " pairs";
    throw std::out_of_range(
        "analog::Array::block: rows " + std::to_string(row0) + "+" + std::to_string(rows) + "," + kind + " " +
        std::to_string(pair0) + "+" + std::to_string(pairs) + (p.single_columns() ? " and a reference column" : "") +
        " is empty or leaves the array of " + std::to_string(p.rows) + " rows x " + std::to_string(p.pairs()) + kind);
  }
  const std::scoped_lock lock(impl_->mutex);
  std::shared_ptr<Block>& entry = impl_->blocks[{row0, rows, pair0, pairs}];
  if (!entry) {
    auto packed = std::make_shared<Block>();
    packed->row0 = row0;
    packed->rows = rows;
    packed->pair0 = pair0;
    packed->pairs = pairs;
    pack(*packed, p, impl_->fixed, impl_->operating, impl_->converters, impl_->curves);
    entry = std::move(packed);
  }
  return entry;
}

namespace {

/// Saturates: exact sums can be as large as 32 bits.
std::int32_t difference(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(std::int64_t{a} - b, INT32_MIN, INT32_MAX));
}

}  // namespace

void Array::multiply(const Block& block, const Product& product, std::span<const std::uint16_t> codes,
                     std::span<std::int32_t> out, std::span<Activity> activity) const {
  expect(out.size(), std::uint64_t{product.count} * product.pairs, "number of results");
  const bool offset = impl_->parameters.weight_mapping == ArrayParameters::WeightMapping::offset_column;
  std::vector<std::int32_t> references(offset ? product.count : 0);
  impl_->multiply(block, product, codes, {out.data(), nullptr, nullptr, nullptr, references.data()}, activity);
  if (!impl_->injected.converters.empty()) {
    impl_->break_codes(product, out);
  }
  if (offset) {
    Product reference = product;
    reference.pair0 = product.pair0 + product.pairs;
    reference.pairs = 1;
    if (!impl_->injected.converters.empty()) {
      impl_->break_codes(reference, references);
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = difference(out[i], references[i / product.pairs]);
    }
  }
}

void Array::sums(const Block& block, const Product& product, bool over_lanes, std::span<const std::uint16_t> codes,
                 std::span<double> sums, std::span<double> variances, std::span<Activity> activity) const {
  expect(sums.size(), std::uint64_t{product.count} * product.pairs, "number of sums");
  expect(variances.size(), sums.size(), "number of variances");
  if (impl_->parameters.single_columns()) {
    reject("sums before the converters are those of column pairs; these weights have single columns");
  }
  const std::vector<double> gains =
      over_lanes ? lane_gains(impl_->parameters, impl_->seed, impl_->tile, product.pair0, product.pairs)
                 : std::vector<double>();
  impl_->multiply(block, product, codes,
                  {nullptr, sums.data(), variances.data(), gains.empty() ? nullptr : gains.data()}, activity);
}

void Array::convert(const Block& block, const Product& product, std::uint32_t drivers, std::span<const double> sums,
                    std::span<const double> variances, std::span<std::int32_t> out,
                    std::span<Activity> activity) const {
  expect(product.pair0, block.pair0, "product.pair0");
  expect(product.pairs, block.pairs, "product.pairs");
  expect(out.size(), std::uint64_t{product.count} * product.pairs, "number of results");
  expect(sums.size(), out.size(), "number of sums");
  expect(variances.size(), out.size(), "number of variances");
  expect(activity.size(), product.count, "number of activities");
  for (std::uint32_t first = 0; first < product.count; first += kGroup) {
    const std::size_t at = std::size_t{first} * product.pairs;
    impl_->convert_group(block, product, first, std::min(kGroup, product.count - first), drivers, sums.data() + at,
                         variances.data() + at, out.data() + at, activity.data() + first);
  }
  if (!impl_->injected.converters.empty()) {
    impl_->break_codes(product, out);
  }
}

void Array::set_inference_passes(std::uint64_t passes) {
  impl_->inference_passes = std::max<std::uint64_t>(passes, 1);
}

double Array::lsb_in_column_sum(std::uint32_t gain_index) const {
  const ArrayParameters& p = impl_->parameters;
  if (p.adc.bits == 0) {
    return 1.0;
  }
  return p.adc.full_scale_A / p.cell.i_lsb_A * p.max_code() / (p.adc.gains.at(gain_index) * (1 << (p.adc.bits - 1)));
}

}  // namespace tessera::analog
